# Base images from a registry, an OCI layout and a docker archive; a digest that does not match is refused.
. "$E2E_LIB"
need skopeo skopeo
start_registry registry
"$SLIPWAY" save --format oci -o base.tar test/busybox
skopeo copy -q --dest-tls-verify=false oci-archive:base.tar docker://$REGISTRY/base:1
printf 'FROM %s/base:1\nRUN echo pulled >/p\n' "$REGISTRY" >Dockerfile
export SLIPWAY_ROOT=$PWD/store
build -t pulled . >/dev/null
expect_equal "$("$SLIPWAY" run pulled cat /p)" pulled
# Another image under the same name is seen with --pull only.
printf 'FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/cat\nCOPY busybox /bin/echo\nCOPY new /new\n' >Other
cp "$(command -v busybox)" busybox; chmod 755 busybox; echo new >new
build -f Other -o type=oci,dest=other.tar . >/dev/null
skopeo copy -q --dest-tls-verify=false oci-archive:other.tar docker://$REGISTRY/base:1
reasons . | grep '^miss' && fail "the registry was asked without --pull"
build --pull -t pulled . >/dev/null
expect_equal "$("$SLIPWAY" run pulled cat /new)" new
fails_with 4 "$SLIPWAY" build --build-context base=docker-image://$REGISTRY/none:1 - <<<'FROM base'
expect_text stderr.log "none"
# An OCI layout, and an archive.
mkdir layout && tar -C layout -xf base.tar
printf 'FROM base\nRUN echo layout >/p\n' >Dockerfile
build -t layout --build-context base=oci-layout://$PWD/layout . >/dev/null
expect_equal "$("$SLIPWAY" run layout cat /p)" layout
skopeo copy -q oci-archive:base.tar docker-archive:docker.tar:archived:2
"$SLIPWAY" load -i docker.tar
expect_equal "$("$SLIPWAY" run archived:2 echo from-archive)" from-archive
