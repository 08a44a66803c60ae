# Only the stages that the target needs are built, independent ones at the same time; mistakes name the nearest word.
. "$E2E_LIB"
cat >Dockerfile <<'D'
FROM test/busybox AS left
RUN --mount=type=cache,target=/meet,id=meet touch /meet/left && i=0 && until [ -e /meet/right ]; do i=$((i+1)); [ $i -lt 400 ]; sleep 0.05; done && echo left >/l
FROM test/busybox AS right
RUN --mount=type=cache,target=/meet,id=meet touch /meet/right && i=0 && until [ -e /meet/left ]; do i=$((i+1)); [ $i -lt 400 ]; sleep 0.05; done && echo right >/r
FROM missing.example/never/asked:1 AS unused
RUN false
FROM test/busybox AS final
COPY --from=left /l /
COPY --from=1 /r /
D
build -t stages . >/dev/null
expect_no_text build.log missing.example
expect_equal "$("$SLIPWAY" run stages cat /l /r | tr '\n' ' ')" "left right "
build --target left -t stages:left . >/dev/null
expect_no_text build.log "[right"
fails_with 3 "$SLIPWAY" build --target finel .
expect_text stderr.log "'final'"
fails_with 2 "$SLIPWAY" build --targt final .
expect_text stderr.log "did you mean '--target'?"
fails_with 2 "$SLIPWAY" biuld .
expect_text stderr.log "did you mean 'build'?"
sed -i 's/--from=left/--from=lefft/' Dockerfile
fails_with 4 "$SLIPWAY" build .
sed -i 's/^RUN false/RUNN false/' Dockerfile
fails_with 3 "$SLIPWAY" build .
expect_text stderr.log "Dockerfile:6"
expect_text stderr.log "'RUN'"
