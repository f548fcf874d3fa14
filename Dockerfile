# All images of the stack; docker-compose.yml says which target and arguments build which image.

FROM node:24-bookworm-slim AS node
WORKDIR /app

# The production dependencies of one workspace and of the packages it may need
FROM node AS dependencies
ARG WORKSPACE
COPY package.json package-lock.json .npmrc ./
COPY packages/service/package.json packages/service/
COPY packages/commands/package.json packages/commands/
COPY ${WORKSPACE}/package.json ${WORKSPACE}/
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --workspace "$WORKSPACE" --no-audit --no-fund

# A service: WORKSPACE is services/user, services/product, services/order or services/relay
FROM node AS service
ARG WORKSPACE
ARG PORT
COPY --from=dependencies /app/node_modules node_modules
COPY packages/service/package.json packages/service/
COPY packages/service/src packages/service/src
COPY ${WORKSPACE}/package.json ${WORKSPACE}/
COPY ${WORKSPACE}/src ${WORKSPACE}/src
# not run here: the service reports ready once all of them are applied
COPY ${WORKSPACE}/migrations ${WORKSPACE}/migrations
WORKDIR /app/${WORKSPACE}
# Strips types and compiles code once, here, instead of at each start; without its settings the service
# reports that and exits
ENV NODE_COMPILE_CACHE=/app/.compile-cache
RUN node src/main.ts 2>&1 | grep -q DATABASE_URL && chmod -R a+rX "$NODE_COMPILE_CACHE"
USER node
ENV HOST=0.0.0.0 PORT=${PORT}
EXPOSE ${PORT}
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
    CMD ["node", "-e", "require('node:http').get({ host: '127.0.0.1', port: process.env.PORT, path: '/readyz' }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))"]
# replaces the image's own entrypoint, a shell script
ENTRYPOINT ["node"]
# in MB: otherwise V8 lets its heap grow to several times its live data; docs/performance.md
CMD ["--max-semi-space-size=16", "--max-old-space-size=192", "src/main.ts"]

# Migrations, roles and demo data of all services: WORKSPACE is database
FROM node AS migrate
COPY --from=dependencies /app/node_modules node_modules
COPY packages/service/package.json packages/service/
COPY packages/service/src packages/service/src
COPY packages/commands/package.json packages/commands/
COPY packages/commands/src packages/commands/src
COPY database/package.json database/roles.sql database/
COPY database/src database/src
COPY services/user/grants.sql services/user/
COPY services/user/migrations services/user/migrations
COPY services/user/seeds services/user/seeds
COPY services/product/grants.sql services/product/
COPY services/product/migrations services/product/migrations
COPY services/product/seeds services/product/seeds
COPY services/order/grants.sql services/order/
COPY services/order/migrations services/order/migrations
COPY services/order/seeds services/order/seeds
COPY services/relay/grants.sql services/relay/
COPY services/relay/migrations services/relay/migrations
USER node
ENTRYPOINT ["node"]
CMD ["database/src/prepare-main.ts"]

# The pages
FROM node AS web
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY packages/client/package.json packages/client/
COPY web/package.json web/
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --workspace web --no-audit --no-fund
COPY packages/client/src packages/client/src
COPY web/build.ts web/index.html web/tsconfig.json web/
COPY web/desk web/desk
COPY web/src web/src
RUN node web/build.ts

FROM nginx:1.28-bookworm AS gateway
COPY gateway/nginx.conf gateway/entrypoint.sh /etc/nginx/
COPY docs/openapi.json gateway/page /etc/nginx/page/
COPY --from=dependencies /app/node_modules/@fastify/swagger-ui/static/swagger-ui.css \
    /app/node_modules/@fastify/swagger-ui/static/swagger-ui-bundle.js /etc/nginx/page/
COPY --from=web /app/web/dist /etc/nginx/web/
USER nginx
EXPOSE 8080
# /dev/tcp is built into bash: the image need not contain curl or wget
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 200 ' <&3"]
ENTRYPOINT ["sh", "/etc/nginx/entrypoint.sh"]
CMD ["-g", "daemon off;"]
