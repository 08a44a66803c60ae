# Every step says why it ran, also the first of a stage, and an input is named once.
. "$E2E_LIB"
printf 'FROM scratch\nCOPY a /a\nCOPY b /b\n' >Dockerfile
echo 1 >a
echo 2 >b
reasons . >first.txt
expect_text first.txt "miss_first [1/2] COPY a /a"
echo 3 >a
reasons . >after.txt
expect_text after.txt "miss_inputs [1/2] COPY a /a"
expect_equal "$(jq -r 'select(.type == "step.done" and .reason == "miss_inputs") | .detail' events.json | head -n 1)" \
    "context file 'a' changed"
"$SLIPWAY" build --no-cache --progress=json . 2>events.json >/dev/null
grep -q '"reason":"no_cache_asked"' events.json || { cat events.json; fail "--no-cache is not the reason"; }
