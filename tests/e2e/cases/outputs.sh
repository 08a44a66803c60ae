# Every kind of output is read by other people's tools.
. "$E2E_LIB"
printf 'FROM test/busybox\nRUN echo data >/data && ln /data /hard && ln -s data /soft && chown 5:6 /data\nCMD ["cat", "/hard"]\nLABEL made=here\n' >Dockerfile
"$SLIPWAY" build --progress=plain -t out:1 --iidfile iid --metadata-file meta.json --label by=flag \
    -o type=image -o type=oci,dest=oci.tar -o type=oci,dest=layout,tar=false -o type=docker,dest=docker.tar \
    -o type=local,dest=files -o type=tar,dest=files.tar . >digest 2>build.log
expect_equal "$(jq -r '."containerimage.digest"' meta.json)" "$(cat digest)"
expect_equal "$(cat iid)" "$(cat digest)"
expect_equal "$(cat files/data files/hard files/soft | tr '\n' ' ')" "data data data "
expect_equal "$(tar -xOf files.tar data)" data
need skopeo skopeo
need umoci umoci
expect_equal "$(skopeo inspect oci-archive:oci.tar | jq -r '.Labels.made + .Labels.by')" hereflag
expect_equal "$(skopeo inspect docker-archive:docker.tar | jq -r .Labels.made)" here
umoci unpack --image layout:1 bundle 2>umoci.log || umoci unpack --image layout:latest bundle
expect_equal "$(stat -c '%u:%g %h' bundle/rootfs/data)" "5:6 2"
expect_equal "$(readlink bundle/rootfs/soft)" data
