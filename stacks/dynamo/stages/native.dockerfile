# The native libraries: each a stage of its own from one native_base, so that they are built in parallel and a change of one
# rebuilds what needs it and nothing else. Stage NAME_source builds it, NAME_none is empty; what comes out of either is the
# files, at their places, and nothing else.
#
# Sources are bound in writable and what is written there is thrown away: a build's layer holds just /out.

FROM tools AS native_base_debian
ARG NATIVE_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages ${NATIVE_PACKAGES}
ENV CC=gcc CXX=g++

# manylinux_2_28 is AlmaLinux 8: what is built on it runs with any glibc from 2.28 on. CUDA accepts GCC up to 14.
FROM ${MANYLINUX_IMAGE}_${ARCH_ALT} AS native_base_upstream
ARG NATIVE_PACKAGES
RUN --mount=type=cache,target=/var/cache/dnf,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages almalinux-release-synergy && \
    /run/stack/install-packages --enable powertools ${NATIVE_PACKAGES}
COPY --link --from=services /usr/local/cuda /usr/local/cuda
ENV CUDA_PATH=/usr/local/cuda \
    CC=/opt/rh/gcc-toolset-14/root/usr/bin/gcc CXX=/opt/rh/gcc-toolset-14/root/usr/bin/g++ \
    NVIDIA_DRIVER_CAPABILITIES=video,compute,utility \
    PATH=/usr/local/cuda/bin:/opt/rh/gcc-toolset-14/root/usr/bin:/opt/tools/bin:$PATH
ARG PYTHON_VERSION
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip-conf --mount=type=secret,id=ca-bundle --mount=type=secret,id=netrc \
    --mount=type=bind,from=stack,source=scripts/pip-index,target=/run/stack/pip-index \
    --mount=type=bind,from=stack,source=scripts/install-tools,target=/run/stack/install-tools \
    --mount=type=bind,from=stack,source=requirements/tools.lock,target=/run/requirements/tools.lock \
    /run/stack/install-tools /opt/tools python${PYTHON_VERSION} /run/requirements/tools.lock

FROM native_base_${FLAVOUR} AS native_base
# What scripts/compile reads, for every stage that compiles.
ARG ARCH
ARG MAX_JOBS
ARG CUDA_VERSION
ARG USE_SCCACHE
ARG SCCACHE_BUCKET
ARG SCCACHE_REGION
ARG SCCACHE_S3_ENDPOINT

# GDRCopy: the library and its header. The kernel module's sources are a package of their own, in the flavour upstream.
FROM native_base AS gdrcopy_build
ARG FLAVOUR
RUN --mount=type=bind,from=src_gdrcopy,target=/src,rw \
    --mount=type=bind,from=stack,source=scripts/compile,target=/run/stack/compile \
    --mount=type=bind,from=stack,source=scripts/build-gdrcopy,target=/run/stack/build-gdrcopy \
    --mount=type=secret,id=aws-key-id --mount=type=secret,id=aws-secret-id \
    /run/stack/compile gdrcopy /run/stack/build-gdrcopy
FROM scratch AS gdrcopy_source
COPY --link --from=gdrcopy_build /out /
FROM scratch AS gdrcopy_none
FROM gdrcopy_${GDRCOPY_FROM} AS gdrcopy

# FFmpeg: shared libraries under the LGPL; its licence wants the sources to go with them.
FROM native_base AS ffmpeg_build
RUN --mount=type=bind,from=src_ffmpeg,target=/src,rw \
    --mount=type=bind,from=stack,source=scripts/compile,target=/run/stack/compile \
    --mount=type=bind,from=stack,source=scripts/build-ffmpeg,target=/run/stack/build-ffmpeg \
    --mount=type=secret,id=aws-key-id --mount=type=secret,id=aws-secret-id \
    /run/stack/compile ffmpeg /run/stack/build-ffmpeg
FROM scratch AS ffmpeg_source
COPY --link --from=ffmpeg_build /out /
FROM scratch AS ffmpeg_none
FROM ffmpeg_${FFMPEG_FROM} AS ffmpeg

FROM native_base AS ucx_build
COPY --link --from=gdrcopy / /
RUN --mount=type=bind,from=src_ucx,target=/src,rw \
    --mount=type=bind,from=stack,source=scripts/compile,target=/run/stack/compile \
    --mount=type=bind,from=stack,source=scripts/build-ucx,target=/run/stack/build-ucx \
    --mount=type=secret,id=aws-key-id --mount=type=secret,id=aws-secret-id \
    /run/stack/compile ucx /run/stack/build-ucx
FROM scratch AS ucx_source
COPY --link --from=ucx_build /out /

# The published wheel has the libraries and headers of UCX below site-packages/libucx.
FROM tools AS ucx_wheel
ARG CUDA_MAJOR
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip-conf --mount=type=secret,id=ca-bundle --mount=type=secret,id=netrc \
    --mount=type=bind,from=stack,source=scripts/pip-index,target=/run/stack/pip-index \
    --mount=type=bind,from=stack,source=scripts/unpack-ucx,target=/run/stack/unpack-ucx \
    --mount=type=bind,from=stack,source=requirements/libucx.lock,target=/run/requirements/libucx.lock \
    /run/stack/pip-index /run/stack/unpack-ucx "cu${CUDA_MAJOR:-12}" /run/requirements/libucx.lock
FROM scratch AS ucx_prebuilt
COPY --link --from=ucx_wheel /out /
FROM scratch AS ucx_none
FROM ucx_${UCX_FROM} AS ucx

FROM native_base AS hwloc_build
RUN --mount=type=bind,from=src_hwloc,target=/src,rw \
    --mount=type=bind,from=stack,source=scripts/compile,target=/run/stack/compile \
    --mount=type=bind,from=stack,source=scripts/build-hwloc,target=/run/stack/build-hwloc \
    --mount=type=secret,id=aws-key-id --mount=type=secret,id=aws-secret-id \
    /run/stack/compile hwloc /run/stack/build-hwloc
FROM scratch AS hwloc_source
COPY --link --from=hwloc_build /out /
FROM scratch AS hwloc_distribution
FROM hwloc_${HWLOC_FROM} AS hwloc

FROM native_base AS libfabric_build
COPY --link --from=gdrcopy / /
COPY --link --from=hwloc / /
RUN --mount=type=bind,from=src_libfabric,target=/src,rw \
    --mount=type=bind,from=stack,source=scripts/compile,target=/run/stack/compile \
    --mount=type=bind,from=stack,source=scripts/build-libfabric,target=/run/stack/build-libfabric \
    --mount=type=secret,id=aws-key-id --mount=type=secret,id=aws-secret-id \
    /run/stack/compile libfabric /run/stack/build-libfabric
FROM scratch AS libfabric_source
COPY --link --from=libfabric_build /out /
FROM scratch AS libfabric_none
FROM libfabric_${LIBFABRIC_FROM} AS libfabric

# NIXL: its libraries, and its wheels. What Meson would fetch while it configures are declared sources, too.
FROM native_base AS nixl_build
COPY --link --from=gdrcopy / /
COPY --link --from=ucx / /
COPY --link --from=hwloc / /
COPY --link --from=libfabric / /
ARG ARCH_ALT
ARG CUDA_MAJOR
RUN --mount=type=bind,from=src_nixl,target=/src,rw \
    --mount=type=bind,from=src_abseil,target=/run/packagecache/abseil \
    --mount=type=bind,from=src_abseil_patch,target=/run/packagecache/abseil_patch \
    --mount=type=bind,from=src_taskflow,target=/run/packagecache/taskflow \
    --mount=type=bind,from=stack,source=scripts/compile,target=/run/stack/compile \
    --mount=type=bind,from=stack,source=scripts/build-nixl,target=/run/stack/build-nixl \
    --mount=type=secret,id=aws-key-id --mount=type=secret,id=aws-secret-id \
    /run/stack/compile nixl /run/stack/build-nixl
FROM scratch AS nixl_source
COPY --link --from=nixl_build /out /
FROM scratch AS nixl_wheels_source
COPY --link --from=nixl_build /wheels /
# The published wheel carries its libraries.
FROM scratch AS nixl_prebuilt
FROM scratch AS nixl_wheels_prebuilt
FROM nixl_${NIXL_FROM} AS nixl

# All that was built, as a runtime takes it.
FROM scratch AS native
COPY --link --from=gdrcopy / /
COPY --link --from=ffmpeg / /
COPY --link --from=ucx / /
COPY --link --from=hwloc / /
COPY --link --from=libfabric / /
COPY --link --from=nixl / /
