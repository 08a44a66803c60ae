# The same input with SOURCE_DATE_EPOCH gives the same bytes, in two stores that know nothing of each other.
. "$E2E_LIB"
mkdir src
echo data >src/a
cat >Dockerfile <<'D'
FROM scratch
COPY src/ /src/
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox mkdir /new && echo made >/new/file"]
WORKDIR /work
D
cp "$(command -v busybox)" busybox
export SOURCE_DATE_EPOCH=1700000000
for n in 1 2; do
    SLIPWAY_ROOT=$PWD/store$n "$SLIPWAY" build --progress=plain -o type=oci,dest=out$n,tar=false,rewrite-timestamp=true -t repro . 2>build.log >digest$n || { cat build.log; fail "build"; }
    sleep 1.1
    touch src/a
done
diff -r out1 out2 || fail "the two builds differ"
expect_equal "$(cat digest1)" "$(cat digest2)"
