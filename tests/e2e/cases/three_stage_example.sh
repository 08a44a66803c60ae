# examples/three-stage on a base image from the distribution's archive, also under a uid that the image does not know.
. "$E2E_LIB"
need mmdebstrap mmdebstrap
base=$(. /etc/os-release && echo "$ID:$VERSION_CODENAME")
"$SLIPWAY" bootstrap "$base" >bootstrap.log 2>&1 || { cat bootstrap.log; fail "bootstrap"; }
build -t three-stage --build-arg BASE_IMAGE="$base" "$E2E_SOURCE/examples/three-stage" >/dev/null
for user in dynamo 123456:0; do
    "$SLIPWAY" run --user $user three-stage >run.log
    expect_text run.log "kvblocks: 4 of 6 blocks"
    expect_text run.log "gid=0"
    grep -qE '^nats: +nats-server: v?[0-9]' run.log || { cat run.log; fail "no version of nats-server"; }
    grep -qE '^etcd: +etcd Version: [0-9]' run.log || { cat run.log; fail "no version of etcd"; }
    "$SLIPWAY" run --user $user three-stage sh -c 'touch ~/x /opt/dynamo/venv/x && stat -c %a ~/x' >run.log
    expect_text run.log 664
done
! "$SLIPWAY" run three-stage sh -c 'command -v g++' || fail "the runtime holds a compiler"
reasons --build-arg BASE_IMAGE="$base" "$E2E_SOURCE/examples/three-stage" | grep -vE '^(source|hit_local)' && fail "the second build ran something"
true
