# A flavour takes a component from the distribution's source package: found by apt in a folder of the store, verified, built
# from, and written into what render makes. Nothing else asks a network.
. "$E2E_LIB"
mkdir -p s/stages mine
cat >s/stack.toml <<'TOML'
[stack]
name = "apt"
description = "a source package"
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
name = "base"
stage = "base"
help = "takes no source"

[[platform]]
name = "linux/amd64"
[[platform]]
name = "linux/arm64"

[[flavour]]
name = "debian"
default = true
help = "of the distribution"
sources = {tool = "apt:hello"}

[[flavour]]
name = "upstream"
help = "as the stack has it"

[[component]]
name = "tool"
licence = "GPL-3.0-or-later"
git = "https://example.com/tool.git"
ref = "v1"
TOML
cat >s/all.dockerfile <<'FILE'
FROM test/busybox AS base
FROM base AS runtime
COPY --from=src_tool /configure /configure
FILE
echo mine >mine/configure
stack() { "$SLIPWAY" stack "$@" --stack s; }

# Told without a network, and without a store.
SLIPWAY_ROOT=$PWD/no-store stack plan none >plan
expect_text plan "apt:hello"
expect_text plan "--source tool=apt:hello"
SLIPWAY_ROOT=$PWD/no-store stack graph none >graph
expect_text graph '"apt:hello" -> '
SLIPWAY_ROOT=$PWD/no-store stack plan none --source tool=mine >plan
expect_text plan "--source tool=mine"
! test -e no-store || fail "plan made a store"
fails_with 3 stack build none --source tool=locked
expect_text stderr.log "tool 'v1' is not locked"
fails_with 3 stack build none --flavour upstream
expect_text stderr.log "tool 'v1' is not locked"
fails_with 2 stack plan none --source tool=apt:
expect_text stderr.log "names no source package"
fails_with 3 stack doctor
expect_text stdout.log "runtime linux/amd64 upstream"
! grep -q ' debian:' stdout.log || fail "the doctor wants a lock for what is replaced: $(cat stdout.log)"

# Who takes no files of it needs no apt.
mkdir bin
printf '#!/bin/sh\necho "E: no network" >&2\nexit 100\n' >bin/apt-get
chmod +x bin/apt-get
PATH=$PWD/bin:$PATH stack build none --target base -q >/dev/null

command -v apt-get >/dev/null || { echo "no apt-get"; exit 77; }
if ! stack build none -q -t apt --no-tag-latest >/dev/null 2>err; then
    grep -Eq 'lists of source packages|names no (archive|mirror)' err || fail "$(cat err)"
    echo "apt's archive cannot be reached"
    exit 77
fi
[ "$("$SLIPWAY" run apt head -c 10 /configure)" = '#! /bin/sh' ] || fail "these are not the package's files"

# Again: neither apt nor a network, and fast.
PATH=$PWD/bin:$PATH stack build none --dry-run >dry
expect_text dry "0 would run"
# A day later, without a network: what was found still stands.
find "$SLIPWAY_ROOT/apt" -exec touch -d '2 days ago' {} +
PATH=$PWD/bin:$PATH stack build none --dry-run >dry
expect_text dry "0 would run"

# Not there, not reached: what to do.
fails_with 3 stack build none -q --source tool=apt:no-such-package
expect_text stderr.log "apt:no-such-package"
expect_text stderr.log "--source tool=DIR"
rm -r "$SLIPWAY_ROOT/apt"
PATH=$PWD/bin:$PATH fails_with 4 stack build none -q
expect_text stderr.log "no network"

# Any builder can use what is rendered.
stack render none -o out >/dev/null
grep -Eq 'ADD --unpack=true --checksum=sha256:[0-9a-f]{64} https?://[^ ]*hello_[^ ]*\.orig\.tar' out/Dockerfile ||
    fail "not rendered: $(cat out/Dockerfile)"
