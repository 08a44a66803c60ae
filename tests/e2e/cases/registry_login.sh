# Credentials of docker's config.json are used, and never shown.
. "$E2E_LIB"
need skopeo skopeo
need htpasswd apache2-utils
htpasswd -Bbn user s3cret-pass >users
start_registry registry "auth: {htpasswd: {realm: test, path: $PWD/users}}"
"$SLIPWAY" save --format oci -o base.tar test/busybox
skopeo copy -q --dest-tls-verify=false --dest-creds user:s3cret-pass oci-archive:base.tar docker://$REGISTRY/private:1
export SLIPWAY_ROOT=$PWD/store DOCKER_CONFIG=$PWD/config
mkdir config
echo '{}' >config/config.json
echo "FROM $REGISTRY/private:1" >Dockerfile
fails_with 4 "$SLIPWAY" build .
expect_text stderr.log "docker login"
printf '{"auths":{"%s":{"auth":"%s"}}}' "$REGISTRY" "$(printf user:s3cret-pass | base64)" >config/config.json
"$SLIPWAY" --log-file debug.log build --progress=plain -t private . >out.log 2>&1 || { cat out.log; fail "build"; }
! grep -rqF s3cret-pass out.log debug.log store || fail "the password is written somewhere"
! grep -rqF "$(printf user:s3cret-pass | base64)" out.log debug.log store || fail "the credentials are written somewhere"
