# A secret reaches the process and nothing else: no layer, log, history, record, error or file of the store.
. "$E2E_LIB"
printf 'hunter2-%s' "$RANDOM$RANDOM$RANDOM" >token
TOKEN=$(cat token)
cat >Dockerfile <<'D'
FROM test/busybox
RUN --mount=type=secret,id=token test "$(stat -c %a /run/secrets/token)" = 400 && echo "size $(wc -c </run/secrets/token)" && cat /run/secrets/token
RUN --mount=type=secret,id=token,env=API_TOKEN sh -c 'echo "in the log: $API_TOKEN"; test -n "$API_TOKEN"'
RUN --mount=type=secret,id=token,target=/etc/key,mode=0444,uid=1000 su user -c 'test -r /etc/key'
D
"$SLIPWAY" --log-file debug.log build --progress=plain --secret id=token,src=token -t secret . >out.log 2>build.log
expect_text build.log "in the log: ****"
expect_no_text build.log "$TOKEN"
expect_no_text debug.log "$TOKEN"
expect_equal "$("$SLIPWAY" run secret ls -A /run 2>/dev/null)" ""
"$SLIPWAY" history --no-trunc secret >history.txt
expect_no_text history.txt "$TOKEN"
! grep -rqF -- "$TOKEN" "$SLIPWAY_ROOT" || fail "the secret is in the store"
"$SLIPWAY" save -o secret.tar secret
mkdir image && tar -C image -xf secret.tar
for layer in image/blobs/sha256/*; do
    ! (gzip -dc "$layer" 2>/dev/null || cat "$layer") | grep -qaF -- "$TOKEN" || fail "the secret is in the image"
done
# Another value is not another build; and a failing step does not show it.
echo -n other-value >token
reasons --secret id=token,src=token . | grep -v '^source' | grep -v '^hit_local' && fail "the value of a secret is in a cache key"
printf 'FROM test/busybox\nRUN --mount=type=secret,id=token,required false\n' >Failing
fails_with 1 "$SLIPWAY" build --progress=plain -f Failing --secret id=token,src=token .
expect_no_text stderr.log other-value
fails_with 3 "$SLIPWAY" build --progress=plain -f Failing .
expect_text stderr.log "secret 'token' was not given"
