# kuma-balancer: the cluster's entry point. Build from the repository's root:
#   docker build -f compose/balancer.Dockerfile -t kuma-balancer .
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmariadb-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
RUN swift package resolve
COPY Sources ./Sources
COPY Tests ./Tests
RUN swift build -c release --static-swift-stdlib --product kuma-balancer \
    && install -s -D "$(swift build -c release --static-swift-stdlib --show-bin-path)/kuma-balancer" /out/kuma-balancer

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --no-create-home --shell /usr/sbin/nologin kuma-balancer \
    && install -d -o kuma-balancer -g kuma-balancer /var/lib/kuma-balancer
COPY --from=build /out/kuma-balancer /usr/bin/kuma-balancer
USER kuma-balancer
ENV LB_STATE_FILE=/var/lib/kuma-balancer/table.json
VOLUME /var/lib/kuma-balancer
EXPOSE 8084
# The image has no HTTP client; bash speaks enough of it.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8084 && printf 'GET /lb/ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
ENTRYPOINT ["kuma-balancer"]
CMD ["run"]
