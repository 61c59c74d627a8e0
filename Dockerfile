# Two stages: build everything with the project's own command, run one binary.
#
# Images are pinned to a release each. To hold one to its very bytes, add the digest that
# `docker buildx imagetools inspect rust:1.95.0-bookworm` prints: `rust:1.95.0-bookworm@sha256:…`.
FROM rust:1.95.0-bookworm AS build
WORKDIR /src
COPY . .
RUN rustup target add wasm32-unknown-unknown \
 && cargo xtask site \
 && cargo build --release --locked

FROM debian:12.12-slim
RUN apt-get update \
 && apt-get upgrade -y \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home-dir /var/lib/mini-compete --create-home mini-compete \
 && chmod 0700 /var/lib/mini-compete
COPY --from=build /src/target/release/mini-compete /usr/local/bin/mini-compete
COPY --from=build /src/target/site /usr/local/share/mini-compete/site
ENV SITE_ROOT=/usr/local/share/mini-compete/site \
    BIND=0.0.0.0:3000 \
    METRICS_BIND=0.0.0.0:9100 \
    LOG_FORMAT=json
USER mini-compete
WORKDIR /var/lib/mini-compete
VOLUME /var/lib/mini-compete
EXPOSE 3000 9100
STOPSIGNAL SIGTERM
ENTRYPOINT ["mini-compete"]
CMD ["serve"]
