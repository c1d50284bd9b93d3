# `provost reconcile` as an image of one static file: no shell, no packages, no user but a number, nothing to write to.
#
#   docker build -t provost .
#   docker run --rm --read-only -v "$PWD/my-course:/course:ro" provost

FROM docker.io/library/rust:1.95.0-alpine3.23@sha256:606fd313a0f49743ee2a7bd49a0914bab7deedb12791f3a846a34a4711db7ed2 AS build
# The C part of ring. Rust on Alpine links statically by itself.
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY benches benches
# `bootstrap github` brings the workflows.
COPY .github .github
COPY src src
RUN cargo build --locked --profile image --bin provost

# The roots of trust are compiled in: there are no certificates here.
FROM scratch
COPY --from=build /src/target/image/provost /provost
USER 65532:65532
HEALTHCHECK --interval=1m --timeout=10s --start-period=30s CMD ["/provost", "reconcile", "--check"]
ENTRYPOINT ["/provost"]
CMD ["reconcile", "/course", "--every", "5m"]
