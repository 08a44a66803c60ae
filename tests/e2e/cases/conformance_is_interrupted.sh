# A conformance run that is interrupted leaves nothing behind: no folder, no process.
. "$E2E_LIB"
need busybox busybox-static
[ "$(id -u)" = 0 ] || skip "needs root"
mkdir tmp
for signal in TERM INT; do
    # A shell starts what runs in the background with INT ignored.
    TMPDIR=$PWD/tmp python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
        "$E2E_SOURCE/tests/conformance/run" --slipway "$SLIPWAY" run >"$signal.log" 2>&1 &
    run=$!
    wait_for 60 sh -c 'ls -d tmp/slipway-conformance.*/cases/run/*/'
    kill -s "$signal" $run
    code=0
    wait $run || code=$?
    case $signal in
        TERM) expect_equal "$code" 143 ;;
        INT) expect_equal "$code" 130 ;;
    esac
    expect_equal "$(ls tmp)" ""
    ! grep -qlF "$PWD/tmp/slipway-conformance." /proc/[0-9]*/cmdline 2>/dev/null || fail "a process is left behind"
done
