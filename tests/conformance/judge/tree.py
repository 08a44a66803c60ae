"""The files of an image: its layers' tars, applied in order with their whiteouts."""

import hashlib
import stat
import tarfile

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
XATTR = "SCHILY.xattr."


class Node:
    """What one inode is. Paths that share a Node are hard links."""

    __slots__ = ("type", "mode", "uid", "gid", "mtime", "size", "sha256", "link", "device", "xattrs")

    def __init__(self, member, data):
        self.type = {tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "link", tarfile.FIFOTYPE: "fifo",
                     tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block"}.get(member.type, "file")
        self.mode = stat.S_IMODE(member.mode)
        self.uid, self.gid = member.uid, member.gid
        self.mtime = int(member.mtime) if member.mtime == int(member.mtime) else member.mtime
        self.link = member.linkname if self.type == "link" else None
        self.device = f"{member.devmajor}:{member.devminor}" if self.type in ("char", "block") else None
        self.xattrs = {key[len(XATTR):]: value for key, value in member.pax_headers.items()
                       if key.startswith(XATTR)}
        self.size = self.sha256 = None
        if self.type == "file":
            digest = hashlib.sha256()
            self.size = 0
            while block := data.read(1 << 20):
                digest.update(block)
                self.size += len(block)
            self.sha256 = digest.hexdigest()


def read_layer(stream):
    """[(path, Node or the path a hard link names)] in the archive's order; `stream` is any tar tarfile reads."""
    entries = []
    with tarfile.open(fileobj=stream, mode="r|*", errorlevel=2) as tar:
        for member in tar:
            path = clean(member.name)
            if member.islnk():
                entries.append((path, clean(member.linkname)))
            else:
                entries.append((path, Node(member, tar.extractfile(member) if member.isreg() else None)))
    return entries


def clean(name):
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ValueError(f"layer has a path with '..': {name!r}")
    return "/".join(parts)


def remove(tree, path, itself=True):
    below = path + "/" if path else ""
    for other in [other for other in tree if other and other.startswith(below) and other != path]:
        del tree[other]
    if itself:
        tree.pop(path, None)


def apply_layer(tree, entries):
    """Changes `tree` ({path: Node}) as the image specification tells: whiteouts concern lower layers only."""
    for path, _ in entries:
        parent, _, name = path.rpartition("/")
        if name == OPAQUE:
            remove(tree, parent, itself=False)
        elif name.startswith(WHITEOUT):
            remove(tree, f"{parent}/{name[len(WHITEOUT):]}".lstrip("/"))
    for path, node in entries:
        if path.rpartition("/")[2].startswith(WHITEOUT):
            continue
        if isinstance(node, str):
            if node not in tree:
                raise ValueError(f"hard link {path!r} to {node!r}, which is not there")
            node = tree[node]
        if node.type != "dir" and path in tree and tree[path].type == "dir":
            remove(tree, path)
        tree[path] = node


def names_in(entries):
    """The paths that a layer speaks of, sorted; what it removes has a '-' in front."""
    names = []
    for path, _ in entries:
        parent, slash, name = path.rpartition("/")
        if name == OPAQUE:
            names.append(f"-/{parent}/*")
        elif name.startswith(WHITEOUT):
            names.append(f"-/{parent}{slash}{name[len(WHITEOUT):]}")
        else:
            names.append("/" + path)
    return sorted(names)
