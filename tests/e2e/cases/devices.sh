# RUN --device: devices of the machine's CDI specifications.
. "$E2E_LIB"
mkdir -p /var/run/cdi
spec=/var/run/cdi/slipway-e2e-$$.yaml
trap 'rm -f "$spec"' EXIT
kind=slipway-e2e-$$.example/thing
echo "from the host" >file
cat >"$spec" <<Y
cdiVersion: "0.6.0"
kind: $kind
containerEdits:
  env: [THING_DRIVER=yes]
devices:
  - name: "0"
    containerEdits:
      deviceNodes:
        - path: /dev/thing0
          hostPath: /dev/full
      mounts:
        - hostPath: $PWD/file
          containerPath: /usr/lib/thing/file
          options: [ro, nosuid, nodev]
  - name: open
    annotations: {org.mobyproject.buildkit.device.autoallow: "true"}
    containerEdits: {env: [OPEN=1]}
Y
dockerfile() { printf 'FROM test/busybox\nRUN %s\n' "$1" >Dockerfile; }
uses="! echo x 2>/dev/null >/dev/thing0; test -c /dev/thing0 && cat /usr/lib/thing/file && echo \"driver \$THING_DRIVER\""

dockerfile "--device=$kind=0 $uses"
fails_with 3 "$SLIPWAY" build .
expect_text stderr.log "device $kind=0 is requested by the build but not allowed"
expect_text stderr.log "Dockerfile:2"
for allow in device "device=$kind=0" "device=$kind"; do
    build --no-cache --allow "$allow" -t device . >/dev/null
    expect_text build.log "from the host"
    expect_text build.log "driver yes"
done
# nothing of it stays in the image
expect_equal "$("$SLIPWAY" run device sh -c 'ls -d /usr/lib/thing /dev/thing0 2>/dev/null')" ""
for runtime in crun runc; do
    command -v $runtime >/dev/null || continue
    SLIPWAY_RUNTIME=$runtime build --no-cache --allow device . >/dev/null || fail "with $runtime"
done

dockerfile "--device=mine,required $uses"
build --allow "device=$kind=0,alias=mine" . >/dev/null
dockerfile "--device=$kind=open test \$OPEN = 1"
build . >/dev/null

dockerfile "--device=$kind=1,required true"
fails_with 3 "$SLIPWAY" build --allow device .
expect_text stderr.log "device '$kind=1' is not registered"
expect_text stderr.log "$kind=0"
dockerfile "--device=$kind=1 ! test -e /dev/thing0"
build --allow device . >/dev/null
expect_text build.log "is not registered: the step runs without it"
