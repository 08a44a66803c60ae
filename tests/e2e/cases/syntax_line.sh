# "# syntax=" of docker/dockerfile is served; another one is named with its place, before anything else is read.
. "$E2E_LIB"
printf '# syntax=docker/dockerfile:1.7-labs\n# escape=`\nFROM test/busybox\nRUN echo `\n  fine\n' >Dockerfile
build . >/dev/null
printf '# syntax=example.com/other:1\nMODULE is no Dockerfile\n' >Dockerfile
fails_with 3 "$SLIPWAY" build .
expect_text stderr.log "Dockerfile:1"
expect_text stderr.log "syntax=example.com/other:1"
printf '# syntax=example.com/other:1\nFROM test/busybox\n' >Dockerfile
build --build-arg BUILDKIT_SYNTAX=docker/dockerfile:1 . >/dev/null
fails_with 3 "$SLIPWAY" build --build-arg BUILDKIT_SYNTAX=example.com/third .
expect_text stderr.log "BUILDKIT_SYNTAX=example.com/third"
