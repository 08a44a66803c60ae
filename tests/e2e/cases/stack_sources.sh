# Nothing of a stack runs when a source cannot be had: all of them are asked first, those that cannot be reached are told in
# one error, and what is in the store is not asked for at all.
. "$E2E_LIB"
mkdir -p s repos files tool-1 mine
plain_git init -q --bare repos/lib.git
plain_git clone -q repos/lib.git work 2>/dev/null
echo one >work/file
(cd work && plain_git add file && plain_git commit -qm one && plain_git tag v1 && plain_git push -q origin HEAD:main v1 2>/dev/null)
commit=$(plain_git -C work rev-parse HEAD)
echo tool >tool-1/tool
tar -czf files/tool-1.tar.gz tool-1
echo model >files/model
start_git_server repos
git_pid=$GIT_PID
start_web_server files
trap 'kill $git_pid $WEB_PID 2>/dev/null || true' EXIT
cat >s/stack.toml <<TOML
[stack]
name = "sources"
description = "from elsewhere"
stages = ["all.dockerfile"]

[[engine]]
name = "none"
help = "none"

[[target]]
name = "runtime"
stage = "runtime"
default = true
help = "what runs"

[[target]]
name = "imaged"
stage = "imaged"
help = "with an image that is not there"

[[platform]]
name = "linux/amd64"
[[platform]]
name = "linux/arm64"

[[flavour]]
name = "debian"
help = "one"

[[component]]
name = "lib"
licence = "MIT"
git = "$GIT/lib.git"
ref = "v1"

[[component]]
name = "tool"
licence = "MIT"
url = "$WEB/tool-1.tar.gz"
version = "1"

[[component]]
name = "model"
licence = "MIT"
url = "$WEB/model"
version = "1"
unpack = false
TOML
cat >s/all.dockerfile <<FILE
FROM test/busybox AS runtime
RUN echo ran-\$((40 + 2)) $RANDOM
COPY --from=src_lib / /lib-files
COPY --from=src_tool / /tool
COPY --from=src_model / /model
FROM 127.0.0.1:1/no/image AS imaged
COPY --from=runtime / /
FILE
stack() { "$SLIPWAY" stack "$@" --stack s; }
stack lock none >/dev/null

# A store of its own, so that nothing is in it.
export SLIPWAY_ROOT=$PWD/fresh
mkdir fresh
"$SLIPWAY" --root "$E2E_WORK/store" save -o base.tar test/busybox
"$SLIPWAY" load -i base.tar >/dev/null

kill $git_pid
mv files/model files/hidden
fails_with 4 stack build none --progress plain
expect_text stderr.log "2 sources cannot be had, so nothing was run"
expect_text stderr.log "$GIT/lib.git"
expect_text stderr.log "$WEB/model"
expect_text stderr.log "404"
expect_text stderr.log "--source lib=DIR --source model=DIR"
expect_no_text stderr.log "ran-42"

# An image among them.
fails_with 4 stack build none --target imaged
expect_text stderr.log "3 sources cannot be had"
expect_text stderr.log "127.0.0.1:1/no/image"

# What it says helps.
stack build none --no-tag-latest -t mixed --progress plain --source lib=mine --source model=mine >/dev/null 2>log
expect_text log "ran-42"
expect_equal "$("$SLIPWAY" run mixed cat /tool/tool)" tool

# Everything there: built once, then neither server is needed.
mv files/hidden files/model
start_git_server repos
git_pid=$GIT_PID
sed -i "s|^git = .*|git = \"$GIT/lib.git\"|" s/stack.toml
stack build none -q --no-tag-latest -t whole >/dev/null
expect_equal "$("$SLIPWAY" run whole cat /lib-files/file /model/model)" "$(printf 'one\nmodel')"
grep -q "$commit" s/stack.lock || fail "another commit was locked"
kill $git_pid $WEB_PID
stack build none --no-tag-latest -t whole --progress plain >/dev/null 2>again
expect_no_text again "ran-42"
stack build none --dry-run >dry
expect_text dry "0 would run"
