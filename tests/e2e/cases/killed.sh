# kill -9 at any moment: nothing is left running or mounted, and the same command then succeeds.
. "$E2E_LIB"
mark=271$RANDOM
mkdir src
for i in $(seq 1 300); do head -c 20000 /dev/urandom >src/$i; done
cat >Dockerfile <<D
FROM test/busybox AS a
COPY src/ /src/
RUN cat /src/* >/all && sleep 0.$mark
FROM test/busybox
COPY --from=a /all /all
RUN md5sum /all >/sum
D
before=$(wc -l </proc/self/mountinfo)
for delay in 0.02 0.05 0.1 0.15 0.2 0.3 0.4 0.5 0.6; do
    setsid "$SLIPWAY" build --progress=plain -t killed . >out.log 2>err.log &
    pid=$!
    sleep $delay
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    wait_for 5 sh -c "! pgrep -f '^sleep 0.$mark'"
    expect_equal "$(wc -l </proc/self/mountinfo)" "$before"
done
build -t killed . >/dev/null
expect_equal "$("$SLIPWAY" run killed cat /sum)" "$(cat src/* | wc -c >/dev/null; "$SLIPWAY" run killed md5sum /all)"
for blob in "$SLIPWAY_ROOT"/blobs/sha256/*; do
    expect_equal "$(sha256sum <"$blob" | cut -c 1-64)" "$(basename "$blob")"
done
