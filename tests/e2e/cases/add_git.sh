# ADD of git repositories: refs, directories, commits, .git, submodules, credentials; what is known is not fetched again.
. "$E2E_LIB"
need git git
mkdir repos
plain_git init -q --bare repos/lib.git
plain_git clone -q repos/lib.git lib 2>/dev/null
(cd lib && echo lib >lib.txt && plain_git add . && plain_git commit -qm lib && plain_git push -q origin HEAD:main)
plain_git init -q --bare repos/app.git
plain_git clone -q repos/app.git app 2>/dev/null
(
    cd app
    mkdir docs && echo one >one && echo read >docs/read && printf '#!/bin/sh\n' >run && chmod 755 run && ln -s one link
    plain_git add . && plain_git commit -qm first && plain_git tag v1 && plain_git tag -am annotated v1a
    plain_git submodule --quiet add ../lib.git sub
    echo two >two && plain_git add . && GIT_TIME=1700000100 plain_git commit -qm second
    plain_git push -q origin HEAD:main v1 v1a
)
first=$(git -C app rev-parse v1)
start_git_server repos
cat >Dockerfile <<D
FROM test/busybox
ADD $GIT/app.git /main
ADD $GIT/app.git#v1 /v1
ADD $GIT/app.git#v1a:docs /docs
ADD --checksum=$(git -C app rev-parse v1 | cut -c1-8) $GIT/app.git?tag=v1&mtime=commit /checked
ADD $GIT/app.git#$first /commit
ADD --keep-git-dir=true --chown=3:4 $GIT/app.git#main /kept
ADD $GIT/app.git?submodules=false /plain
D
build -t git . >/dev/null
see() { "$SLIPWAY" run git "$@"; }
expect_equal "$(see cat /main/two /main/sub/lib.txt)" $'two\nlib'
expect_equal "$(see ls -A /v1 | tr '\n' ' ')" "docs link one run "
expect_equal "$(see ls -A /docs)" read
expect_equal "$(see ls -A /commit | tr '\n' ' ')" "docs link one run "
expect_equal "$(see stat -c '%a %u:%g' /v1/run /v1/one /v1/docs | tr '\n' ' ')" "755 0:0 644 0:0 755 0:0 "
expect_equal "$(see readlink /v1/link)" one
expect_equal "$(see stat -c %Y /checked/one /checked/docs | tr '\n' ' ')" "1700000000 1700000000 "
expect_equal "$(see ls -A /main/sub)" lib.txt
expect_equal "$(see ls -A /plain/sub)" ""
expect_equal "$(see stat -c %u:%g /kept/two)" 3:4
"$SLIPWAY" build --progress=plain -o type=local,dest=out - >/dev/null 2>build.log <<D
FROM scratch
ADD --keep-git-dir=true $GIT/app.git#main /
D
expect_equal "$(git -c safe.directory='*' -C out status --porcelain)" ""
expect_equal "$(git -c safe.directory='*' -C out log --format=%s)" second
expect_equal "$(git -c safe.directory='*' -C out remote get-url origin)" "$GIT/app.git"
# Again: the refs are asked for, nothing is fetched.
: >git.log
reasons . >reasons.log
expect_no_text reasons.log miss
expect_no_text reasons.log source
expect_no_text git.log "POST /app.git/git-upload-pack HTTP/1.1\" 500"
# A commit alone needs nobody.
kill $GIT_PID
printf 'FROM scratch\nADD %s/app.git#%s /other\n' "$GIT" "$first" >Commit
build -f Commit . >/dev/null
fails_with 4 "$SLIPWAY" build .
expect_text stderr.log "$GIT/app.git"
# Credentials are told to the server, and to nobody else.
start_git_server repos s3cr3t
printf 'FROM scratch\nADD %s/app.git?submodules=0 /\n' "$GIT" >Private
fails_with 4 "$SLIPWAY" build -f Private .
expect_text stderr.log "GIT_AUTH_TOKEN"
export TOKEN=s3cr3t
"$SLIPWAY" --log-file debug.log build --progress=plain --secret id=GIT_AUTH_TOKEN,env=TOKEN -f Private . >/dev/null 2>build.log
"$SLIPWAY" build --no-cache --progress=plain - >/dev/null 2>build2.log <<D
FROM scratch
ADD ${GIT/\/\//\/\/x-access-token:s3cr3t@}/app.git#v1 /
D
coded=$(printf x-access-token:s3cr3t | base64)
for text in "$coded" s3cr3t; do
    if grep -rqF -- "$text" debug.log build.log build2.log "$SLIPWAY_ROOT"/{git,downloads,layers,chains,names,cache.db*}; then
        fail "'$text' was told"
    fi
done
expect_text build2.log "ADD ${GIT/\/\//\/\/xxxxx:xxxxx@}/app.git#v1 /"
# What is wrong is told with its line.
while read -r code text source; do
    printf 'FROM scratch\n\nADD %s /x\n' "$source" >Wrong
    fails_with "$code" "$SLIPWAY" build --secret id=GIT_AUTH_TOKEN,env=TOKEN -f Wrong . <<<""
    expect_text stderr.log "${text//_/ }"
    expect_text stderr.log "3 | ADD"
done <<D
3 no_branch_or_tag $GIT/app.git#nothing
3 no_directory $GIT/app.git#v1:nothing
3 no_directory $GIT/app.git#v1:link
4 checksum --checksum=0000 $GIT/app.git#v1
3 no_name_of_a_git $GIT/app.git#--upload-pack=touch\${IFS}/tmp/owned
3 no_name_of_a_git $GIT/app.git?ref=-x
D
