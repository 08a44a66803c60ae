# prune frees what no image uses, and keeps what one does.
. "$E2E_LIB"
export SLIPWAY_ROOT=$PWD/store
cp "$(command -v busybox)" busybox; chmod 755 busybox
printf 'FROM scratch\nCOPY busybox /bin/cat\nCOPY f /f\n' >Dockerfile
echo one >f
build -t kept . >/dev/null
echo two >f
build -t gone . >/dev/null
"$SLIPWAY" rmi gone
"$SLIPWAY" prune --dry-run >dry.txt
expect_text dry.txt "would free"
layers=$(ls "$SLIPWAY_ROOT/layers" | wc -l)
"$SLIPWAY" prune
[ "$(ls "$SLIPWAY_ROOT/layers" | wc -l)" -lt "$layers" ] || fail "no layer was removed"
expect_equal "$("$SLIPWAY" run kept /bin/cat /f)" one
fails_with 4 "$SLIPWAY" run gone /bin/cat /f
echo one >f
reasons . | grep '^miss' && fail "what the kept image was built from is gone"
"$SLIPWAY" prune --all
expect_equal "$("$SLIPWAY" run kept /bin/cat /f)" one
