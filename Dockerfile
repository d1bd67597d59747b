# The bus, its connectors and its command line. nats-server is not in it: give it NATS by SLUICE_NATS, as deploy/compose.yaml does.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts ./scripts
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

# Node is the one of package.json: docs/decisions/0418
FROM debian:bookworm-slim
ENV PATH=/app/node_modules/.bin:$PATH
# docs/decisions/0300, docs/decisions/0302
ENV MALLOC_ARENA_MAX=2 NODE_OPTIONS=--v8-pool-size=1 NODE_ENV=production SLUICE_HOST=0.0.0.0 SLUICE_DATA=/var/lib/sluice SLUICE_RIGHTS_JOURNAL=/var/lib/sluice-rights/rights.ndjson
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/bin ./bin
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN useradd --system --uid 1000 --home-dir /var/lib/sluice sluice \
 && mkdir -p /var/lib/sluice /var/lib/sluice-rights \
 && chown sluice /var/lib/sluice /var/lib/sluice-rights
USER sluice
VOLUME /var/lib/sluice /var/lib/sluice-rights
EXPOSE 8080
STOPSIGNAL SIGTERM
# A check starts a node: more often it would cost more than a quiet bus. With TLS or another port, give the container a check of its own.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/sluice.js"]
CMD ["start"]
