# COPY --parents: the directories of a path come along; "/./" says from where on.
. "$E2E_LIB"
mkdir -p src/a/b/c/d empty
echo x >src/a/b/c/d/x.txt
echo y >src/a/b/y.txt
echo z >src/z.md
chmod 700 src/a src/a/b/c
touch -d '2001-02-03 04:05:06 UTC' src/a/b
cat >Dockerfile <<'D'
FROM test/busybox AS base
COPY src /src
FROM test/busybox
COPY --parents src/a/b/y.txt src/z.md /whole/
COPY --parents src/./a/b/c /pivot/
COPY --parents src/a/b*/./c/**/x.txt /wild/
COPY --parents **/*.md nothing*/x /stars/
COPY --parents ./src/a/./b /relative/
WORKDIR /stage
COPY --from=base --parents /src/a/./*/y.txt .
COPY --parents --exclude=**/d src/a /excluded/
COPY --parents --chown=7:8 --chmod=u=rwX,go=rX src/a/b/y.txt /owned/
D
build -t parents . >/dev/null
in_image() { "$SLIPWAY" run parents "$@"; }
tree() { in_image sh -c "cd $1 && find . -type f | sort | tr '\n' ' '"; }
expect_equal "$(tree /whole)" "./src/a/b/y.txt ./src/z.md "
expect_equal "$(tree /pivot)" "./a/b/c/d/x.txt "
expect_equal "$(tree /wild)" "./c/d/x.txt "
expect_equal "$(tree /stars)" "./src/z.md "
expect_equal "$(tree /relative)" "./b/c/d/x.txt ./b/y.txt "
expect_equal "$(tree /stage)" "./b/y.txt "
expect_equal "$(tree /excluded)" "./src/a/b/y.txt "
expect_equal "$(in_image stat -c '%a' /whole/src/a)" "700"
expect_equal "$(in_image stat -c '%a' /pivot/a)" "700"
expect_equal "$(in_image stat -c '%u:%g %a' /owned/src/a/b/y.txt)" "7:8 644"
expect_equal "$(in_image stat -c '%u:%g %a' /owned/src/a)" "7:8 755"

missing() { # missing PATH: it is an error that names the instruction's place
    printf 'FROM test/busybox\nCOPY --parents %s /out/\n' "$1" >Dockerfile
    fails_with 3 "$SLIPWAY" build .
    expect_text stderr.log "Dockerfile:2"
    expect_text stderr.log "$2"
}
missing src/nothing '"/src/nothing": not found'
missing src/a/./nothing '"/src/a/nothing": not found'

# what was not copied does not count
printf 'FROM test/busybox\nCOPY --parents src/a/b/y.txt /out/\n' >Dockerfile
build . >/dev/null
echo changed >src/z.md
expect_equal "$(reasons . | grep COPY)" "hit_local [2/2] COPY --parents src/a/b/y.txt /out/"
