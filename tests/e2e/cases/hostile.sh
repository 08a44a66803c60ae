# Archives, Dockerfiles and images that try to write outside their root are refused by name or held inside.
. "$E2E_LIB"
victim=$E2E_WORK/victim
mkdir -p "$victim"
echo untouched >"$victim/file"
python3 - "$victim" <<'P'
import io, sys, tarfile

victim = sys.argv[1]

def archive(name, *members):
    with tarfile.open(name, "w") as tar:
        for path, kind, target in members:
            info = tarfile.TarInfo(path)
            info.type = kind
            info.linkname = target
            data = b"owned\n" if kind == tarfile.REGTYPE else b""
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))

up = "../" * 20
archive("dotdot.tar", (up + victim[1:] + "/file", tarfile.REGTYPE, ""))
archive("absolute.tar", (victim + "/file", tarfile.REGTYPE, ""))
archive("symlink.tar", ("dir", tarfile.SYMTYPE, victim), ("dir/file", tarfile.REGTYPE, ""))
archive("hardlink.tar", ("link", tarfile.LNKTYPE, up + victim[1:] + "/file"), ("link", tarfile.REGTYPE, ""))
P
for kind in dotdot absolute symlink hardlink; do
    printf 'FROM test/busybox\nADD %s.tar /target/\n' $kind >Dockerfile
    code=0
    "$SLIPWAY" build --progress=plain -t hostile . >out.log 2>&1 || code=$?
    [ $code = 0 ] || [ $code = 3 ] || { cat out.log; fail "$kind: exit code $code"; }
    expect_equal "$(cat "$victim/file")" untouched
    expect_equal "$(ls "$victim")" file
done
# Symlinks in the image that a COPY writes through stay inside the image.
cat >Dockerfile <<D
FROM test/busybox
RUN ln -s $victim /escape && ln -s ../../../../../../..$victim/file /file
COPY Dockerfile /escape/copied
COPY Dockerfile /file
D
build -t held . >/dev/null
expect_equal "$("$SLIPWAY" run held head -n 1 "$victim/copied")" "FROM test/busybox"
expect_equal "$(ls "$victim")" file
expect_equal "$(cat "$victim/file")" untouched
# Sources outside the context do not exist; symlinks of the context do not lead out of it.
ln -s /etc/hostname outside
printf 'FROM test/busybox\nCOPY ../../../../../../etc/hostname /h\n' >Dockerfile
fails_with 3 "$SLIPWAY" build .
printf 'FROM test/busybox\nCOPY outside /h\n' >Dockerfile
fails_with 3 "$SLIPWAY" build .
expect_text stderr.log "outside"
# A layer of an image that climbs out of its root.
mkdir -p evil/blobs/sha256
python3 - "$victim" <<'P'
import gzip, hashlib, io, json, sys, tarfile

victim = sys.argv[1]
raw = io.BytesIO()
with tarfile.open(fileobj=raw, mode="w") as tar:
    for path, kind, target in (("../" * 20 + victim[1:] + "/file", tarfile.REGTYPE, ""), ("d", tarfile.SYMTYPE, victim), ("d/file", tarfile.REGTYPE, "")):
        info = tarfile.TarInfo(path)
        info.type, info.linkname = kind, target
        data = b"owned\n" if kind == tarfile.REGTYPE else b""
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
raw = raw.getvalue()

def put(data, kind):
    digest = hashlib.sha256(data).hexdigest()
    open("evil/blobs/sha256/" + digest, "wb").write(data)
    return {"mediaType": kind, "digest": "sha256:" + digest, "size": len(data)}

layer = put(gzip.compress(raw), "application/vnd.oci.image.layer.v1.tar+gzip")
arch = {"x86_64": "amd64", "aarch64": "arm64"}[__import__("platform").machine()]
config = put(json.dumps({"architecture": arch, "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(raw).hexdigest()]}}).encode(), "application/vnd.oci.image.config.v1+json")
manifest = put(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer]}).encode(), "application/vnd.oci.image.manifest.v1+json")
manifest["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
open("evil/index.json", "w").write(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
open("evil/oci-layout", "w").write('{"imageLayoutVersion": "1.0.0"}')
P
printf 'FROM evil\nCOPY Dockerfile /\n' >Dockerfile
"$SLIPWAY" build --progress=plain --build-context evil=oci-layout://$PWD/evil . >out.log 2>&1 || true
expect_equal "$(cat "$victim/file")" untouched
expect_equal "$(ls "$victim")" file
