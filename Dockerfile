# Two stages: build everything with the project's own command, run one binary.
#
# Images are pinned to a release each. To hold one to its very bytes, add the digest that
# `docker buildx imagetools inspect rust:1.95.0-bookworm` prints: `rust:1.95.0-bookworm@sha256:…`.
FROM rust:1.95.0-bookworm AS build
WORKDIR /src
# Otherwise rust-toolchain.toml would make rustup download clippy and rustfmt, which nothing here needs.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN rustup target add wasm32-unknown-unknown

# The dependencies are compiled in a layer of their own, which only a change of a manifest or of
# Cargo.lock invalidates. Cargo needs sources for every package, so each has empty ones for that time.
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY bench/Cargo.toml bench/
COPY features/Cargo.toml features/
COPY migration/Cargo.toml migration/
COPY pdf/Cargo.toml pdf/
COPY xtask/Cargo.toml xtask/
COPY xtask-site/Cargo.toml xtask-site/
RUN for package in . bench features migration pdf xtask xtask-site; do \
      mkdir -p "$package/src" \
      && touch "$package/src/lib.rs" \
      && echo 'fn main() {}' > "$package/src/main.rs" || exit 1; \
    done \
 && cargo build --locked --package xtask \
 && cargo build --locked --workspace --bin xtask-site \
 && cargo build --locked --package mini-compete --lib --target wasm32-unknown-unknown \
      --profile wasm --no-default-features --features hydrate \
 && cargo build --locked --release \
 && rm -r src */src

# Cargo compares times: without `touch`, sources that are older than that layer would count as compiled.
COPY . .
RUN touch src/*.rs */src/*.rs \
 && cargo xtask site \
 && cargo build --locked --release

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
