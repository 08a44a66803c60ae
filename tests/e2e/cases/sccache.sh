# Steps that tell what sccache did: their lines leave the log, a table ends the build, and the metadata has all of it.
. "$E2E_LIB"
cat >Dockerfile <<'FILE'
FROM test/busybox
RUN echo before; printf '=== SCCACHE_JSON === {"section": "ucx", "sccache_stats": {"stats": {"cache_hits": '; \
    printf '{"counts": {"C/C++": 3}}, "cache_misses": {"counts": {"C/C++": 1}}}}}\n'; echo after
RUN echo '=== SCCACHE_JSON === {broken'
FILE
"$SLIPWAY" build --no-cache --progress plain --metadata-file meta.json . >/dev/null 2>log
grep -Eq '^ucx +C/C\+\+ +3 +1 +0 +75.0 %$' log || fail "no table: $(cat log)"
grep -Eq '^total +C/C\+\+ +3 +1 +0 +75.0 %$' log || fail "no sum: $(cat log)"
grep -Eq '^#[0-9]+ [0-9.]+ before$' log && grep -Eq '^#[0-9]+ [0-9.]+ after$' log || fail "the log lacks what is around"
! grep -E '^#[0-9]+ [0-9.]+ ' log | grep -q '"section": "ucx"' || fail "the line is in the log"
grep -E '^#[0-9]+ [0-9.]+ ' log | grep -q 'SCCACHE_JSON === {broken' || fail "a malformed line is gone"
jq -e '.sccache | length == 1 and .[0].section == "ucx" and .[0].stats.stats.cache_hits.counts."C/C++" == 3' meta.json >/dev/null ||
    fail "$(cat meta.json)"
jq -e '.sccache[0].step | contains("RUN echo before")' meta.json >/dev/null || fail "no step"

"$SLIPWAY" build --no-cache --quiet . >/dev/null 2>log
expect_no_text log "total"
"$SLIPWAY" build --metadata-file meta.json . >/dev/null 2>&1
jq -e 'has("sccache") | not' meta.json >/dev/null || fail "statistics of a cached build"
