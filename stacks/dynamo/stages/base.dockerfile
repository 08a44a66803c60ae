# What every image of the family stands on: the services that Dynamo talks to, and, apart from them, the tools that compile.

# NATS and etcd as packages of the distribution.
FROM ${BASE} AS services_distribution
ARG SERVICES_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages ${SERVICES_PACKAGES}

# NATS and etcd as their projects release them.
FROM ${BASE} AS services_release
ARG SERVICES_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages ${SERVICES_PACKAGES}
COPY --link --from=src_nats /nats-server /usr/bin/nats-server
COPY --link --from=src_etcd /etcd /etcdctl /etcdutl /usr/local/bin/etcd/
ENV PATH=/usr/local/bin/etcd:$PATH

FROM services_${SERVICES_FROM} AS services

# The tools that compile, but for Rust: uv, Meson, maturin, sccache and others, in /opt/tools.
FROM services AS tools
ARG BASE_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages ${BASE_PACKAGES}
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip-conf --mount=type=secret,id=ca-bundle --mount=type=secret,id=netrc \
    --mount=type=bind,from=stack,source=scripts/pip-index,target=/run/stack/pip-index \
    --mount=type=bind,from=stack,source=scripts/install-tools,target=/run/stack/install-tools \
    --mount=type=bind,from=stack,source=requirements/tools.lock,target=/run/requirements/tools.lock \
    /run/stack/install-tools /opt/tools python3 /run/requirements/tools.lock
ENV PATH=/opt/tools/bin:$PATH

# The Rust tool chain, in /usr/local/rust, or nothing where it is the distribution's. CARGO_HOME is /usr/local/cargo, and cargo's
# cache mounts are there.
FROM services AS rust_installed
ARG ARCH_ALT
RUN --mount=type=bind,from=src_rust,target=/run/rust \
    --mount=type=bind,from=stack,source=scripts/install-rust,target=/run/stack/install-rust \
    /run/stack/install-rust /run/rust /usr/local/rust
FROM scratch AS rust_release
COPY --link --from=rust_installed /usr/local/rust /usr/local/rust
FROM scratch AS rust_distribution
FROM rust_${RUST_FROM} AS rust

# protoc, likewise.
FROM services AS protoc_installed
RUN --mount=type=bind,from=src_protoc,target=/run/protoc \
    --mount=type=bind,from=stack,source=scripts/install-protoc,target=/run/stack/install-protoc \
    /run/stack/install-protoc /run/protoc /out/usr/local
FROM scratch AS protoc_release
COPY --link --from=protoc_installed /out /
FROM scratch AS protoc_distribution
FROM protoc_${PROTOC_FROM} AS protoc

FROM tools AS base
ARG RUST_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages ${RUST_PACKAGES}
COPY --link --from=rust / /
COPY --link --from=protoc / /
ENV CARGO_HOME=/usr/local/cargo PATH=/usr/local/rust/bin:$PATH
