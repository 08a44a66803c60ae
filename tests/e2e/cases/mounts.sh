# The mount types of RUN: bind reads, cache persists, tmpfs vanishes, none of them is in the layer.
. "$E2E_LIB"
mkdir files
echo from-context >files/a
cat >Dockerfile <<'D'
FROM test/busybox AS other
RUN mkdir /out && echo from-stage >/out/b
FROM test/busybox
ARG ROUND
RUN --mount=type=bind,source=files,target=/in \
    --mount=type=bind,from=other,source=/out,target=/other \
    --mount=type=tmpfs,target=/scratch \
    --mount=type=cache,target=/cache,sharing=locked \
    echo round-$ROUND >>/cache/log && cp /cache/log /log && echo x >/scratch/x && \
    cat /in/a /other/b >/both && ! touch /in/new 2>/dev/null
D
rm -f log
build -t mounts --build-arg ROUND=1 . >/dev/null
build -t mounts --build-arg ROUND=2 . >/dev/null
expect_equal "$("$SLIPWAY" run mounts cat /log | tr '\n' ' ')" "round-1 round-2 "
expect_equal "$("$SLIPWAY" run mounts cat /both | tr '\n' ' ')" "from-context from-stage "
expect_equal "$("$SLIPWAY" run mounts ls /in /other /scratch /cache 2>/dev/null)" ""
"$SLIPWAY" save -o mounts.tar --format oci mounts
mkdir layout && tar -C layout -xf mounts.tar
for layer in $(jq -r '.[0].Layers[].digest' <("$SLIPWAY" inspect mounts) | tail -n 1); do
    tar -tzf "layout/blobs/sha256/${layer#sha256:}" | sort >names.txt
done
expect_equal "$(tr '\n' ' ' <names.txt)" "both log "
