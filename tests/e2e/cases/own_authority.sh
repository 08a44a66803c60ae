# Registries and servers with certificates of an own authority: certs.d as docker and podman have it, SSL_CERT_FILE.
. "$E2E_LIB"
need openssl openssl
need skopeo skopeo
export SLIPWAY_ROOT=$PWD/store HOME=$PWD/home
unset SSL_CERT_FILE XDG_CONFIG_HOME
mkdir home files
quietly() { "$@" >>openssl.log 2>&1 || { cat openssl.log >&2; return 1; }; }
quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=own authority" -keyout ca.key -out ca.crt
sign() { # sign NAME EXTENSION
    quietly openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
    quietly openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile <(echo "$2") -out "$1.pem"
}
sign server subjectAltName=IP:127.0.0.1
sign client extendedKeyUsage=clientAuth
SLIPWAY_ROOT=$E2E_WORK/store "$SLIPWAY" save --format oci -o base.tar test/busybox
tls="  tls: {certificate: $PWD/server.pem, key: $PWD/server.key"
start_tls_registry() { # start_tls_registry NAME TLS-LINE
    need docker-registry docker-registry
    local port
    port=$(free_port)
    printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}\nhttp:\n  addr: "127.0.0.1:%s"\n%s}\n' "$PWD/data" "$port" "$2" >"$1.yml"
    docker-registry serve "$1.yml" >"$1.log" 2>&1 &
    PIDS+=($!)
    REGISTRY=127.0.0.1:$port
    wait_for 20 python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))"
}
PIDS=()
trap 'kill "${PIDS[@]}" 2>/dev/null || true' EXIT
start_tls_registry one "$tls"
skopeo copy -q --dest-tls-verify=false oci-archive:base.tar "docker://$REGISTRY/base:1"
printf 'FROM %s/base:1\nRUN echo 1 >/one\n' "$REGISTRY" >Dockerfile
# Nobody knows the authority.
fails_with 4 "$SLIPWAY" build .
expect_text stderr.log "https://$REGISTRY"
expect_text stderr.log "certs.d"
# One of another port is no help; that of the host is.
mkdir -p "home/.config/containers/certs.d/127.0.0.1:1" "home/.config/containers/certs.d/$REGISTRY"
cp ca.crt "home/.config/containers/certs.d/127.0.0.1:1"
fails_with 4 "$SLIPWAY" build .
cp ca.crt "home/.config/containers/certs.d/$REGISTRY"
build -t trusted . >/dev/null
expect_equal "$("$SLIPWAY" run trusted cat /one)" 1
# For all servers at once.
rm -r home/.config store
SSL_CERT_FILE=$PWD/ca.crt build . >/dev/null
# A server that wants to know who we are.
start_tls_registry two "$tls, clientcas: [$PWD/ca.crt]"
rm -r store
own=home/.config/containers/certs.d/$REGISTRY
mkdir -p "$own"
cp ca.crt "$own"
printf 'FROM %s/base:1\n' "$REGISTRY" >Dockerfile
fails_with 4 "$SLIPWAY" build .
cp client.pem "$own/client.cert"
fails_with 3 "$SLIPWAY" build .
expect_text stderr.log "has no key"
cp client.key "$own/client.key"
build -t known . >/dev/null
"$SLIPWAY" run known true
# Files by HTTPS: SSL_CERT_FILE.
echo served >files/f
port=$(free_port)
python3 - "$port" >web.log 2>&1 <<'P' &
import functools, http.server, ssl, sys
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])),
                                         functools.partial(http.server.SimpleHTTPRequestHandler, directory="files"))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.pem", "server.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
P
PIDS+=($!)
wait_for 20 python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))"
printf 'FROM scratch\nADD https://127.0.0.1:%s/f /\n' "$port" >Dockerfile
fails_with 4 "$SLIPWAY" build .
expect_text stderr.log "SSL_CERT_FILE"
SSL_CERT_FILE=$PWD/ca.crt build -o out . >/dev/null
expect_equal "$(cat out/f)" served
