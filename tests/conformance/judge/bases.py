"""The base images of the cases, as OCI layouts. The same bytes each time on one machine; on another, only the busybox
program differs."""

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile

TIME = 1577836800                             # 2020-01-01T00:00:00Z
CREATED = "2020-01-01T00:00:00Z"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
APPLETS = """[ ash awk basename cat chgrp chmod chown cp cut date dd df diff dirname du echo egrep env expr false fgrep
 find getopt grep groups gunzip gzip head hostname id install ip kill ln ls md5sum mkdir mkfifo mknod mktemp more mount mv
 nc nproc od paste printf ps pwd readlink realpath rm rmdir sed seq sh sha256sum sleep sort stat sync tail tar tee test
 timeout touch tr true truncate tty umount uname uniq unlink unxz unzip wc wget which whoami xargs yes zcat""".split()
PASSWD = """root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
dynamo:x:1000:1000:dynamo:/home/dynamo:/bin/sh
"""
GROUP = """root:x:0:
staff:x:50:dynamo
dynamo:x:1000:
nogroup:x:65534:
"""


class Layer:
    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, name, type_, mode, data=b"", link="", owner=0):
        member = tarfile.TarInfo(name)
        member.type, member.mode, member.mtime, member.linkname = type_, mode, TIME, link
        member.uid = member.gid = owner
        member.size = len(data)
        self.tar.addfile(member, io.BytesIO(data))
        return self

    def dir(self, name, mode=0o755, owner=0):
        return self.add(name, tarfile.DIRTYPE, mode, owner=owner)

    def file(self, name, data, mode=0o644, owner=0):
        return self.add(name, tarfile.REGTYPE, mode, data if isinstance(data, bytes) else data.encode(), owner=owner)

    def link(self, name, target):
        return self.add(name, tarfile.SYMTYPE, 0o777, link=target)

    def bytes(self):
        self.tar.close()
        return self.buffer.getvalue()


def busybox_path():
    found = shutil.which("busybox")
    if not found:
        raise SystemExit("needs busybox (package busybox-static)")
    return found


def busybox_layers(program):
    programs = Layer().dir("bin").file("bin/busybox", program, 0o755)
    for applet in sorted(APPLETS):
        programs.link(f"bin/{applet}", "busybox")
    files = Layer().dir("dev").dir("etc").file("etc/group", GROUP).file("etc/passwd", PASSWD)
    files.file("etc/base-release", "one file to overwrite, move and remove\n")
    files.dir("home").dir("home/dynamo", owner=1000).file("home/dynamo/.profile", "# dynamo\n", owner=1000)
    files.dir("root", 0o700).dir("tmp", 0o1777).dir("usr").dir("usr/bin").dir("usr/local").dir("usr/local/bin")
    files.dir("var").dir("var/lib").file("var/lib/data", "data\n", 0o640).link("var/run", "../run").dir("run")
    return [programs.bytes(), files.bytes()]


def write_layout(folder, architecture, layers, config, history):
    """Returns the manifest's digest."""
    blobs = os.path.join(folder, "blobs", "sha256")
    os.makedirs(blobs)

    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as file:
            file.write(data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    def json_blob(value):
        return blob(json.dumps(value, sort_keys=True).encode())

    packed = [blob(gzip.compress(layer, 6, mtime=0)) | {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}
              for layer in layers]
    config_blob = json_blob({
        "architecture": architecture, "os": "linux", "created": CREATED, "config": config, "history": history,
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]},
    })
    manifest = json_blob({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": packed,
        "config": config_blob | {"mediaType": "application/vnd.oci.image.config.v1+json"},
    }) | {"mediaType": "application/vnd.oci.image.manifest.v1+json"}
    for name, value in (("oci-layout", {"imageLayoutVersion": "1.0.0"}),
                        ("index.json", {"schemaVersion": 2, "manifests": [manifest]})):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(value, file)
    return manifest["digest"]


def entry(text, empty=False):
    return {"created": CREATED, "created_by": text} | ({"empty_layer": True} if empty else {})


def make_bases(folder, architecture):
    """{name: folder of its layout}, for base/busybox, base/onbuild and base/config."""
    with open(busybox_path(), "rb") as file:
        programs, files = busybox_layers(file.read())
    busybox = {"Env": [PATH], "Cmd": ["/bin/sh"], "Labels": {"base": "busybox"}}
    below = [entry("programs"), entry("files"), entry('CMD ["/bin/sh"]', empty=True)]
    images = {
        "busybox": ([programs, files], busybox, below),
        "onbuild": ([programs, files],
                    busybox | {"OnBuild": ["RUN echo one >>/triggered", "COPY . /onbuild/", "ENV TRIGGERED=yes"]},
                    below + [entry("ONBUILD", empty=True)]),
        "config": ([Layer().file("only", "only\n").bytes()],
                   {"User": "1000:1000", "Env": ["PATH=/bin", "BASE=config", "OTHER=a b"],
                    "Entrypoint": ["/entry", "point"], "Cmd": ["the", "command"], "WorkingDir": "/base/work",
                    "Labels": {"base": "config", "kept": "yes"}, "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
                    "Volumes": {"/base/volume": {}}, "StopSignal": "SIGINT", "Shell": ["/base/shell", "-c"],
                    "Healthcheck": {"Test": ["CMD", "/check"], "Interval": 5000000000, "Timeout": 1000000000,
                                    "StartPeriod": 2000000000, "Retries": 2},
                    "OnBuild": ["LABEL from-trigger=yes"]},
                   [entry("only"), entry("everything", empty=True)]),
    }
    layouts = {}
    for name, image in images.items():
        layouts[name] = os.path.join(folder, name)
        write_layout(layouts[name], architecture, *image)
    return layouts
