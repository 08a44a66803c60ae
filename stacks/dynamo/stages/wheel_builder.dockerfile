# The wheels: published ones, downloaded once and each verified by the hash in the lock list, and those that are built here.
# Later stages install them without a network, so that nothing can come from elsewhere than was planned.

FROM services AS pip_installed
ARG PIP_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages ${PIP_PACKAGES}

FROM pip_installed AS wheels_prebuilt
ARG REQUIREMENTS
ARG BUILT_PACKAGES
ARG REPLACED_PACKAGES
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip-conf --mount=type=secret,id=ca-bundle --mount=type=secret,id=netrc \
    --mount=type=bind,from=stack,source=scripts/pip-index,target=/run/stack/pip-index \
    --mount=type=bind,from=stack,source=scripts/pip-download,target=/run/stack/pip-download \
    --mount=type=bind,from=stack,source=requirements/${REQUIREMENTS},target=/run/requirements/${REQUIREMENTS} \
    /run/stack/pip-index \
    /run/stack/pip-download /opt/dynamo/wheelhouse /run/requirements/${REQUIREMENTS} ${BUILT_PACKAGES} ${REPLACED_PACKAGES}

# ai-dynamo, ai-dynamo-runtime and the GPU memory service. There is no NIXL in this stage, so that none can get into them.
FROM ${MEDIA_STAGE} AS dynamo_media
FROM native_base AS dynamo_build
COPY --link --from=dynamo_media / /
ARG DYNAMO_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=cache,target=/var/cache/dnf,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages ${DYNAMO_PACKAGES}
COPY --link --from=rust / /
COPY --link --from=protoc / /
ENV CARGO_HOME=/usr/local/cargo PATH=/usr/local/rust/bin:$PATH
ARG PYTHON_VERSION
ARG ENABLE_MEDIA_FFMPEG
ARG ENABLE_MEDIA_NIXL
ARG ENABLE_GPU_MEMORY_SERVICE
RUN --mount=type=bind,from=src_dynamo,target=/src,rw \
    --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/usr/local/cargo/git \
    --mount=type=cache,id=dynamo-target-${ARCH},target=/target,sharing=locked \
    --mount=type=secret,id=ca-bundle \
    --mount=type=secret,id=cargo-config,target=/usr/local/cargo/config.toml \
    --mount=type=bind,from=stack,source=scripts/compile,target=/run/stack/compile \
    --mount=type=bind,from=stack,source=scripts/build-dynamo,target=/run/stack/build-dynamo \
    --mount=type=secret,id=aws-key-id --mount=type=secret,id=aws-secret-id \
    /run/stack/compile dynamo /run/stack/build-dynamo
FROM scratch AS dynamo_wheels_source
COPY --link --from=dynamo_build /wheels /
FROM scratch AS dynamo_wheels_prebuilt

# The KV block manager's wheel links NIXL.
FROM dynamo_build AS kvbm_build
COPY --link --from=gdrcopy / /
COPY --link --from=ucx / /
COPY --link --from=libfabric / /
COPY --link --from=nixl / /
ARG ARCH_ALT
ARG FLAVOUR
RUN --mount=type=bind,from=src_dynamo,target=/src,rw \
    --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/usr/local/cargo/git \
    --mount=type=cache,id=dynamo-target-${ARCH},target=/target,sharing=locked \
    --mount=type=secret,id=ca-bundle \
    --mount=type=secret,id=cargo-config,target=/usr/local/cargo/config.toml \
    --mount=type=bind,from=stack,source=scripts/compile,target=/run/stack/compile \
    --mount=type=bind,from=stack,source=scripts/build-kvbm,target=/run/stack/build-kvbm \
    --mount=type=secret,id=aws-key-id --mount=type=secret,id=aws-secret-id \
    /run/stack/compile kvbm /run/stack/build-kvbm
FROM scratch AS kvbm_wheels_build
COPY --link --from=kvbm_build /kvbm /
FROM scratch AS kvbm_wheels_none

FROM nixl_wheels_${NIXL_FROM} AS nixl_wheels
FROM dynamo_wheels_${DYNAMO_FROM} AS dynamo_wheels
FROM kvbm_wheels_${KVBM_STAGE} AS kvbm_wheels

# Those built here are in /built: they have no hashes in a list, and no others of their names may stand beside them.
FROM scratch AS wheelhouse
COPY --link --from=wheels_prebuilt /opt/dynamo/wheelhouse /
COPY --link --from=nixl_wheels / /built/
COPY --link --from=dynamo_wheels / /built/
COPY --link --from=kvbm_wheels / /built/

FROM ${WHEEL_BASE} AS wheel_builder
COPY --link --from=native / /
COPY --link --from=wheelhouse / /opt/dynamo/wheelhouse/
ARG ARCH_ALT
ARG BUILT_PACKAGES
RUN --mount=type=bind,from=stack,source=scripts/check-wheels,target=/run/stack/check-wheels \
    ldconfig && /run/stack/check-wheels /opt/dynamo/wheelhouse "$ARCH_ALT" ${BUILT_PACKAGES}
