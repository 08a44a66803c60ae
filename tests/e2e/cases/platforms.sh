# --platform and FROM --platform: stages of other platforms are copied from; RUN needs an emulator there.
. "$E2E_LIB"
need python3 python3
case $(uname -m) in
    aarch64) other=s390x machine=22 order='>' ;;
    *) other=arm64 machine=183 order='<' ;;
esac
# A program of the other platform: an ELF header and nothing behind it that this machine could run.
python3 - "$machine" "$order" >program <<'P'
import struct, sys
order = sys.argv[2]
ident = b"\x7fELF\x02" + (b"\x01" if order == "<" else b"\x02") + b"\x01" + bytes(9)
sys.stdout.buffer.write(ident + struct.pack(order + "HHIQQQIHHHHHH", 2, int(sys.argv[1]), 1, 0x400078, 64, 0, 0, 64, 56, 1, 64, 0, 0))
P
printf 'FROM scratch\nCOPY --chmod=755 program /bin/program\nENV FROM_BASE=1\n' >base.Dockerfile
build -f base.Dockerfile --platform "linux/$other" -t test/foreign . >/dev/null
expect_equal "$("$SLIPWAY" inspect test/foreign | jq -r '.[0].Architecture')" "$other"

# What runs, runs here; what is of the other platform is only copied.
cat >Dockerfile <<'D'
FROM --platform=$BUILDPLATFORM test/busybox AS tools
ARG TARGETPLATFORM TARGETARCH BUILDPLATFORM
RUN echo "$BUILDPLATFORM makes $TARGETPLATFORM" >/made && test "$(uname -m)" = "$(uname -m)"
FROM test/foreign
COPY --from=tools /made /made
WORKDIR /work
COPY program .
D
build --platform "linux/$other" -o type=local,dest=out . >/dev/null
expect_text out/made "makes linux/$other"
cmp program out/bin/program
cmp program out/work/program
build --platform "linux/$other" -t test/cross . >/dev/null
expect_equal "$("$SLIPWAY" inspect test/cross | jq -r '.[0].Architecture')" "$other"
build --platform local . >/dev/null

# A RUN of the other platform is refused before anything runs, when no emulator is registered.
printf 'FROM test/busybox AS first\nRUN echo %s >/x\nFROM --platform=linux/%s test/foreign\nCOPY --from=first /x /x\nRUN ["/bin/program"]\n' \
    "$RANDOM" "$other" >Dockerfile
if grep -qs '^flags:.*F' /proc/sys/fs/binfmt_misc/qemu-*; then
    echo "an emulator is registered here: its absence cannot be tried"
else
    fails_with 5 "$SLIPWAY" build --progress=plain .
    expect_text stderr.log "programs of linux/$other cannot run on this machine"
    expect_text stderr.log "Dockerfile:5"
    expect_text stderr.log "qemu-"
    expect_no_text stderr.log "] RUN echo"
fi

fails_with 3 "$SLIPWAY" build --platform linux/amd64,linux/arm64 .
expect_text stderr.log "several platforms in one build are not supported yet"
fails_with 3 "$SLIPWAY" build --platform linux/nothing .
