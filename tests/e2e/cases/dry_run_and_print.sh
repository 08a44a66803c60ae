# --dry-run and --print change nothing and run nothing.
. "$E2E_LIB"
printf 'FROM test/busybox\nRUN echo %s >/x\nCOPY f /f\n' "$RANDOM$RANDOM" >Dockerfile
echo f >f
"$SLIPWAY" build --dry-run . >plan.txt 2>err.log || { cat err.log; fail "dry run"; }
grep -qE '^run +\[2/3\] RUN echo' plan.txt || { cat plan.txt; fail "the plan does not say what runs"; }
expect_text plan.txt "would run"
layers=$(ls "$SLIPWAY_ROOT/layers" | wc -l)
"$SLIPWAY" build --dry-run . >plan2.txt 2>err.log
expect_equal "$(cat plan2.txt)" "$(cat plan.txt)"
expect_equal "$(ls "$SLIPWAY_ROOT/layers" | wc -l)" "$layers"
build . >/dev/null
"$SLIPWAY" build --dry-run . >plan.txt 2>err.log
expect_text plan.txt "0 would run"
"$SLIPWAY" build --print=json . | jq -e '.version == 1' >/dev/null
"$SLIPWAY" build --print=dot . | grep -q '^digraph'
"$SLIPWAY" build --print=llb . >graph.llb
[ -s graph.llb ] || fail "no graph"
