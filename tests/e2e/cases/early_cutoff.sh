# A step that runs again and writes what it wrote before does not make later steps run.
. "$E2E_LIB"
cat >Dockerfile <<'D'
FROM test/busybox AS tool
COPY version.txt /version.txt
RUN head -c 3 /version.txt >/major && rm /version.txt
FROM test/busybox
COPY --from=tool /major /major
RUN cp /major /copy
D
echo 1.2.3 >version.txt
build . >/dev/null
echo 1.2.4 >version.txt
reasons . >after.txt
expect_text after.txt "miss_inputs [tool 2/3] COPY version.txt /version.txt"
expect_text after.txt "hit_content [stage-1 2/3] COPY --from=tool /major /major"
expect_no_text after.txt "miss_inputs [stage-1"
