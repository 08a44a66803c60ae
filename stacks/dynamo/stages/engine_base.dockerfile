# What each engine's environment is completed on: ENGINE_base. Dynamo's own wheels come on top of it (stages/runtime.dockerfile).

FROM runtime_user AS none_base

FROM ${FRAMEWORK} AS framework

# Several layers, so that they are pulled at the same time; a pattern that an engine has nothing for is an empty one. No --link:
# a linked layer would carry owner and mode of /opt/dynamo, too.
FROM runtime_user AS venv_copied
COPY --parents --chown=1000:0 --from=framework /opt/dynamo/./venv/lib/python3*/site-packages/nvidia* /opt/dynamo/
COPY --parents --chown=1000:0 --from=framework /opt/dynamo/./venv/lib/python3*/site-packages/flashinfer_jit_cache* /opt/dynamo/
COPY --parents --chown=1000:0 --from=framework /opt/dynamo/./venv/lib/python3*/site-packages/torch /opt/dynamo/
COPY --parents --chown=1000:0 --from=framework /opt/dynamo/./venv/lib/python3*/site-packages/vllm \
    /opt/dynamo/./venv/lib/python3*/site-packages/tensorrt_llm /opt/dynamo/
COPY --parents --chown=1000:0 --from=framework /opt/dynamo/./venv/lib/python3*/site-packages/triton /opt/dynamo/
COPY --parents --chown=1000:0 --from=framework /opt/dynamo/./venv/lib/python3*/site-packages/flashinfer_cubin /opt/dynamo/
COPY --parents --chown=1000:0 --from=framework \
    --exclude=**/site-packages/nvidia* --exclude=**/site-packages/flashinfer_jit_cache* --exclude=**/site-packages/torch \
    --exclude=**/site-packages/vllm --exclude=**/site-packages/tensorrt_llm --exclude=**/site-packages/triton \
    --exclude=**/site-packages/flashinfer_cubin \
    /opt/dynamo/./venv /opt/dynamo/

# The compiler that engines call when they run, for kernels made to measure: as much of CUDA as that needs, out of the image that
# the engine was made with. No --link: /usr/local/cuda is a symbolic link in NVIDIA's images.
FROM ${CUDA_DONOR} AS cuda_donor
FROM venv_copied AS venv_with_cuda
COPY --from=cuda_donor /usr/local/cuda/bin/nvcc /usr/local/cuda/bin/cudafe++ /usr/local/cuda/bin/ptxas \
    /usr/local/cuda/bin/fatbinary /usr/local/cuda/bin/cuobjdump /usr/local/cuda/bin/nvdisasm /usr/local/cuda/bin/
COPY --from=cuda_donor /usr/local/cuda/include/ /usr/local/cuda/include/
COPY --from=cuda_donor /usr/local/cuda/nvvm/ /usr/local/cuda/nvvm/
COPY --from=cuda_donor /usr/local/cuda/lib64/libcudart.so* /usr/local/cuda/lib64/
ENV CUDA_HOME=/usr/local/cuda PATH=/usr/local/cuda/bin:/usr/local/cuda/nvvm/bin:$PATH

# On NVIDIA's runtime image: the copied environment, and of CUDA what kernels are compiled with.
FROM venv_with_cuda AS vllm_base_upstream
ARG CUDA_DASHED
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    --mount=type=bind,from=stack,source=scripts/link-cuda,target=/run/stack/link-cuda \
    /run/stack/install-packages cuda-command-line-tools-${CUDA_DASHED} && \
    /run/stack/link-cuda libcublas libcublasLt
ENV CPATH=/usr/local/cuda/include NVIDIA_DRIVER_CAPABILITIES=video,compute,utility VLLM_USE_FLASHINFER_SAMPLER=1

FROM runtime_user AS vllm_base_debian

# The numbers of the devices are those of NVML then.
FROM vllm_base_${FLAVOUR} AS vllm_base
ENV DYNAMO_HOME=/opt/dynamo CUDA_DEVICE_ORDER=PCI_BUS_ID

# On NVIDIA's runtime image: the copied environment, TensorRT, and of the PyTorch image what belongs to its PyTorch.
FROM venv_with_cuda AS trtllm_base
ARG ARCH_ALT
ARG TRTLLM_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=src_cuda_keyring,target=/run/keyring \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    --mount=type=bind,from=stack,source=scripts/link-cuda,target=/run/stack/link-cuda \
    dpkg --install /run/keyring/cuda-keyring_1.1-1_all.deb && \
    /run/stack/install-packages ${TRTLLM_PACKAGES} && \
    /run/stack/link-cuda libnccl
COPY --link --from=framework /usr/local/tensorrt/ /usr/local/tensorrt/
COPY --link --from=pytorch_base /opt/hpcx/ /opt/hpcx/
COPY --from=pytorch_base /usr/local/cuda/lib64/libcupti* /usr/local/cuda/lib64/libcusparseLt* /usr/local/cuda/lib64/
COPY --from=pytorch_base /usr/local/lib/lib* /usr/local/lib/
ARG PYTHON_VERSION
# UCC of Open MPI cannot carry what is pickled.
ENV DYNAMO_HOME=/workspace ENV=/etc/shinit_v2 \
    OMPI_MCA_coll_ucc_enable=0 OPAL_PREFIX=/opt/hpcx/ompi \
    TRITON_CUPTI_PATH=/usr/local/cuda/include TRITON_CUDACRT_PATH=/usr/local/cuda/include \
    TRITON_CUDART_PATH=/usr/local/cuda/include TRITON_CUOBJDUMP_PATH=/usr/local/cuda/bin/cuobjdump \
    TRITON_NVDISASM_PATH=/usr/local/cuda/bin/nvdisasm TRITON_PTXAS_PATH=/usr/local/cuda/bin/ptxas \
    TENSORRT_LIB_DIR=/usr/local/tensorrt/targets/${ARCH_ALT}-linux-gnu/lib \
    LD_LIBRARY_PATH=/opt/hpcx/ompi/lib:/usr/lib/${ARCH_ALT}-linux-gnu/nvshmem/13:/usr/local/tensorrt/targets/${ARCH_ALT}-linux-gnu/lib:/opt/dynamo/venv/lib/python${PYTHON_VERSION}/site-packages/torch/lib:/opt/dynamo/venv/lib/python${PYTHON_VERSION}/site-packages/torch_tensorrt/lib:/usr/local/cuda/lib64 \
    PATH=/opt/dynamo/venv/bin:/opt/hpcx/ompi/bin:$PATH
