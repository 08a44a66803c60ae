# vLLM: its environment comes out of the list of wheels; what has no wheel that fits is compiled, or a component of its own.

# FlashInfer's kernels, compiled beforehand, for the version of FlashInfer that the list has.
FROM framework_wheels AS vllm_kernels_none
FROM framework_wheels AS vllm_kernels_release
RUN --mount=type=bind,from=src_flashinfer_kernels,target=/run/wheel \
    --mount=type=bind,from=stack,source=scripts/install-one-wheel,target=/run/stack/install-one-wheel \
    /run/stack/install-one-wheel /opt/dynamo/venv /run/wheel
FROM vllm_kernels_${FLASHINFER_KERNELS_FROM} AS vllm_kernels

# LMCache is compiled against this PyTorch: its published wheels fit another.
FROM pip_installed AS lmcache_wheels
ARG LMCACHE_REQUIREMENTS
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip-conf --mount=type=secret,id=ca-bundle --mount=type=secret,id=netrc \
    --mount=type=bind,from=stack,source=scripts/pip-index,target=/run/stack/pip-index \
    --mount=type=bind,from=stack,source=scripts/pip-download,target=/run/stack/pip-download \
    --mount=type=bind,from=stack,source=requirements/${LMCACHE_REQUIREMENTS},target=/run/requirements/${LMCACHE_REQUIREMENTS} \
    /run/stack/pip-index \
    /run/stack/pip-download /opt/dynamo/lmcache /run/requirements/${LMCACHE_REQUIREMENTS} lmcache
FROM vllm_kernels AS vllm_lmcache_prepared
ARG LMCACHE_REQUIREMENTS
RUN --mount=type=bind,from=lmcache_wheels,source=/opt/dynamo/lmcache,target=/run/wheelhouse \
    --mount=type=bind,from=stack,source=scripts/install-wheels,target=/run/stack/install-wheels \
    --mount=type=bind,from=stack,source=requirements/${LMCACHE_REQUIREMENTS},target=/run/requirements/${LMCACHE_REQUIREMENTS} \
    /run/stack/install-wheels --without lmcache /opt/dynamo/venv /run/wheelhouse /run/requirements/${LMCACHE_REQUIREMENTS}
FROM vllm_lmcache_prepared AS lmcache_build
USER root
ARG ARCH
ARG MAX_JOBS
ARG CUDA_VERSION
ARG LMCACHE_REF
RUN --mount=type=bind,from=src_lmcache,target=/src,rw \
    --mount=type=bind,from=stack,source=scripts/compile,target=/run/stack/compile \
    --mount=type=bind,from=stack,source=scripts/build-lmcache,target=/run/stack/build-lmcache \
    /run/stack/compile lmcache /run/stack/build-lmcache
FROM vllm_lmcache_prepared AS vllm_lmcache_true
RUN --mount=type=bind,from=lmcache_build,source=/wheels,target=/run/wheel \
    --mount=type=bind,from=stack,source=scripts/install-one-wheel,target=/run/stack/install-one-wheel \
    /run/stack/install-one-wheel /opt/dynamo/venv /run/wheel
FROM vllm_kernels AS vllm_lmcache_false

FROM vllm_lmcache_${ENABLE_LMCACHE} AS vllm_framework
