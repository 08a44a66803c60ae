# The images that run, for every engine: services, user, the engine's virtual environment, native libraries.

# On an image of the engine's own, the services are copied.
FROM ${RUNTIME} AS services_copied
ARG SERVICES_PACKAGES
USER root
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages ${SERVICES_PACKAGES}
COPY --link --from=services /usr/bin/nats-server /usr/bin/nats-server
COPY --link --from=services /usr/local/bin/etcd/ /usr/local/bin/etcd/
ENV PATH=/usr/local/bin/etcd:$PATH

FROM ${RUNTIME_BASE} AS runtime_user
ARG PYTHON_PACKAGES
ARG RUNTIME_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    --mount=type=bind,from=stack,source=scripts/make-user,target=/run/stack/make-user \
    /run/stack/install-packages ${PYTHON_PACKAGES} ${RUNTIME_PACKAGES} && \
    /run/stack/make-user
ENV HOME=/home/dynamo VIRTUAL_ENV=/opt/dynamo/venv PATH=/opt/dynamo/venv/bin:$PATH

# Everything out of the wheelhouse, as user dynamo and group-writable from the beginning.
FROM runtime_user AS none_venv
USER dynamo
ARG REQUIREMENTS
ARG BUILT_PACKAGES
RUN --mount=type=bind,from=wheelhouse,target=/run/wheelhouse \
    --mount=type=bind,from=stack,source=scripts/install-wheels,target=/run/stack/install-wheels \
    --mount=type=bind,from=stack,source=requirements/${REQUIREMENTS},target=/run/requirements/${REQUIREMENTS} \
    /run/stack/install-wheels /opt/dynamo/venv /run/wheelhouse /run/requirements/${REQUIREMENTS} ${BUILT_PACKAGES}

# The native libraries come last: another UCX leaves the environment as it is.
FROM ${ENGINE}_venv AS runtime_installed
USER root
COPY --link --from=native / /
COPY --link --from=stack --chmod=755 scripts/entrypoint /opt/dynamo/bin/entrypoint
COPY --link --from=stack --chmod=644 texts/runtime.txt /opt/dynamo/.launch_screen
RUN ldconfig
USER dynamo
WORKDIR /workspace
ENTRYPOINT ["/opt/dynamo/bin/entrypoint"]
CMD ["/bin/bash"]

FROM runtime_installed AS runtime_nixl_prebuilt
FROM runtime_installed AS runtime_nixl_source
ENV NIXL_PREFIX=/opt/nvidia/nvda_nixl \
    NIXL_LIB_DIR=/opt/nvidia/nvda_nixl/lib64 \
    NIXL_PLUGIN_DIR=/opt/nvidia/nvda_nixl/lib64/plugins
FROM runtime_nixl_${NIXL_FROM} AS runtime_unchecked

# Fails when the image could not work; what it writes is only the proof that the image waits for.
FROM runtime_unchecked AS runtime_check
USER root
ARG BUILT_PACKAGES
RUN --mount=type=bind,from=stack,source=scripts/check-image,target=/run/stack/check-image \
    --mount=type=bind,from=wheelhouse,target=/run/wheelhouse \
    /run/stack/check-image /opt/dynamo /usr/local /opt/nvidia && \
    setpriv --reuid=123456 --regid=0 --clear-groups env HOME=/home/dynamo python3 -c 'import dynamo.runtime' && \
    setpriv --reuid=123456 --regid=0 --clear-groups touch /workspace/x /opt/dynamo/venv/x /home/dynamo/.cache/x && \
    mkdir /checked

FROM runtime_unchecked AS runtime
COPY --link --from=runtime_check /checked /opt/dynamo/.checked
ARG DYNAMO_COMMIT_SHA
ENV DYNAMO_COMMIT_SHA=${DYNAMO_COMMIT_SHA}
