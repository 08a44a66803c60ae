# The images that run, for every engine: user, services, the virtual environment, native libraries, checks.

# Everything out of the wheelhouse, as user dynamo and group-writable from the beginning. Where the engine came by another way
# (an environment made in a stage of its own, an image), what is there already stays as it is.
FROM ${ENGINE}_base AS wheels_venv
USER dynamo
ARG REQUIREMENTS
ARG BUILT_PACKAGES
ARG REPLACED_PACKAGES
ARG VENV_OPTIONS
RUN --mount=type=bind,from=wheelhouse,target=/run/wheelhouse \
    --mount=type=bind,from=stack,source=scripts/install-wheels,target=/run/stack/install-wheels \
    --mount=type=bind,from=stack,source=requirements/${REQUIREMENTS},target=/run/requirements/${REQUIREMENTS} \
    /run/stack/install-wheels ${VENV_OPTIONS} --without "${REPLACED_PACKAGES}" \
        /opt/dynamo/venv /run/wheelhouse /run/requirements/${REQUIREMENTS} ${BUILT_PACKAGES}

# The native libraries come last: another UCX leaves the environment as it is.
FROM wheels_venv AS runtime_installed
USER root
COPY --link --from=native / /
# No --link: /opt/dynamo stays the user's.
COPY --from=stack --chmod=755 scripts/entrypoint /opt/dynamo/bin/entrypoint
COPY --from=stack --chmod=644 texts/runtime.txt /opt/dynamo/.launch_screen
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
ARG ENGINE_PACKAGE
ARG TOOLS_ALLOWED
ARG FOLDERS_CHECKED
RUN --mount=type=bind,from=stack,source=scripts/check-image,target=/run/stack/check-image \
    --mount=type=bind,from=wheelhouse,target=/run/wheelhouse \
    /run/stack/check-image ${FOLDERS_CHECKED} && \
    setpriv --reuid=123456 --regid=0 --clear-groups env HOME=/home/dynamo python3 -c 'import dynamo.runtime' && \
    setpriv --reuid=123456 --regid=0 --clear-groups touch /workspace/x /opt/dynamo/x /opt/dynamo/venv/x /home/dynamo/.cache/x && \
    mkdir /checked

FROM runtime_unchecked AS runtime_checked
COPY --from=runtime_check /checked /opt/dynamo/.checked

# The commit is the last of it, so that it changes no other layer; what goes on from here starts before it.
FROM runtime_checked AS runtime
ARG DYNAMO_COMMIT_SHA
ENV DYNAMO_COMMIT_SHA=${DYNAMO_COMMIT_SHA}
