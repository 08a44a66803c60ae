# What a build may do beyond the ordinary must be allowed: --allow, as buildx has it.
. "$E2E_LIB"
dockerfile() { printf 'FROM test/busybox\nRUN echo first-%s\n%s\n' "$RANDOM$RANDOM" "$1" >Dockerfile; }
refused() { # refused TEXT ARGS...
    local text=$1
    shift
    fails_with 3 "$SLIPWAY" build --progress=plain "$@" .
    expect_text stderr.log "$text"
    expect_text stderr.log "Dockerfile:3"
    expect_no_text stderr.log "] RUN echo first"
}

dockerfile 'RUN --security=insecure mkdir /m && mount -t tmpfs none /m && echo mounted && umount /m'
refused "security.insecure is not allowed"
refused "--allow security.insecure" --allow network.host
build --allow security.insecure --no-cache .  >/dev/null
expect_text build.log mounted
dockerfile 'RUN --security=insecure test -c /dev/fuse && test -b /dev/loop0 && test -w /proc/sys/kernel/hostname'
build --allow security.insecure . >/dev/null
dockerfile 'RUN --security=sandbox ! mount -t tmpfs none /tmp 2>/dev/null && ! test -e /dev/fuse'
build . >/dev/null

dockerfile 'RUN --network=host true'
refused "network.host is not allowed"
build --allow network.host . >/dev/null
build --network host . >/dev/null

fails_with 2 "$SLIPWAY" build --allow security.insecur .
expect_text stderr.log "did you mean 'security.insecure'?"
