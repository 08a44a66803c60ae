# The flags of a stack: one table makes parser, help and completion; build arguments are checked against it; flags that stand
# for others, and those that are refused.
. "$E2E_LIB"
mkdir s
cat >s/stack.toml <<'TOML'
[stack]
name = "flags"
description = "many words"
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
name = "local-dev"
stage = "local_dev"
help = "for one developer"

[[platform]]
name = "linux/amd64"
[[platform]]
name = "linux/arm64"

[[flavour]]
name = "debian"
help = "one"

[[parameter]]
name = "cuda"
arg = "CUDA_VERSION"
aliases = ["cuda_version"]
type = "choice"
choices = ["none", "12.9"]
default = "none"
help = "which CUDA"

[[parameter]]
name = "loud"
type = "bool"
help = "in upper case"

[[parameter]]
name = "uid"
arg = "USER_UID"
type = "int"
derive = "uid"
help = "the user's ID"

[[rule]]
when = {given = ["uid"], target = {not = "local-dev"}}
error = true
message = "--uid is for --target local-dev"

[[flag]]
name = "for-me"
value = true
means = ["--target", "local-dev", "--uid=${VALUE}", "--progress", "quiet"]
help = "a local-dev image for this ID"

[[flag]]
name = "make-efa"
error = "build the target with efa in its name"
help = "EFA on top"
TOML
cat >s/all.dockerfile <<'FILE'
FROM test/busybox AS runtime
ARG CUDA_VERSION
ARG EXTRA=no
RUN echo "$CUDA_VERSION $EXTRA" >/said
FROM runtime AS local_dev
ARG USER_UID
RUN echo "$USER_UID" >/uid
FILE
stack() { "$SLIPWAY" stack "$@" --stack s; }
run() { "$SLIPWAY" run "$@" 2>/dev/null; }

stack build --help >help
expect_text help "Parameters of the stack flags:"
grep -Eq '^ +--cuda,--cuda-version +none\|12.9 +which CUDA \(default: none\)' help || fail "no parameter in the help: $(cat help)"
grep -Eq '^ +--for-me +VALUE +a local-dev image' help || fail "no flag in the help: $(cat help)"
"$SLIPWAY" stack build --stack nowhere --help >help
expect_no_text help "Parameters of the stack"
"$SLIPWAY" __complete stack build --stack s --cud >words
expect_text words "--cuda	which CUDA"
"$SLIPWAY" __complete stack build --stack s --cuda '' >words
expect_equal "$(cat words)" "$(printf '12.9\nnone')"
stack params none >params
expect_text params "refused: build the target with efa"

# Build arguments are parameters, and are checked.
stack build none -q -t one -t two:2 --build-arg CUDA_VERSION=12.9 --build-arg EXTRA=yes >/dev/null
expect_equal "$(run one cat /said)" "12.9 yes"
expect_equal "$(run two:2 cat /said)" "12.9 yes"
stack plan none --build-arg CUDA_VERSION=12.9 >plan
grep -Eq '^cuda +12.9 +command line' plan || fail "$(cat plan)"
fails_with 2 stack plan none --build-arg CUDA_VERSION=11
expect_text stderr.log "'11' is none of none, 12.9"
fails_with 2 stack plan none --build-arg CUDA_VERSIN=12.9
expect_text stderr.log "did you mean 'CUDA_VERSION'?"
fails_with 2 stack plan none --build-arg GITHUB_TOKEN=hidden
expect_text stderr.log "--secret id=github_token,env=GITHUB_TOKEN"
expect_no_text stderr.log "hidden"

# Other words, and refused ones.
stack build none --for-me 123 -t mine >/dev/null 2>log
expect_equal "$(run mine cat /uid)" 123
expect_equal "$(cat log)" ""
fails_with 2 stack build none --make-efa
expect_text stderr.log "build the target with efa in its name"
fails_with 2 stack build none --for-me
expect_text stderr.log "--for-me needs a value"
fails_with 2 stack build none --cuda
expect_text stderr.log "--cuda needs a value"
fails_with 2 "$SLIPWAY" stack build none --stack s --target
expect_text stderr.log "--target needs a value"
fails_with 2 stack build --loud yes
expect_text stderr.log "'yes' behind --loud"
fails_with 2 stack plan none --uid 3
expect_text stderr.log "--uid is for --target local-dev"
SUDO_UID=501 SUDO_GID=20 stack plan none --target local-dev >plan
[ "$(id -u)" != 0 ] || grep -Eq '^uid +501 +this user' plan || fail "$(cat plan)"

# What is kept.
for flag in --push --cache-from=x --cache-to=x; do
    fails_with 2 stack build none $flag
    expect_text stderr.log "is not there yet"
done
names() { "$SLIPWAY" images | cut -d' ' -f1; }
before=$(names)
stack build none --no-load --cuda 12.9 -t kept --metadata-file meta.json >out 2>/dev/null
expect_equal "$(cat out)" ""
expect_equal "$(names)" "$before"
jq -e '."none-runtime" == {}' meta.json >/dev/null || fail "$(cat meta.json)"
stack build none --load -q -o type=oci,dest=out.tar -t both >/dev/null
test -s out.tar
expect_equal "$(run both cat /said)" "none no"
fails_with 2 stack build none --load --no-load
