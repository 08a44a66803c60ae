# Helpers of the end-to-end cases; sourced. Everything a case leaves is below its own folder and the run's store.
# shellcheck shell=bash

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

skip() {
    echo "$*"
    exit 77
}

need() { # need PROGRAM PACKAGE
    command -v "$1" >/dev/null || skip "needs $1 (package $2)"
}

# build ARGS...: plain progress in build.log, the digest on stdout.
build() { "$SLIPWAY" build --progress=plain "$@" 2>build.log || { cat build.log >&2; return 1; }; }

# reasons ARGS...: one line a step of the build, "<reason> <name>".
reasons() {
    "$SLIPWAY" build --progress=json "$@" 2>events.json >/dev/null || { cat events.json >&2; return 1; }
    jq -rs '(map(select(.type == "step.queued")) | map({(.step): .name}) | add) as $names
            | .[] | select(.type == "step.done" and .reason != "output") | "\(.reason) \($names[.step])"' events.json
}

# fails_with CODE COMMAND...: it ends with CODE; its stderr is in stderr.log.
fails_with() {
    local want=$1 code=0
    shift
    "$@" >stdout.log 2>stderr.log || code=$?
    [ "$code" = "$want" ] || { cat stderr.log >&2; fail "exit code $code instead of $want: $*"; }
}

expect_text() { # expect_text FILE TEXT
    grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "'$2' is not in $1"; }
}

expect_no_text() {
    ! grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "'$2' is in $1"; }
}

expect_equal() { # expect_equal ACTUAL WANTED
    [ "$1" = "$2" ] || fail "'$1' instead of '$2'"
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local tries=$(($1 * 20))
    shift
    while [ $tries -gt 0 ]; do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.05
        tries=$((tries - 1))
    done
    fail "did not happen in time: $*"
}

# start_registry NAME [CONFIG-LINES]: a registry on loopback; sets REGISTRY to host:port. Stopped at the end.
start_registry() {
    need docker-registry docker-registry
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    cat >"$1.yml" <<YAML
version: 0.1
storage: {filesystem: {rootdirectory: $PWD/$1}}
http: {addr: "127.0.0.1:$port"}
${2:-}
YAML
    docker-registry serve "$1.yml" >"$1.log" 2>&1 &
    REGISTRY_PID=$!
    trap 'kill $REGISTRY_PID 2>/dev/null || true' EXIT
    REGISTRY=127.0.0.1:$port
    wait_for 20 python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))"
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start_web_server FOLDER: files by plain HTTP on loopback; sets WEB to its URL, one line a request in web.log.
start_web_server() {
    local port
    port=$(free_port)
    : >web.log
    python3 -u -m http.server --bind 127.0.0.1 --directory "$1" "$port" >>web.log 2>&1 &
    WEB_PID=$!
    trap 'kill $WEB_PID 2>/dev/null || true' EXIT
    WEB=http://127.0.0.1:$port
    wait_for 20 python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))"
}

# git with an author and nothing of this machine's configuration.
plain_git() {
    env -i PATH="$PATH" HOME=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com \
        GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com GIT_AUTHOR_DATE="@${GIT_TIME:-1700000000} +0000" \
        GIT_COMMITTER_DATE="@${GIT_TIME:-1700000000} +0000" git -c init.defaultBranch=main -c protocol.file.allow=always "$@"
}

# start_git_server FOLDER [PASSWORD]: the repositories below it by smart HTTP on loopback; sets GIT to its URL. With a
# password only requests with the basic credentials x-access-token:PASSWORD are answered.
start_git_server() {
    need git git
    local port
    port=$(free_port)
    : >git.log
    GIT_ROOT=$(realpath "$1") GIT_PASSWORD=${2:-} python3 -u "$E2E_SOURCE/tests/e2e/git_server.py" "$port" >>git.log 2>&1 &
    GIT_PID=$!
    trap 'kill $GIT_PID 2>/dev/null || true' EXIT
    GIT=http://127.0.0.1:$port
    wait_for 20 python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))"
}
