# What is valid but not lowered yet says so, with instruction, file and line, before anything runs.
. "$E2E_LIB"
try() { # try LINE TEXT
    printf 'FROM test/busybox\nRUN echo first >/first-%s\n%s\n' "$RANDOM" "$1" >Dockerfile
    fails_with 3 "$SLIPWAY" build --progress=plain .
    expect_text stderr.log "$2"
    expect_text stderr.log "Dockerfile:3"
    expect_no_text stderr.log "] RUN echo first" # it is shown as a neighbour of the line only
}
try 'RUN --mount=type=ssh true' ssh
try 'RUN --security=insecure true' security
try 'COPY --parents a /b' parents
