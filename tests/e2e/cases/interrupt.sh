# Ctrl-C leaves nothing mounted and no process.
. "$E2E_LIB"
mark=314$RANDOM
printf 'FROM test/busybox\nRUN echo started && sleep %s\n' "$mark" >Dockerfile
before=$(wc -l </proc/self/mountinfo)
for signal in INT TERM; do
    # A shell has its background jobs ignore SIGINT; a user's terminal does not.
    env --default-signal=INT setsid "$SLIPWAY" build --progress=plain . >out.log 2>err.log &
    pid=$!
    wait_for 20 pgrep -f "^sleep $mark"
    kill -$signal $pid
    code=0
    wait $pid || code=$?
    expect_equal "$code" "$([ $signal = INT ] && echo 130 || echo 143)"
    ! pgrep -f "^sleep $mark" >/dev/null || fail "the step's process is left"
    expect_equal "$(wc -l </proc/self/mountinfo)" "$before"
done
expect_equal "$(ls -A "$SLIPWAY_ROOT/tmp")" lock
