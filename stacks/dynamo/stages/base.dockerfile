# What every image of the family stands on: the services that Dynamo talks to.
FROM ${BASE_IMAGE} AS base
ARG BASE_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages ${BASE_PACKAGES}
