# prune frees what no image uses, and keeps what one does.
. "$E2E_LIB"
export SLIPWAY_ROOT=$PWD/store
cp "$(command -v busybox)" busybox; chmod 755 busybox
printf 'FROM scratch\nCOPY busybox /bin/cat\nCOPY f /f\n' >Dockerfile
echo one >f
build -t kept . >/dev/null
echo two >f
build -t gone . >/dev/null
"$SLIPWAY" rmi gone
"$SLIPWAY" prune --dry-run >dry.txt
expect_text dry.txt "would free"
layers=$(ls "$SLIPWAY_ROOT/layers" | wc -l)
"$SLIPWAY" prune
[ "$(ls "$SLIPWAY_ROOT/layers" | wc -l)" -lt "$layers" ] || fail "no layer was removed"
expect_equal "$("$SLIPWAY" run kept /bin/cat /f)" one
fails_with 4 "$SLIPWAY" run gone /bin/cat /f
echo one >f
reasons . | grep '^miss' && fail "what the kept image was built from is gone"
"$SLIPWAY" prune --all
expect_equal "$("$SLIPWAY" run kept /bin/cat /f)" one
# What git repositories and URLs brought goes as well, and so does what cache mounts hold.
need git git
mkdir repos files
plain_git init -q --bare repos/lib.git
plain_git clone -q repos/lib.git lib 2>/dev/null
(cd lib && head -c 50000 /dev/urandom >lib && plain_git add . && plain_git commit -qm lib && plain_git push -q origin HEAD:main)
head -c 30000 /dev/urandom >files/file
start_git_server repos
start_web_server files
trap 'kill $GIT_PID $WEB_PID 2>/dev/null || true' EXIT
printf 'FROM scratch\nADD %s/lib.git#main /\nADD %s/file /\n' "$GIT" "$WEB" >Remote
build -f Remote -t remote . >/dev/null
count() { find "$SLIPWAY_ROOT/$1" -mindepth 1 -maxdepth 1 ! -name '*.lock' | wc -l; }
expect_equal "$(count git) $(count downloads)" "1 2"
"$SLIPWAY" prune --dry-run >dry.txt
expect_text dry.txt "1 git mirrors"
"$SLIPWAY" prune >freed.txt
expect_equal "$(sed s/freed// freed.txt)" "$(sed 's/would free//' dry.txt)"
expect_equal "$(count git) $(count downloads)" "0 0"
: >git.log
reasons -f Remote . | grep '^miss' && fail "what the kept image was built from is gone"
expect_equal "$(count git) $(grep -c "GET /file" web.log)" "0 2"
"$SLIPWAY" rmi remote
before=$(du -sb "$SLIPWAY_ROOT" | cut -f1)
"$SLIPWAY" prune --all >freed.txt
expect_equal "$(count git) $(count downloads)" "0 0"
[ $((before - $(du -sb "$SLIPWAY_ROOT" | cut -f1))) -gt 80000 ] || fail "the files are still there"
expect_equal "$("$SLIPWAY" run kept /bin/cat /f)" one
