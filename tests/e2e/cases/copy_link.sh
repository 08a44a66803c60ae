# COPY --link: a layer of its own, which a new base does not make again.
. "$E2E_LIB"
need skopeo skopeo
echo content >file
mkdir tree && echo x >tree/x
dockerfile() { # dockerfile BASE-COMMAND
    cat >Dockerfile <<D
FROM test/busybox AS made
RUN mkdir /out && echo made >/out/made
FROM test/busybox AS runtime
RUN $1
COPY --link --chown=7:8 file /a/b/
COPY --link tree /a/tree
COPY --link --from=made /out /a/out
COPY --link --chmod=600 file /mode
ADD --link file /a/added
COPY --link file /a/b/
D
}
dockerfile "echo first >/base"
build -t linked -o type=oci,dest=first,tar=false . >/dev/null
in_image() { "$SLIPWAY" run linked "$@"; }
build -t linked . >/dev/null
expect_equal "$(in_image stat -c '%u:%g' /a/b/file)" "0:0" # the second copy of it lies on top
expect_equal "$(in_image cat /a/b/file /a/tree/x /a/out/made /a/added /base | tr '\n' ' ')" \
    "content x made content first "
expect_equal "$(in_image stat -c '%a' /mode)" "600"

# Another base: the linked layers stay the very same, only what is not linked is made again.
dockerfile "echo second >/base"
reasons -t linked -o type=oci,dest=second,tar=false . >reasons.log
grep -E '\] (COPY|ADD) --link' reasons.log >linked.log || true
if grep -v '^hit_' linked.log | grep -v -- '--chmod'; then
    cat reasons.log >&2
    fail "a linked copy ran again"
fi
layers() { skopeo inspect --raw "oci:$1" | jq -r '.layers[].digest'; }
expect_equal "$(layers first | wc -l)" "$(layers second | wc -l)"
same=$(comm -12 <(layers first | sort) <(layers second | sort) | wc -l)
changed=$(comm -13 <(layers first | sort) <(layers second | sort) | wc -l)
expect_equal "$changed" 1 # RUN
[ "$same" -gt 5 ] || fail "only $same layers are the same"
expect_equal "$(build -t linked . >/dev/null; "$SLIPWAY" run linked cat /base)" second
# each layer has its line in the history
skopeo inspect --config --raw oci:second | jq -e \
    '([.history[] | select(.empty_layer | not)] | length) == (.rootfs.diff_ids | length)' >/dev/null \
    || fail "history and layers do not agree"

printf 'FROM test/busybox\nCOPY --link --chown=user file /x\n' >Dockerfile
fails_with 3 "$SLIPWAY" build .
expect_text stderr.log "Dockerfile:2"
