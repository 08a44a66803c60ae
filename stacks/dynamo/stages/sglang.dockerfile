# SGLang. In the flavour debian it comes out of the list of wheels; in the flavour upstream it is in the system's Python of the
# runtime image, which Dynamo's environment sees: nothing of it is installed a second time.

FROM runtime_user AS sglang_base_debian
FROM runtime_user AS sglang_base_upstream
ARG SGLANG_VERSION
RUN mkdir -p /sgl-workspace && ln -s /workspace /sgl-workspace/dynamo
ENV SGLANG_VERSION=${SGLANG_VERSION}

FROM sglang_base_${FLAVOUR} AS sglang_base
ENV SGLANG_FORCE_SHUTDOWN=1
