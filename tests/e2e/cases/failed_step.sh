# A failed RUN shows its whole log, the lines of the Dockerfile and its exit status; what others did stays cached.
. "$E2E_LIB"
cat >Dockerfile <<'D'
FROM test/busybox
RUN echo good >/good
RUN for i in $(seq 1 300); do echo "line $i"; done; \
    echo "to stderr" >&2; \
    exit 7
D
for mode in plain tty quiet; do
    fails_with 1 "$SLIPWAY" build --progress=$mode .
    expect_text stderr.log "line 1"
    expect_text stderr.log "line 150"
    expect_text stderr.log "to stderr"
    expect_text stderr.log "exit code: 7"
    expect_text stderr.log "Dockerfile:3"
    expect_text stderr.log ">> 3 | RUN for i"
done
sed -i 's/exit 7/exit 0/' Dockerfile
reasons . >after.txt
expect_text after.txt "hit_local [2/3] RUN echo good"
