# The image holds one file: the statically linked binary. Scenarios and fixtures
# are embedded in it; mount a folder of your own to add scenarios:
#
#   docker run -p 8080:8080 -v ./my:/scenarios:ro \
#     -e IDENTOMAT_MOCK_SCENARIOS=/scenarios identomat-mock
#
# Every flag --foo-bar can be given as an environment variable IDENTOMAT_MOCK_FOO_BAR.

# Any image with cargo, rustc, a C linker and glibc's static libraries will do.
ARG BUILD_IMAGE=rust:1.95.0-slim-bookworm

FROM ${BUILD_IMAGE} AS build
WORKDIR /build

# A static binary needs nothing from the final image. Packed relocations save 0.4 MB.
# Naming the target keeps these flags away from build scripts and proc macros, which
# cannot be linked statically.
ENV RUSTFLAGS="-C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs"

# Builds the dependencies first, under an empty library: this layer is cached until one of
# the two files changes.
COPY Cargo.toml Cargo.lock ./
COPY examples/rust/Cargo.toml examples/rust/
RUN mkdir src examples/rust/src \
 && touch src/main.rs examples/rust/src/lib.rs \
 && echo '//! Nothing yet.' > src/lib.rs \
 && cargo build --lib --profile dist --locked --target "$(rustc -vV | sed -n 's/^host: //p')"

# Cargo compares time stamps, and copied files keep theirs: without the touch it could
# take the empty library above for the newer one.
COPY . .
RUN touch src/main.rs src/lib.rs \
 && cargo build --profile dist --locked --target "$(rustc -vV | sed -n 's/^host: //p')" \
 && cp target/*/dist/identomat-mock /identomat-mock \
 && mkdir /tls


FROM scratch
# The version of Cargo.toml; a test compares them. Give the address of the sources at build time:
#   docker build --build-arg SOURCE=https://…
ARG VERSION=0.1.0
ARG SOURCE=
LABEL org.opencontainers.image.title="identomat-mock" \
      org.opencontainers.image.description="A stand-in for the Identomat identity-verification service, for tests and laptops" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.source="${SOURCE}"

COPY --from=build /identomat-mock /identomat-mock

# The folder of the CA of --tls. A volume that is mounted here belongs to the same user.
COPY --from=build --chown=65532:65532 /tls /tls
ENV IDENTOMAT_MOCK_TLS_FOLDER=/tls

# A number: the image has no /etc/passwd with names, and Kubernetes' runAsNonRoot needs a
# number to see that it is not root.
USER 65532:65532

# 127.0.0.1 cannot be reached from outside the container.
ENV IDENTOMAT_MOCK_HOST=0.0.0.0
EXPOSE 8080
STOPSIGNAL SIGTERM

# Checks every second until the server is healthy, so that dependent services start soon,
# and rarely afterwards. It also finds a port that was set by a flag.
HEALTHCHECK --start-interval=1s --start-period=30s --interval=30s --timeout=2s --retries=3 \
    CMD ["/identomat-mock", "health"]

ENTRYPOINT ["/identomat-mock"]
