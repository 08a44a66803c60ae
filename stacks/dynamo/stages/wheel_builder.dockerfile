# The wheels, downloaded once, each verified by the hash in the lock list. Later stages install them without a network.
FROM base AS wheels_prebuilt
ARG PIP_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages ${PIP_PACKAGES}
ARG REQUIREMENTS
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip-conf --mount=type=secret,id=ca-bundle --mount=type=secret,id=netrc \
    --mount=type=bind,from=stack,source=scripts/pip-download,target=/run/stack/pip-download \
    --mount=type=bind,from=stack,source=requirements/${REQUIREMENTS},target=/run/requirements/${REQUIREMENTS} \
    /run/stack/pip-download /opt/dynamo/wheelhouse /run/requirements/${REQUIREMENTS}

FROM wheels_${WHEELS_FROM} AS wheel_builder
