# A folder that the user names becomes a named context in place of a stage, is looked at before anything runs, and where it
# lies is in no key.
. "$E2E_LIB"
mkdir s wheels elsewhere
cat >s/stack.toml <<'TOML'
[stack]
name = "folder"
description = "a wheel of the user's"
stages = ["all.dockerfile"]

[[engine]]
name = "none"
help = "none"

[[target]]
name = "runtime"
stage = "runtime"
default = true
help = "what runs"

[[platform]]
name = "linux/amd64"
names = {ARCH = "amd64", ARCH_ALT = "x86_64"}
[[platform]]
name = "linux/arm64"
names = {ARCH = "arm64", ARCH_ALT = "aarch64"}

[[flavour]]
name = "debian"
help = "one"

[[parameter]]
name = "commit"
type = "ref"
help = "what the wheel is of"

[[parameter]]
name = "wheel_dir"
type = "path"
context = "wheel"
wheels = {package = "my-tool", machine = "${ARCH_ALT}", python = "cp312", commit = "${COMMIT}"}
help = "a folder with a wheel"
TOML
cat >s/all.dockerfile <<'FILE'
FROM scratch AS wheel
FROM test/busybox AS runtime
ARG WHEEL_DIR
RUN --mount=type=bind,from=wheel,target=/wheel ls /wheel >/list; echo "given: $WHEEL_DIR" >>/list
FILE
stack() { "$SLIPWAY" stack "$@" --stack s; }
build() { stack build none -q --no-tag-latest -t folder "$@" >/dev/null; }

build
expect_equal "$("$SLIPWAY" run folder cat /list)" "given: "

fails_with 3 stack build none --wheel-dir nowhere
expect_text stderr.log "--wheel-dir nowhere"
fails_with 3 stack build none --wheel-dir wheels
expect_text stderr.log "no wheel at all"
touch wheels/my_tool-1-cp311-cp311-linux_riscv64.whl
fails_with 3 stack build none --wheel-dir wheels
expect_text stderr.log "is for linux_riscv64"
rm wheels/*
touch wheels/my_tool-1-py3-none-any.whl
fails_with 3 stack build none --wheel-dir wheels --commit abc
expect_text stderr.log "has no commit.txt"
case $(uname -m) in x86_64) arch=amd64 ;; *) arch=arm64 ;; esac
echo "${arch}_abc" >wheels/commit.txt
build --wheel-dir wheels --commit abc
expect_equal "$("$SLIPWAY" run folder cat /list)" "$(printf 'commit.txt\nmy_tool-1-py3-none-any.whl\ngiven: true')"

# The same files elsewhere: nothing runs.
cp -a wheels elsewhere/
stack build none --wheel-dir "$PWD/elsewhere/wheels" --commit abc --dry-run >dry
expect_text dry "0 would run"
