# ADD of URLs: name, mode, time, checksum; what did not change is not downloaded again.
. "$E2E_LIB"
mkdir www && printf 'hello\n' >www/file.txt && touch -d @1700000000 www/file.txt
tar -C www -czf www/packed.tar.gz file.txt
start_web_server www
sum=$(sha256sum www/file.txt | cut -d' ' -f1)
cat >Dockerfile <<D
FROM test/busybox
ADD $WEB/file.txt /plain
ADD $WEB/file.txt?version=1 /into/
ADD --chown=7:8 --chmod=640 $WEB/file.txt /owned
ADD --checksum=sha256:$sum $WEB/file.txt /checked
ADD $WEB/packed.tar.gz /packed/
ADD --unpack=true $WEB/packed.tar.gz /unpacked/
D
build -t urls . >/dev/null
show() { "$SLIPWAY" run urls stat -c '%a %u:%g %Y' "$1"; }
expect_equal "$(show /plain)" "600 0:0 1700000000"
expect_equal "$(show /into/file.txt)" "600 0:0 1700000000"
expect_equal "$(show /owned)" "640 7:8 1700000000"
expect_equal "$("$SLIPWAY" run urls cat /checked)" hello
expect_equal "$("$SLIPWAY" run urls ls /packed /unpacked | tr '\n' ' ')" "/packed: packed.tar.gz  /unpacked: file.txt "
# The second build asks for each URL, and downloads nothing: every answer is 304.
: >web.log
reasons . >reasons.log
expect_no_text reasons.log miss
expect_text web.log '" 304'
expect_no_text web.log '" 200'
# A change is seen.
printf 'changed\n' >www/file.txt
reasons . >reasons.log
grep -q '^source .*ADD' reasons.log || fail "the change was not seen: $(cat reasons.log)"
expect_text reasons.log "miss_inputs [2/7] ADD $WEB/file.txt /plain"
# A checksum is compared; when the content is known, nobody is asked.
fails_with 4 "$SLIPWAY" build --no-cache - <<D
FROM scratch
ADD --checksum=sha256:$(printf '%064d' 0) $WEB/file.txt /checked
D
expect_text stderr.log "2 | ADD --checksum"
expect_text stderr.log "'$WEB/file.txt' has the checksum sha256:"
: >web.log
build --no-cache - >/dev/null <<D
FROM scratch
ADD --checksum=sha256:$sum $WEB/gone.txt /checked
D
expect_equal "$(cat web.log)" ""
# Errors tell status, URL and line.
fails_with 4 "$SLIPWAY" build - <<D
FROM scratch

ADD $WEB/nothing /x
D
expect_text stderr.log "'$WEB/nothing' answers with status 404"
expect_text stderr.log "3 | ADD $WEB/nothing"
