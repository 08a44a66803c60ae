# podman loads the docker archive and runs the image.
. "$E2E_LIB"
need podman podman
printf 'FROM test/busybox\nRUN echo loaded >/data\nCMD ["cat", "/data"]\n' >Dockerfile
build -t slipway-test/loaded:1 -o type=docker,dest=image.tar . >/dev/null
podman="podman --root $PWD/podman --runroot $PWD/podman-run --storage-driver vfs --cgroup-manager cgroupfs --events-backend file"
$podman load -i image.tar >load.log 2>&1 || { cat load.log; fail "podman load"; }
expect_equal "$($podman images --format '{{.Repository}}:{{.Tag}}')" "docker.io/slipway-test/loaded:1"
runtime=crun
[ -e /sys/fs/cgroup/cgroup.controllers ] || runtime=runc # crun refuses hybrid cgroup layouts
$podman --runtime $runtime run --rm --network host --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 slipway-test/loaded:1 >run.log 2>&1 || code=$?
if [ "${code:-0}" != 0 ]; then cat run.log; fail "podman run"; fi
expect_equal "$(cat run.log)" loaded
