# A second build runs nothing; times do not count, content and modes do; the reason names what changed.
. "$E2E_LIB"
cat >Dockerfile <<'D'
FROM test/busybox
RUN echo one >/one
COPY src/ /src/
RUN cat /src/a /src/b >/both
D
mkdir src
echo a >src/a
echo b >src/b
build -t cached . >/dev/null
first=$(build -t cached .)
[ "$(reasons . | grep -c '^hit_local')" -ge 3 ] || { cat events.json; fail "the second build ran something"; }
touch -d '2001-01-01' src/a
reasons . | grep -v '^source' | grep -v '^hit_local' && fail "touching a file ran a step"
expect_equal "$(build .)" "$first"
echo changed >src/b
reasons . >after.txt
expect_text after.txt "hit_local [2/4] RUN echo one >/one"
expect_text after.txt "miss_inputs [3/4] COPY src/ /src/"
expect_text events.json "src/b"
expect_equal "$("$SLIPWAY" run cached cat /both)" "$(printf 'a\nb')"
build -t cached . >/dev/null
expect_equal "$("$SLIPWAY" run cached cat /both)" "$(printf 'a\nchanged')"
chmod 700 src/a
reasons . >after.txt
expect_text after.txt "miss_inputs [3/4] COPY src/ /src/"
