# A Dockerfile becomes an image that runs, with its configuration.
. "$E2E_LIB"
cat >Dockerfile <<'D'
FROM test/busybox
WORKDIR /app
COPY greet.sh .
ENV WHO=world
USER user
ENTRYPOINT ["/bin/sh", "greet.sh"]
CMD ["hello"]
D
echo 'echo "$1 $WHO from $(pwd) as $(id -u)"' >greet.sh
digest=$(build -t greet .)
expect_equal "$("$SLIPWAY" run greet)" "hello world from /app as 1000"
expect_equal "$("$SLIPWAY" run -u 7:0 -e WHO=you greet bye)" "bye you from /app as 7"
expect_equal "$("$SLIPWAY" inspect greet | jq -r '.[0].Digest')" "$digest"
expect_equal "$("$SLIPWAY" run --entrypoint /bin/echo greet -n words)" "words"
code=0
"$SLIPWAY" run --entrypoint /bin/sh greet -c 'exit 42' || code=$?
expect_equal "$code" 42
