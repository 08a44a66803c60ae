# The stack in the tree, without a network: doctor finds nothing that is not known, looking at it leaves nothing behind, and
# the command that a plan prints is the one that builds it.
. "$E2E_LIB"
need unshare util-linux
here=$PWD
cd "$E2E_SOURCE"
offline() { unshare --net "$SLIPWAY" stack "$@"; }

# Only pins may be missing, and what tests/stacks/known-gaps names.
sed -n 's/^\([^#].*\) -- .*/\1/p' tests/stacks/known-gaps >"$here/gaps"
offline doctor --stack stacks/dynamo >"$here/found" 2>"$here/told" || expect_text "$here/told" 'things are wrong'
grep -v '^    ' "$here/found" | grep -vE "[a-z_]+ '[^']+' is not locked: |nothing is wrong$" | grep -vFf "$here/gaps" &&
    fail "doctor found faults"

# Looking at it needs no store and makes none, and leaves the folder as it is.
export SLIPWAY_ROOT=$here/store
state() { ls -A; find stacks -printf '%p %T@ %C@\n' | sort; }
state >"$here/before"
offline list >"$here/list"
expect_text "$here/list" stacks/dynamo
offline show >"$here/show"
offline params all --target base >"$here/params"
offline graph none >"$here/graph"
expect_text "$here/graph" '-> "runtime"'
mapfile -t engines < <(sed -n '/^engines/,/^targets/s/^  \([a-z0-9_]*\) .*/\1/p' "$here/show")
[ ${#engines[@]} -ge 4 ] || fail "engines: ${engines[*]}"
for engine in "${engines[@]}"; do
    offline plan "$engine" --target base >"$here/plan"
    expect_text "$here/plan" "$engine-base"
done
offline plan all --target base >"$here/plan"
expect_equal "$(grep -c 'linux/.*base ' "$here/plan")" ${#engines[@]}
offline plan none --base-image test/busybox >"$here/plan"
[ ! -e "$SLIPWAY_ROOT" ] || fail "a store was made"
state | diff "$here/before" - || fail "looking at a stack changed something"

# What plan prints can be run anywhere.
command=$(tail -n 1 "$here/plan")
cd "$here"
expect_equal "$command" "slipway stack build --stack $E2E_SOURCE/stacks/dynamo none --target runtime --platform \
linux/$(dpkg --print-architecture) --flavour debian --set base_image=test/busybox"
export SLIPWAY_ROOT=$E2E_WORK/store
eval "unshare --net $SLIPWAY ${command#slipway} --dry-run" >dry 2>err || { cat err >&2; fail "the printed command does not run"; }
expect_text dry 'scripts/install-packages'
grep -Eq '^[0-9]+ would run, ' dry || fail "no dry run: $(cat dry)"
