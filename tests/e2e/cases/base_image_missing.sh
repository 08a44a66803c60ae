# A base image that cannot be had: told where, and, for a distribution's own, how to make it. Nothing is left behind.
. "$E2E_LIB"
need unshare util-linux
echo 'FROM debian:sarge' >Dockerfile
fails_with 4 unshare -n "$SLIPWAY" build -t missing .
expect_text stderr.log "Dockerfile:1"
expect_text stderr.log '`slipway bootstrap debian:sarge` makes it'
echo 'FROM example/debian:sarge' >Dockerfile
fails_with 4 unshare -n "$SLIPWAY" build -t missing .
expect_no_text stderr.log 'slipway bootstrap'
! "$SLIPWAY" inspect missing >/dev/null 2>&1 || fail "an image has the name"
