# Helpers of the runs that build the stack dynamo for real, from stand-in sources; sourced in the project's folder.
# shellcheck shell=bash

# shellcheck source=tools/setup.sh
. tools/setup.sh

passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok       $*"; }
bad() { failed=$((failed + 1)); echo "FAILED   $*"; }
check() { # check NAME COMMAND...: what it prints is shown when it fails
    local name=$1
    shift
    if "$@" >"$work/check.log" 2>&1; then
        ok "$name"
    else
        bad "$name"
        tail -n 40 "$work/check.log" | sed 's/^/    | /'
    fi
}
finish() { echo "$passed passed, $failed failed, 0 skipped"; [ "$failed" = 0 ]; exit; }

skip_all() { # skip_all NAME WHY
    echo "SKIPPED  $1: $2"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}

end() {
    # shellcheck disable=SC2046
    kill $(cat "$work/pids" 2>/dev/null) 2>/dev/null
    umount --lazy "$work" 2>/dev/null # a server that was told to end may not have yet
    rm -rf "$work"
}

# prepare NAME SLIPWAY: sets work (removed at the end, with the processes in $work/pids), base, secrets, sources (flags for
# every stand-in), and leaves the base image in $work/base.tar.
prepare() {
    local name=$1 slipway=$2 folder
    [ "$(id -u)" = 0 ] || skip_all "$name" "building needs root"
    work=$(mktemp -d /tmp/slipway-stacks.XXXXXX)
    trap end EXIT
    # In memory, where there is enough of it: removing several stores from a disk takes longer than building in them.
    if [ "$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)" -gt 10000000 ]; then
        mount -t tmpfs -o size=8g slipway-stacks "$work"
    fi
    base=$(own_distribution)
    pip_secrets "$work"
    [ ! -f ~/.cargo/config.toml ] || secrets+=(--secret "id=cargo-config,src=$HOME/.cargo/config.toml")
    if ! "$slipway" inspect "$base" >/dev/null 2>&1; then
        "$slipway" --root "$work/base" bootstrap "$base" >"$work/bootstrap.log" 2>&1 ||
            { tail -n 3 "$work/bootstrap.log"; skip_all "$name" "no base image: the distribution's archive cannot be reached"; }
        "$slipway" --root "$work/base" save -o "$work/base.tar" "$base"
    else
        "$slipway" save -o "$work/base.tar" "$base"
    fi
    tests/stacks/standins "$work/sources" >"$work/standins.log" 2>&1 ||
        { tail -n 3 "$work/standins.log"; skip_all "$name" "the stand-ins cannot be made"; }
    sources=()
    for folder in "$work"/sources/*/; do
        folder=${folder%/}
        sources+=(--source "${folder##*/}=$folder")
    done
}

# new_store FOLDER: an empty store with the base image; SLIPWAY_ROOT names it.
new_store() {
    export SLIPWAY_ROOT=$1
    mkdir -p "$1"
    "$slipway" load -i "$work/base.tar" >/dev/null
}
