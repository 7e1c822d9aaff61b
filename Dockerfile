# docker build -t x-ray . && docker run -p 127.0.0.1:4000:4000 -v x-ray:/data -e XRAY_PUBLIC_URL=http://localhost:4000 x-ray
# docs/deploy.md has more, also for Postgres.

FROM node:20-slim AS build
WORKDIR /xray
COPY . .
RUN ["node", "scripts/prepare.mjs", "--without-tools", "core", "otlp", "proof", "sdk", "server", "dashboard"]

# The packages that the server needs at run time. Without legacy-peer-deps npm would also install optional peers
# of its libraries, such as Next: 480 MB instead of 86 MB.
FROM node:20-slim AS modules
WORKDIR /xray
COPY . .
RUN npm ci --omit=dev --legacy-peer-deps --ignore-scripts --workspace=server --no-audit --no-fund \
  && mkdir -p server/node_modules

FROM node:20-slim
WORKDIR /xray
COPY --from=modules /xray/node_modules node_modules
COPY --from=modules /xray/server/node_modules server/node_modules
COPY --from=build /xray/packages/core/package.json packages/core/package.json
COPY --from=build /xray/packages/core/dist packages/core/dist
COPY --from=build /xray/packages/otlp/package.json packages/otlp/package.json
COPY --from=build /xray/packages/otlp/dist packages/otlp/dist
COPY --from=build /xray/packages/proof/package.json packages/proof/package.json
COPY --from=build /xray/packages/proof/dist packages/proof/dist
COPY --from=build /xray/server/package.json server/package.json
COPY --from=build /xray/server/migrations server/migrations
COPY --from=build /xray/server/dist server/dist
COPY --from=build /xray/apps/dashboard/out apps/dashboard/out
COPY --from=build /xray/packages/xray-sdk/out packages/xray-sdk/out
RUN ["install", "-d", "-o", "node", "-g", "node", "-m", "700", "/data"]
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 XRAY_DATA_DIR=/data
VOLUME /data
EXPOSE 4000
USER node
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/xray/server/dist/cli.js"]
CMD ["start"]
