# What every engine starts from: a user in an image with services, and an environment with the engine out of the list of wheels.

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

# An environment may also be made in a stage of its own, which has compilers and whatever else that takes, and be copied from
# there (stages/engine_base.dockerfile).
FROM ${BASE} AS framework_user
ARG PYTHON_PACKAGES
ARG FRAMEWORK_PACKAGES
USER root
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    --mount=type=bind,from=stack,source=scripts/make-user,target=/run/stack/make-user \
    /run/stack/install-packages ${PYTHON_PACKAGES} ${FRAMEWORK_PACKAGES} && \
    /run/stack/make-user
ENV HOME=/home/dynamo VIRTUAL_ENV=/opt/dynamo/venv PATH=/opt/dynamo/venv/bin:$PATH
USER dynamo

# What is Dynamo's own is left out, whether it is published or built here: a change of it leaves the engine as it is.
FROM framework_user AS framework_wheels
ARG REQUIREMENTS
ARG DYNAMO_WHEELS
RUN --mount=type=bind,from=wheels_prebuilt,source=/opt/dynamo/wheelhouse,target=/run/wheelhouse \
    --mount=type=bind,from=stack,source=scripts/install-wheels,target=/run/stack/install-wheels \
    --mount=type=bind,from=stack,source=requirements/${REQUIREMENTS},target=/run/requirements/${REQUIREMENTS} \
    /run/stack/install-wheels --without "${DYNAMO_WHEELS}" /opt/dynamo/venv /run/wheelhouse /run/requirements/${REQUIREMENTS}
