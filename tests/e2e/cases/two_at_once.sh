# Several builds on one store at the same time are all right.
. "$E2E_LIB"
cat >Dockerfile <<'D'
FROM test/busybox
ARG N
RUN --mount=type=cache,target=/count,sharing=locked n=$(cat /count/n 2>/dev/null || echo 0); sleep 0.2; echo $((n + 1)) >/count/n; echo $N >/n
RUN echo common >/common
D
for n in 1 2 3 4; do
    "$SLIPWAY" build --progress=plain --build-arg N=$n -t once:$n . >out$n.log 2>&1 &
    pids[$n]=$!
done
for n in 1 2 3 4; do wait ${pids[$n]} || { cat out$n.log; fail "build $n"; }; done
for n in 1 2 3 4; do expect_equal "$("$SLIPWAY" run once:$n cat /n)" $n; done
printf 'FROM test/busybox\nARG NOW\nRUN --mount=type=cache,target=/count,sharing=locked cp /count/n /n\n' >Count
build -f Count --build-arg NOW=$RANDOM -t count . >/dev/null
expect_equal "$("$SLIPWAY" run count cat /n)" 4
# The same build twice at once gives one image.
for n in 1 2; do "$SLIPWAY" build -q --build-arg N=same . >same$n 2>/dev/null & pids[$n]=$!; done
wait ${pids[1]} && wait ${pids[2]}
