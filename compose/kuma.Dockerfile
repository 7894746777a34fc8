# One Uptime Kuma node of the cluster fork. Its own Dockerfile copies a front end that was built elsewhere; this one builds all
# of it from the repository. Not needed when KUMA_IMAGE names a ready image.
FROM node:20-bookworm AS build
ARG KUMA_SOURCE=https://github.com/markku636/uptime-kuma-cluster.git
# A branch or tag; empty: the default branch.
ARG KUMA_REF=
ENV PUPPETEER_SKIP_CHROMIUM_DOWNLOAD=1
WORKDIR /app
RUN git clone --depth 1 ${KUMA_REF:+--branch "$KUMA_REF"} "$KUMA_SOURCE" . \
    && npm ci \
    && npm run build \
    && npm prune --omit=dev \
    && rm -rf .git data \
    && mkdir data

# What upstream's own image is made from: Node.js, dumb-init, and the tools of some monitor types.
FROM louislam/uptime-kuma:base2
ENV UPTIME_KUMA_IS_CONTAINER=1
WORKDIR /app
COPY --from=build --chown=node:node /app /app
USER node
EXPOSE 3001
ENTRYPOINT ["/usr/bin/dumb-init", "--"]
CMD ["node", "server/server.js"]
