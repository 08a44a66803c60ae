#!/usr/bin/env bash
# dynamo:runtime with FFmpeg, UCX and libfabric compiled here, from the distribution's source packages: from an empty store, and
# again with everything cached.   bench/from_source.sh [SLIPWAY]
# SOURCES: the --source flags, when others should be taken.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tools/setup.sh
. tools/setup.sh
slipway=$(realpath "${1:-build/release/bin/slipway}")
base=$(own_distribution)
read -ra sources <<<"${SOURCES:---source ffmpeg=apt:ffmpeg/trixie --source ucx=apt:ucx --source libfabric=apt:libfabric/trixie}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pip_secrets "$work"
"$slipway" inspect "$base" >/dev/null 2>&1 || "$slipway" bootstrap "$base"
"$slipway" save -o "$work/base.tar" "$base"
export SLIPWAY_ROOT=$work/store
"$slipway" load -i "$work/base.tar"
run() { # run NAME
    local start
    start=$(date +%s.%N)
    "$slipway" stack build none --stack stacks/dynamo --base-image "$base" -t dynamo:source --progress plain \
        --ffmpeg-from source --ucx-from source --libfabric-from source "${sources[@]}" "${secrets[@]}" >"$work/$1.log" 2>&1 ||
        { tail -n 30 "$work/$1.log"; exit 1; }
    printf '%-8s %8.2f s\n' "$1" "$(echo "$(date +%s.%N) $start" | awk '{print $1 - $2}')"
}
run cold
grep -oE '^#[0-9]+ (DONE [0-9.]+s|\[[a-z]+_build [0-9]+/[0-9]+\] RUN)' "$work/cold.log" | awk '
    $2 ~ /^\[/ { name[$1] = substr($2, 2) }
    $2 == "DONE" && name[$1] != "" { print "  " name[$1], $3 }' | sort -u
run cached
"$slipway" run dynamo:source bash -c "$(<stacks/dynamo/scripts/smoke-test)" 2>/dev/null | grep -E 'well|200'
"$slipway" images | grep -E 'REPOSITORY|source'
