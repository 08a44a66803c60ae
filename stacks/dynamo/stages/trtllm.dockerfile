# TensorRT-LLM: its wheel and TensorRT, on NVIDIA's own build of PyTorch, which is in an image.

FROM ${PYTORCH_BASE_IMAGE} AS pytorch_base

# The wheel: of the index; out of the image that TensorRT-LLM is released as (some versions do not fit NVIDIA's PyTorch
# otherwise); or out of a folder, which takes the place of the stage trtllm_wheel.
FROM scratch AS trtllm_wheel
FROM scratch AS trtllm_wheel_index
COPY --link --from=src_tensorrt_llm / /
FROM ${TRTLLM_RELEASE} AS trtllm_release
FROM scratch AS trtllm_wheel_image
COPY --link --from=trtllm_release /app/tensorrt_llm/*.whl /
FROM trtllm_wheel AS trtllm_wheel_folder
FROM trtllm_wheel_${TRTLLM_WHEEL_FROM} AS trtllm_wheel_chosen

FROM framework_wheels AS trtllm_framework
ARG PYTHON_VERSION
ARG PYTORCH_FOLDERS
RUN --mount=type=bind,from=pytorch_base,source=/usr/local/lib/python${PYTHON_VERSION}/dist-packages,target=/run/pytorch \
    --mount=type=bind,from=stack,source=scripts/take-packages,target=/run/stack/take-packages \
    /run/stack/take-packages /run/pytorch /opt/dynamo/venv ${PYTORCH_FOLDERS}
COPY --link --from=src_tensorrt /targets/ /usr/local/tensorrt/targets/
COPY --link --from=src_tensorrt /include/ /usr/local/tensorrt/include/
ARG ARCH_ALT
ARG TENSORRT_VERSION
RUN --mount=type=bind,from=src_tensorrt,source=/python,target=/run/wheels \
    --mount=type=bind,from=stack,source=scripts/install-one-wheel,target=/run/stack/install-one-wheel \
    /run/stack/install-one-wheel /opt/dynamo/venv /run/wheels \
        tensorrt-${TENSORRT_VERSION}-cp${PYTHON_VERSION/./}-none-linux_${ARCH_ALT}.whl
RUN --mount=type=bind,from=src_etcd3,target=/src,rw \
    umask 002 && /opt/dynamo/venv/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation /src
RUN --mount=type=bind,from=trtllm_wheel_chosen,target=/run/wheel \
    --mount=type=bind,from=stack,source=scripts/install-one-wheel,target=/run/stack/install-one-wheel \
    /run/stack/install-one-wheel /opt/dynamo/venv /run/wheel
