# RUN --network=none has loopback only; the host's network is the default.
. "$E2E_LIB"
cat >Dockerfile <<'D'
FROM test/busybox
RUN --network=none ip -o link | wc -l >/none
RUN ip -o link | wc -l >/host
D
build -t networks . >/dev/null
expect_equal "$("$SLIPWAY" run networks cat /none)" 1
expect_equal "$("$SLIPWAY" run networks cat /host)" "$(ls /sys/class/net | grep -cv bonding_masters)"
build --network none -t networks . >/dev/null
expect_equal "$("$SLIPWAY" run networks cat /host)" 1
