#!/usr/bin/env bash
# Builds examples/three-stage with Slipway and with docker build (BuildKit on), side by side in one run: cold, with
# nothing changed, and with one source file changed. Needs root and the packages docker.io and jq.
#   bench/three_stage.sh [SLIPWAY-BINARY]
# Both start from the same base image with empty caches, and both download their packages from the same mirror; the
# order alternates, so that neither always meets the warmer mirror. The trees of earlier rounds stay until the end:
# deleting them would slow whoever comes next on ext4.
set -euo pipefail
cd "$(dirname "$0")/.."
slipway=$(realpath "${1:-build/release/bin/slipway}")
rounds=${ROUNDS:-2}
base=$(. /etc/os-release && echo "$ID:$VERSION_CODENAME")
work=$(mktemp -d /var/tmp/slipway-bench.XXXXXX)
export DOCKER_HOST=unix://$work/docker.sock DOCKER_BUILDKIT=1
# The client of the same package as the daemon: a newer one in the PATH would want the buildx plugin.
docker() { /usr/bin/docker "$@"; }
trap 'kill $(cat "$work"/*.pid 2>/dev/null) 2>/dev/null; wait; rm -rf "$work"' EXIT

cp -r examples/three-stage "$work/context"
SLIPWAY_ROOT=$work/base "$slipway" bootstrap "$base" >"$work/bootstrap.log" 2>&1
SLIPWAY_ROOT=$work/base "$slipway" save --format docker -o "$work/base.tar" "$base"

now() { date +%s.%N; }
measure() { # measure NAME COMMAND...
    local name=$1 start
    shift
    start=$(now)
    "$@" >"$work/out.log" 2>&1 || { cat "$work/out.log"; exit 1; }
    echo "$name $(now) $start" | awk '{printf "%s %.3f\n", $1, $2 - $3}' | tee -a "$work/times"
}

start_docker() { # a daemon with an empty store
    [ ! -e "$work/docker.pid" ] || { kill "$(cat "$work/docker.pid")"; while [ -e "$work/docker.pid" ]; do sleep 0.1; done; }
    dockerd --iptables=false --bridge=none --host "$DOCKER_HOST" --data-root "$work/docker$1" --exec-root "$work/exec$1" \
        --pidfile "$work/docker.pid" >"$work/dockerd.log" 2>&1 &
    until docker version >/dev/null 2>&1; do sleep 0.1; done
    docker load -qi "$work/base.tar" >/dev/null
}

docker_build() { docker build -q --network host --build-arg BASE_IMAGE="$base" -t three-stage "$work/context"; }
slipway_build() { "$slipway" build -q --build-arg BASE_IMAGE="$base" -t three-stage "$work/context"; }

docker_round() {
    start_docker "$1"
    measure docker_cold docker_build
    for _ in 1 2 3; do measure docker_cached docker_build; done
    echo "// round $1" >>"$work/context/native/src/blocks.cc"
    measure docker_changed docker_build
}
slipway_round() {
    export SLIPWAY_ROOT=$work/store$1
    "$slipway" load -i "$work/base.tar" >/dev/null
    measure slipway_cold slipway_build
    for _ in 1 2 3; do measure slipway_cached slipway_build; done
    echo "// round $1 again" >>"$work/context/native/src/blocks.cc"
    measure slipway_changed slipway_build
}

for round in $(seq "$rounds"); do
    if [ $((round % 2)) = 1 ]; then docker_round "$round"; slipway_round "$round"; else slipway_round "$round"; docker_round "$round"; fi
done
docker version --format 'docker {{.Server.Version}}'
"$slipway" version
awk '{sum[$1] += $2; count[$1]++}
     END {for (what in sum) {split(what, part, "_"); mean[part[1], part[2]] = sum[what] / count[what]; kinds[part[2]] = 1}
          for (kind in kinds) printf "%-8s docker %7.3f s   slipway %7.3f s   ratio %5.1f\n", kind, mean["docker", kind], mean["slipway", kind], mean["docker", kind] / mean["slipway", kind]}' "$work/times"
