# kuma-balancer: the cluster's entry point. Build from the repository's root:
#   docker build -f compose/balancer.Dockerfile --build-arg KUMA_COMMIT="$(git rev-parse --short=12 HEAD)" -t kuma-balancer .
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmariadb-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
RUN swift package resolve
COPY Sources ./Sources
COPY Tests ./Tests
# The image has no checkout to ask: what `--version` says of the commit comes from here.
ARG KUMA_COMMIT=
# Run-time checks for overlapping accesses cost the data plane 2 % of a request; its state belongs to one thread, and debug
# builds, which all tests run on, keep them.
ENV FLAGS="-Xswiftc -enforce-exclusivity=unchecked"
RUN swift build -c release --static-swift-stdlib $FLAGS --product kuma-balancer \
    && install -s -D "$(swift build -c release --static-swift-stdlib $FLAGS --show-bin-path)/kuma-balancer" /out/kuma-balancer

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10002 kuma-balancer \
    && useradd --uid 10002 --gid 10002 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin kuma-balancer \
    && install -d -m 0700 -o kuma-balancer -g kuma-balancer /var/lib/kuma-balancer
COPY --from=build /out/kuma-balancer /usr/bin/kuma-balancer
# In figures, so that Kubernetes can see that it is not root.
USER 10002:10002
ENV LB_STATE_FILE=/var/lib/kuma-balancer/table.json
VOLUME /var/lib/kuma-balancer
EXPOSE 8084
# Whether a client would be served here, with the same configuration as the balancer itself.
HEALTHCHECK --interval=5s --timeout=6s --start-period=20s --retries=3 CMD ["kuma-balancer", "probe"]
ENTRYPOINT ["kuma-balancer"]
CMD ["run"]
