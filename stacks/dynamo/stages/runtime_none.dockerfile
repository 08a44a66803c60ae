# The image that runs: services, Python, the wheels in a virtual environment.
FROM base AS runtime_unchecked
ARG PYTHON_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    --mount=type=bind,from=stack,source=scripts/make-user,target=/run/stack/make-user \
    /run/stack/install-packages ${PYTHON_PACKAGES} && \
    /run/stack/make-user
COPY --from=stack --chmod=755 scripts/entrypoint /opt/dynamo/bin/entrypoint
USER dynamo
ENV HOME=/home/dynamo VIRTUAL_ENV=/opt/dynamo/venv PATH=/opt/dynamo/venv/bin:$PATH
ARG REQUIREMENTS
RUN --mount=type=bind,from=wheel_builder,source=/opt/dynamo/wheelhouse,target=/run/wheelhouse \
    --mount=type=bind,from=stack,source=requirements/${REQUIREMENTS},target=/run/requirements/${REQUIREMENTS} \
    umask 002 && python3 -m venv /opt/dynamo/venv && \
    pip install --no-cache-dir --no-index --find-links /run/wheelhouse --no-deps --require-hashes \
        --disable-pip-version-check --requirement /run/requirements/${REQUIREMENTS}
WORKDIR /workspace
ENTRYPOINT ["/opt/dynamo/bin/entrypoint"]
CMD ["/bin/bash"]

# Fails when the image could not work; what it writes is only the proof that the image waits for.
FROM runtime_unchecked AS runtime_check
USER root
RUN --mount=type=bind,from=stack,source=scripts/check-image,target=/run/stack/check-image \
    /run/stack/check-image /opt/dynamo && \
    setpriv --reuid=123456 --regid=0 --clear-groups env HOME=/home/dynamo python3 -c 'import dynamo.runtime' && \
    setpriv --reuid=123456 --regid=0 --clear-groups touch /workspace/x /opt/dynamo/venv/x /home/dynamo/.cache/x && \
    mkdir /checked

FROM runtime_unchecked AS none_runtime
COPY --link --from=runtime_check /checked /opt/dynamo/.checked
ARG DYNAMO_COMMIT_SHA
ENV DYNAMO_COMMIT_SHA=${DYNAMO_COMMIT_SHA}
