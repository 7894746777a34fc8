-- wrk's own summary, exact and as JSON, on the last line.
function done(summary, latency, requests)
    io.write(string.format(
        '\n{"requests":%d,"bytes":%d,"microseconds":%d,"failed":%d}\n',
        summary.requests, summary.bytes, summary.duration,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status
            + summary.errors.timeout))
end
