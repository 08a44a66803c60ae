# The HTTP frontend, with the endpoint picker (EPP) of the Kubernetes gateway: no GPU libraries, no services, no compiler. It
# takes the wheels where they are made, and nothing of the runtime.

FROM ${EPP_IMAGE} AS epp
FROM scratch AS frontend_epp_image
COPY --link --from=epp /epp /epp
FROM scratch AS frontend_epp_none
FROM frontend_epp_${EPP_FROM} AS frontend_epp

FROM ${FRONTEND_IMAGE} AS frontend_user
ARG PYTHON_PACKAGES
ARG FRONTEND_PACKAGES
USER root
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    --mount=type=bind,from=stack,source=scripts/make-user,target=/run/stack/make-user \
    /run/stack/install-packages ${PYTHON_PACKAGES} ${FRONTEND_PACKAGES} && \
    /run/stack/make-user
ENV HOME=/home/dynamo DYNAMO_HOME=/opt/dynamo VIRTUAL_ENV=/opt/dynamo/venv PATH=/opt/dynamo/venv/bin:$PATH
USER dynamo
ARG REQUIREMENTS
ARG BUILT_PACKAGES
ARG REPLACED_PACKAGES
RUN --mount=type=bind,from=wheelhouse,target=/run/wheelhouse \
    --mount=type=bind,from=stack,source=scripts/install-wheels,target=/run/stack/install-wheels \
    --mount=type=bind,from=stack,source=requirements/${REQUIREMENTS},target=/run/requirements/${REQUIREMENTS} \
    /run/stack/install-wheels --without "${REPLACED_PACKAGES}" \
        /opt/dynamo/venv /run/wheelhouse /run/requirements/${REQUIREMENTS} ${BUILT_PACKAGES}

FROM frontend_user AS frontend_installed
COPY --link --from=frontend_epp / /
COPY --link --from=stack --chmod=755 scripts/entrypoint /usr/local/bin/entrypoint
COPY --from=stack --chmod=644 texts/frontend.txt /opt/dynamo/.launch_screen
WORKDIR /workspace

FROM frontend_installed AS frontend_check
USER root
ARG BUILT_PACKAGES
RUN --mount=type=bind,from=stack,source=scripts/check-image,target=/run/stack/check-image \
    --mount=type=bind,from=wheelhouse,target=/run/wheelhouse \
    /run/stack/check-image /opt/dynamo /usr/local && \
    setpriv --reuid=123456 --regid=0 --clear-groups python3 -c 'import dynamo.frontend' && \
    setpriv --reuid=123456 --regid=0 --clear-groups touch /workspace/x /opt/dynamo/x /opt/dynamo/venv/x /home/dynamo/.cache/x && \
    mkdir /checked

FROM frontend_installed AS frontend_started_by_none
ENTRYPOINT ["/usr/local/bin/entrypoint"]
FROM frontend_installed AS frontend_started_by_image
ENTRYPOINT ["/epp"]

FROM frontend_started_by_${EPP_FROM} AS frontend
COPY --from=frontend_check /checked /opt/dynamo/.checked
CMD ["/bin/bash"]
ARG DYNAMO_COMMIT_SHA
ENV DYNAMO_COMMIT_SHA=${DYNAMO_COMMIT_SHA}
