# A stack: two engines and two targets as one graph; what they share runs once, parameters choose, sources are replaced,
# and the rendered Dockerfile builds the same image.
. "$E2E_LIB"
mkdir -p s/stages s/scripts source
cat >s/stack.toml <<'TOML'
[stack]
name = "small"
description = "two engines"
stages = ["stages/all.dockerfile"]

[[engine]]
name = "none"
help = "none"

[[engine]]
name = "vllm"
aliases = ["V"]
help = "an engine"

[[target]]
name = "base"
stage = "base"
help = "below all"

[[target]]
name = "runtime"
stage = "${ENGINE}_runtime"
default = true
help = "what runs"

[[platform]]
name = "linux/amd64"
names = {ARCH = "amd64"}

[[platform]]
name = "linux/arm64"
names = {ARCH = "arm64"}

[[flavour]]
name = "debian"
default = true
help = "one"

[[parameter]]
name = "greeting"
type = "string"
default = "hello"
help = "what it says"

[[parameter]]
name = "loud"
type = "bool"
default = false
help = "in upper case"

[[rule]]
when = {loud = true}
forbid = ["greeting"]
message = "loud has a greeting of its own"

[[component]]
name = "lib"
licence = "MIT"
git = "https://example.com/lib.git"
ref = "main"
TOML
cat >s/stages/all.dockerfile <<'FILE'
FROM test/busybox AS base
COPY --from=src_lib / /lib-files
RUN cat /proc/sys/kernel/random/uuid >/once
FROM base AS none_runtime
ARG GREETING
RUN echo "none $GREETING" >/greeting
FROM base AS vllm_runtime
ARG GREETING
RUN --mount=type=bind,from=stack,source=scripts/greet,target=/greet sh /greet "vllm $GREETING" >/greeting
FILE
echo 'echo "script: $1"' >s/scripts/greet
echo one >source/file
run() { "$SLIPWAY" run "$@" 2>/dev/null; }
stack() { "$SLIPWAY" stack "$@"; }

# Refused before anything runs.
stack build none --stack s 2>err && fail "built what is not locked"
grep -q "lib 'main' is not locked" err || fail "no word of the lock: $(cat err)"
stack plan none --stack s >plan || fail "a plan needs no pins"
expect_text plan "before it can be built: none-runtime: lib 'main' is not locked"
stack plan none --stack s --source lib=source --loud --greeting x 2>err && fail "took parameters that clash"
grep -q 'loud has a greeting of its own' err || fail "no reason"
stack plan none --stack s --gretting x 2>err && fail "took an unknown parameter"
grep -q "did you mean '--greeting'" err || fail "no hint"

stack plan v --stack s --source lib=source --greeting=hey >plan
grep -Eq '^greeting +hey +command line' plan || fail "the plan does not tell where a value comes from: $(cat plan)"
grep -q '^vllm_runtime  stack .*mounted: scripts/greet' plan || fail "the plan does not tell what flows"

fails_with 2 stack bild
expect_text stderr.log "unknown command 'bild'"
expect_text stderr.log "did you mean 'build'?"

# Two engines: one graph, the base once.
stack build all --stack s --source lib=source --no-tag-latest --progress quiet --metadata-file meta.json >/dev/null
none=$(jq -r '."none-runtime"."image.name"' meta.json)
vllm=$(jq -r '."vllm-runtime"."image.name"' meta.json)
[ "$(run "$none" cat /greeting)" = "none hello" ] || fail "none: $(run "$none" cat /greeting)"
[ "$(run "$vllm" cat /greeting)" = "script: vllm hello" ] || fail "vllm: $(run "$vllm" cat /greeting)"
[ "$(run "$none" cat /once)" = "$(run "$vllm" cat /once)" ] || fail "the shared step ran twice"
[ "$(run "$none" cat /lib-files/file)" = one ] || fail "the source was not replaced"

# The command that the plan prints says all that was said, and does the same, all cached.
stack plan v --stack s --source lib=source --no-tag-latest --secret "id=a,src=s/stack.toml" --label 'x=a b' | tail -n 1 >words
expect_text words "--no-tag-latest --secret id=a,src=s/stack.toml --label 'x=a b'"
command=$(tail -n 1 plan)
eval "$SLIPWAY ${command#slipway} --dry-run" >dry
grep -q '^1 would run, ' dry || fail "the printed command does something else: $(cat dry)"

# Rendered, for any builder.
stack render all --stack s --source lib=source -o out >/dev/null
"$SLIPWAY" build -q --build-context stack=s --build-context src_lib=source --target none_runtime -t rendered out >/dev/null
[ "$(run rendered cat /once)" = "$(run "$none" cat /once)" ] || fail "the rendered file is another graph"
jq -e '.target["vllm-runtime"].target == "vllm_runtime"' out/docker-bake.json >/dev/null || fail "no bake target"
stack graph all --stack s --source lib=source | grep -q '"base" -> "vllm_runtime"' || fail "no picture"

# Faults are found without building: a pin that is missing, a rule of lint, a stage that is not there.
fails_with 3 stack doctor --stack s
expect_text stdout.log "lib 'main' is not locked"
sed -i '/^\[\[component\]\]/,$d' s/stack.toml
sed -i '/src_lib/d' s/stages/all.dockerfile
stack doctor --stack s >out.log
expect_text out.log "stack small: 8 images looked at, nothing is wrong"
echo 'FROM base as LOUD' >>s/stages/all.dockerfile
sed -i 's/^stage = "base"/stage = "${ENGINE}_base"/' s/stack.toml
fails_with 3 stack doctor --stack s
expect_text stdout.log "there is no stage 'none_base'"
expect_text stdout.log "FromAsCasing"

# More layers than runtimes can mount.
sed -i 's/^stage = "${ENGINE}_base"/stage = "base"/' s/stack.toml
sed -i '$d' s/stages/all.dockerfile
{ echo "FROM base AS many"; for i in $(seq 130); do echo "RUN echo $i"; done; } >>s/stages/all.dockerfile
stack doctor --stack s >out.log
sed -i 's/^stage = "base"/stage = "many"/' s/stack.toml
fails_with 3 stack doctor --stack s
expect_text stdout.log "the image has 131 layers"
