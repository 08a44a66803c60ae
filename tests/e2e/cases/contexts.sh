# Build contexts that are no directory: archives and Dockerfiles on standard input and by URL, git repositories.
. "$E2E_LIB"
mkdir tree && cd tree
mkdir -p sub && echo one >one && echo two >sub/two && echo out >ignored && ln -s one link
printf 'FROM test/busybox\nCOPY . /context/\n' >Dockerfile
printf 'FROM test/busybox\nCOPY one /only\n' >sub/Other
echo ignored >.dockerignore
touch -d @1700000000 one
cd ..
# An archive on standard input, in every compression; all of it is taken, whatever .dockerignore says.
tar -C tree -cf plain.tar --owner=5 --group=6 .
gzip -k plain.tar && bzip2 -k plain.tar && xz -k plain.tar && zstd -q plain.tar
for archive in plain.tar plain.tar.gz plain.tar.bz2 plain.tar.xz plain.tar.zst; do
    build -t archive - <$archive >/dev/null
    expect_equal "$("$SLIPWAY" run archive cat /context/one /context/sub/two /context/ignored /context/link)" $'one\ntwo\nout\none'
done
cat plain.tar | build -t piped - >/dev/null
expect_equal "$("$SLIPWAY" run piped stat -c '%u:%g %Y' /context/one)" "5:6 1700000000"
build -t other -f sub/Other - <plain.tar.gz >/dev/null
expect_equal "$("$SLIPWAY" run other cat /only)" one
# The same archive again is known by its content.
reasons - <plain.tar >reasons.log
expect_no_text reasons.log miss
fails_with 3 "$SLIPWAY" build -f nowhere - <plain.tar
expect_text stderr.log "no 'nowhere' in the build context '-'"
fails_with 2 "$SLIPWAY" build -f - - <plain.tar
fails_with 2 "$SLIPWAY" build -f sub/Other - <<<'FROM scratch'
expect_text stderr.log "are both the Dockerfile"
# A Dockerfile on standard input, without a context and with one.
build -t alone - <<<$'FROM test/busybox\nRUN echo alone >/a' >/dev/null
expect_equal "$("$SLIPWAY" run alone cat /a)" alone
build -t with -f - tree <<<$'FROM test/busybox\nCOPY . /c/' >/dev/null
expect_equal "$("$SLIPWAY" run with ls /c | tr '\n' ' ')" "Dockerfile link one sub "
# The time of an archive is that of its newest file.
mkdir dated dated/d && echo 1 >dated/1 && echo 2 >dated/d/2 && printf 'FROM scratch\nCOPY . /\n' >dated/Dockerfile
touch -d @1400000000 dated/1 dated/Dockerfile && touch -d @1400000007 dated/d/2 && touch -d @1500000000 dated/d dated
tar -C dated -czf dated.tgz .
build -o type=oci,dest=dated.oci,tar=false --build-arg SOURCE_DATE_EPOCH=context - <dated.tgz >/dev/null
expect_text <(cat dated.oci/blobs/sha256/*) '"created":"2014-05-13T16:53:27Z"'
build -o type=oci,dest=undated.oci,tar=false --build-arg SOURCE_DATE_EPOCH=context dated >/dev/null
expect_equal "$(cat undated.oci/blobs/sha256/* | grep -c 2014-05-13 || true)" 0
# By URL: an archive, and a plain Dockerfile.
mkdir www && cp plain.tar.gz www/ && printf 'FROM test/busybox\nCOPY context /self\n' >www/Dockerfile
start_web_server www
build -t url "$WEB/plain.tar.gz" >/dev/null
expect_equal "$("$SLIPWAY" run url cat /context/sub/two)" two
build -t url -f sub/Other "$WEB/plain.tar.gz" >/dev/null
expect_equal "$("$SLIPWAY" run url cat /only)" one
build -t url "$WEB/Dockerfile" >/dev/null
expect_equal "$("$SLIPWAY" run url head -n 1 /self)" "FROM test/busybox"
: >web.log
reasons "$WEB/plain.tar.gz" >reasons.log
expect_no_text reasons.log miss
expect_no_text web.log '" 200'
fails_with 4 "$SLIPWAY" build "$WEB/nothing.tar"
expect_text stderr.log "status 404"
build -t named --build-context "file=$WEB/plain.tar.gz" -f - tree <<<$'FROM test/busybox\nCOPY --from=file context /packed' >/dev/null
expect_equal "$("$SLIPWAY" run named tar -xzOf /packed ./one)" one
kill $WEB_PID
# A git repository: ref, directory, other Dockerfiles, .git.
need git git
mkdir repos && plain_git init -q --bare repos/app.git && plain_git clone -q repos/app.git app 2>/dev/null
(cd app && cp -r ../tree/. . && printf 'FROM test/busybox\nCOPY . /s/\n' >sub/Dockerfile && plain_git add -A &&
    plain_git commit -qm first && plain_git push -q origin HEAD:main)
start_git_server repos
build -t repo "$GIT/app.git" >/dev/null
expect_equal "$("$SLIPWAY" run repo ls -A /context | tr '\n' ' ')" ".dockerignore Dockerfile ignored link one sub "
build -t repo "$GIT/app.git#main:sub" >/dev/null
expect_equal "$("$SLIPWAY" run repo ls /s | tr '\n' ' ')" "Dockerfile Other two "
build -t repo -f sub/Other "$GIT/app.git?branch=main" >/dev/null
expect_equal "$("$SLIPWAY" run repo cat /only)" one
build -t repo -f - "$GIT/app.git" <<<$'FROM test/busybox\nCOPY sub /mine' >/dev/null
expect_equal "$("$SLIPWAY" run repo cat /mine/two)" two
build -t repo --build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR=1 "$GIT/app.git" >/dev/null
expect_equal "$("$SLIPWAY" run repo ls -d /context/.git)" /context/.git
build -t repo --no-cache --build-arg SOURCE_DATE_EPOCH=1800000000 "$GIT/app.git" >/dev/null
expect_equal "$("$SLIPWAY" run repo stat -c %Y /context/one)" 1700000000
build -t named --build-context "repo=$GIT/app.git#main:sub" -f - tree <<<$'FROM test/busybox\nCOPY --from=repo two /two' >/dev/null
expect_equal "$("$SLIPWAY" run named cat /two)" two
reasons "$GIT/app.git" >reasons.log
expect_no_text reasons.log miss
"$SLIPWAY" build --call=targets "$GIT/app.git" >targets.log
expect_text targets.log "(default)"
fails_with 3 "$SLIPWAY" build "$GIT/app.git#nothing"
expect_text stderr.log "no branch or tag 'nothing'"
