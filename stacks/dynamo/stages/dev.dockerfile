# The images for developers: a runtime with compilers, debuggers, Rust and the sources, installed so that they are edited in
# place. The tools come from the package manager into this one stage, not copied over /usr from another: that way each file has
# one owner, and the image is smaller.
#
# It starts before the runtime's last line, the commit: another commit of the sources keeps the tools.

FROM pip_installed AS test_wheels
ARG TEST_REQUIREMENTS
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip-conf --mount=type=secret,id=ca-bundle --mount=type=secret,id=netrc \
    --mount=type=bind,from=stack,source=scripts/pip-index,target=/run/stack/pip-index \
    --mount=type=bind,from=stack,source=scripts/pip-download,target=/run/stack/pip-download \
    --mount=type=bind,from=stack,source=requirements/${TEST_REQUIREMENTS},target=/run/requirements/${TEST_REQUIREMENTS} \
    /run/stack/pip-index \
    /run/stack/pip-download /opt/dynamo/test-wheelhouse /run/requirements/${TEST_REQUIREMENTS}

FROM runtime_checked AS dynamo_tools
USER root
ARG DEV_PACKAGES
ARG PYTHON_PACKAGES
ARG RUST_PACKAGES
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=bind,from=stack,source=scripts/install-packages,target=/run/stack/install-packages \
    /run/stack/install-packages ${PYTHON_PACKAGES} ${DEV_PACKAGES} ${RUST_PACKAGES} && \
    git lfs install --system && \
    git config --system --add safe.directory '*'
COPY --link --from=rust / /
COPY --link --from=protoc / /
COPY --link --from=tools /opt/tools/ /opt/tools/
COPY --link --from=stack --chmod=644 texts/framework-paths.sh /etc/profile.d/50-framework-paths.sh
COPY --link --from=stack --chmod=644 texts/devcontainer.json /usr/local/share/dynamo/devcontainer.json
ENV PATH=/usr/local/rust/bin:$PATH:/opt/tools/bin

FROM dynamo_tools AS dev_sources
USER dynamo
ARG TEST_REQUIREMENTS
RUN --mount=type=bind,from=test_wheels,source=/opt/dynamo/test-wheelhouse,target=/run/wheelhouse \
    --mount=type=bind,from=stack,source=scripts/install-wheels,target=/run/stack/install-wheels \
    --mount=type=bind,from=stack,source=requirements/${TEST_REQUIREMENTS},target=/run/requirements/${TEST_REQUIREMENTS} \
    /run/stack/install-wheels /opt/dynamo/venv /run/wheelhouse /run/requirements/${TEST_REQUIREMENTS}
# No --link: the folder itself stays dynamo's.
COPY --chown=1000:0 --chmod=775 --from=src_dynamo / /workspace/
RUN --mount=type=bind,from=stack,source=scripts/install-editable,target=/run/stack/install-editable \
    /run/stack/install-editable /workspace /opt/dynamo/venv
ENV WORKSPACE_DIR=/workspace DYNAMO_HOME=/workspace \
    CARGO_HOME=/usr/local/cargo CARGO_TARGET_DIR=/workspace/target

# What an image for developers promises, tried as root and as any user of group 0.
FROM dev_sources AS dev_check
USER root
RUN --mount=type=bind,from=stack,source=scripts/check-dev,target=/run/stack/check-dev \
    /run/stack/check-dev && mkdir /checked

FROM dev_sources AS dev
USER root
COPY --link --from=dev_check /checked /usr/local/share/dynamo/checked
ARG DYNAMO_COMMIT_SHA
ENV DYNAMO_COMMIT_SHA=${DYNAMO_COMMIT_SHA}

# The user dynamo gets the ids of whoever builds it. Files keep theirs: the group 0, which the user is in as before, may write
# to all of them. A recursive change of owner would copy every file into another layer, and takes minutes.
FROM ${LOCAL_DEV_BASE} AS local-dev
USER root
ARG USER_UID
ARG USER_GID
RUN --mount=type=bind,from=stack,source=scripts/remap-user,target=/run/stack/remap-user \
    /run/stack/remap-user dynamo "$USER_UID" "$USER_GID"
ENV CARGO_HOME=/home/dynamo/.cargo RUSTUP_HOME=/home/dynamo/.rustup \
    HISTFILE=/home/dynamo/.commandhistory/bash_history PROMPT_COMMAND="history -a" \
    PATH=/home/dynamo/.cargo/bin:/home/dynamo/.local/bin:$PATH
LABEL devcontainer.metadata='[{"remoteUser":"dynamo","containerUser":"dynamo","updateRemoteUserUID":false,"workspaceFolder":"/workspace"}]'
USER dynamo
WORKDIR /home/dynamo
