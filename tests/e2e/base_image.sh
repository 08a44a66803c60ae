# test/busybox: one static program and its names. The first build of every run.
busybox=$(command -v busybox) || { echo "needs busybox (package busybox-static)"; exit 1; }
cp "$busybox" busybox
printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n' >passwd
printf 'root:x:0:\nuser:x:1000:\nstaff:x:50:\n' >group
cat >Dockerfile <<'DOCKERFILE'
FROM scratch
COPY --chmod=755 busybox /bin/busybox
COPY passwd group /etc/
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /tmp /root && chmod 1777 /tmp
ENV PATH=/bin
CMD ["/bin/sh"]
DOCKERFILE
"$SLIPWAY" build --progress=plain -t test/busybox .
