# Components of a stack: locked as what the servers say, built from source stages without a download in any RUN, refused
# when they are something else than what was locked, and replaced by another URL.
. "$E2E_LIB"
mkdir -p s repos files tool-3/bin
plain_git init -q --bare repos/lib.git
plain_git clone -q repos/lib.git work 2>/dev/null
echo one >work/file
(cd work && plain_git add file && plain_git commit -qm one && plain_git tag v1 && plain_git push -q origin HEAD:main v1 2>/dev/null)
echo tool >tool-3/bin/tool
tar -czf files/tool-3.tar.gz tool-3
echo data >files/model.bin
start_git_server repos
git_pid=$GIT_PID
start_web_server files
trap 'kill $git_pid $WEB_PID 2>/dev/null || true' EXIT
cat >s/stack.toml <<TOML
[stack]
name = "locked"
description = "components"
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
[[platform]]
name = "linux/arm64"

[[flavour]]
name = "debian"
help = "one"

[[parameter]]
name = "lib_ref"
type = "ref"
default = "v1"
help = "of lib"

[[component]]
name = "lib"
licence = "MIT"
git = "$GIT/lib.git"
ref = "\${LIB_REF}"

[[component]]
name = "tool"
licence = "MIT"
url = "$WEB/tool-3.tar.gz"
version = "3"

[[component]]
name = "model"
licence = "MIT"
url = "$WEB/model.bin"
version = "1"
unpack = false
TOML
cat >s/all.dockerfile <<'FILE'
FROM test/busybox AS runtime
COPY --from=src_lib / /lib-files
COPY --from=src_tool / /tool
COPY --from=src_model / /model
FILE
stack() { "$SLIPWAY" stack "$@" --stack s; }

fails_with 3 stack build none --network none
expect_text stderr.log "is not locked"
stack lock none >out
expect_text out "lib v1: $(plain_git -C work rev-parse HEAD)"
expect_text out "tool 3: sha256:$(sha256sum files/tool-3.tar.gz | cut -d' ' -f1)"
expect_text out "3 added, 0 changed"
stack lock none >out
expect_text out "0 added, 0 changed"

stack build none -q -t locked >/dev/null
[ "$("$SLIPWAY" run locked cat /lib-files/file /tool/bin/tool /model/model.bin)" = "$(printf 'one\ntool\ndata')" ] ||
    fail "the sources are not what they should be"

# A file that changed is refused, until it is locked anew.
echo other >files/model.bin
export SLIPWAY_ROOT=$PWD/fresh
mkdir fresh
"$SLIPWAY" --root "$E2E_WORK/store" save -o base.tar test/busybox
"$SLIPWAY" load -i base.tar >/dev/null
! stack build none -q >out 2>&1 || fail "built something else than what was locked"
expect_text out "$WEB/model.bin"
stack lock none --update >out
expect_text out "0 added, 1 changed"
stack build none -q -t locked >/dev/null
expect_equal "$("$SLIPWAY" run locked cat /model/model.bin)" other

# Another commit, by a URL.
echo two >work/file
(cd work && plain_git commit -qam two && plain_git push -q origin HEAD:main 2>/dev/null)
stack build none -q -t locked --source "lib=$GIT/lib.git#main" >/dev/null
expect_equal "$("$SLIPWAY" run locked cat /lib-files/file)" two
fails_with 3 stack build none --lib-ref v2
expect_text stderr.log "lib 'v2' is not locked"
fails_with 3 stack lock none --lib-ref v2
