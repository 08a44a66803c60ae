# RUN --mount=type=ssh: an agent, or keys from files; the keys reach neither the step nor the image.
. "$E2E_LIB"
need ssh-agent openssh-client
need python3 python3
ssh-keygen -q -t ed25519 -N "" -C one -f one
ssh-keygen -q -t rsa -b 2048 -N "" -C two -f two
chmod 644 two # what OpenSSH refuses to read by name
ssh-keygen -q -t ed25519 -N "secret words" -C locked -f locked

# Inside, busybox's nc asks the agent for its keys: a list request, and one to remove them all.
cat >ask.sh <<'S'
test -S "$SSH_AUTH_SOCK" || { echo "no agent"; exit 0; }
stat -c 'mode %a owner %u:%g' "$SSH_AUTH_SOCK"
(printf '\0\0\0\1\23'; printf '\0\0\0\1\13'; sleep 1) | nc "local:$SSH_AUTH_SOCK" | hexdump -v -e '/1 "%02x"'
echo
S
dockerfile() { printf 'FROM test/busybox\nRUN --mount=target=/ctx,source=ask.sh --mount=type=ssh%s sh /ctx\n' "$1" >Dockerfile; }
key_of() { awk '{print $2}' "$1.pub" | base64 -d | od -An -tx1 -v | tr -d ' \n'; }
"$SLIPWAY" run test/busybox sh -c 'nc --help 2>&1 | grep -q local: || exit 9' || probe=no
probe=${probe:-yes}

dockerfile ""
build --no-cache . >/dev/null
expect_text build.log "no agent"
dockerfile ",required"
fails_with 3 "$SLIPWAY" build .
expect_text stderr.log "SSH agent 'default' was not given"
expect_text stderr.log "Dockerfile:2"

dockerfile ",required,uid=7,gid=8,mode=0660"
build --no-cache --ssh "default=$PWD/one,$PWD/two" -t with-ssh . >/dev/null
expect_text build.log "mode 660 owner 7:8"
if [ "$probe" = yes ]; then
    expect_text build.log "$(key_of one)"
    expect_text build.log "$(key_of two)"
    expect_text build.log "0000000105" # the request to remove them was refused
fi
expect_equal "$("$SLIPWAY" run with-ssh sh -c 'ls /run 2>/dev/null')" ""
! grep -rqaF "$(sed -n 2p one)" "$SLIPWAY_ROOT" build.log || fail "the key is in the store or the log"

fails_with 3 "$SLIPWAY" build --no-cache --ssh "default=$PWD/locked" .
expect_text stderr.log "locked"
expect_text stderr.log "passphrase"
fails_with 2 env -u SSH_AUTH_SOCK "$SLIPWAY" build --ssh default .
expect_text stderr.log "SSH_AUTH_SOCK is not set"

# The user's own agent, by its socket and by the variable.
eval "$(ssh-agent -s)" >/dev/null
trap 'kill "$SSH_AGENT_PID"' EXIT
ssh-add -q one
dockerfile ",id=mine,target=/agent.sock"
sed -i 's/ sh / SSH_AUTH_SOCK=\/agent.sock sh /' Dockerfile
build --no-cache --ssh "mine=$SSH_AUTH_SOCK" . >/dev/null
expect_text build.log "mode 600 owner 0:0"
[ "$probe" != yes ] || expect_text build.log "$(key_of one)"
build --no-cache --ssh mine . >/dev/null
expect_text build.log "mode 600 owner 0:0"
ssh-add -l | grep -q one || fail "the step removed the agent's keys"
