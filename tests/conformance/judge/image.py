"""What an OCI layout holds, as the plain data that golden.json keeps."""

import gzip
import json
import os
import re

from . import tree as trees

# Every normalisation there is. What is not named here is compared as it stands.
#   time     a time not before the start of this run is "build": the clock is no property of a build
#   diff_ids only their number: the specification leaves the order and the headers of a tar free
#   host     `architecture` of this machine is "HOST": golden data hold on other machines
#   serve    the address of the harness's own server is "@SERVE@": its port is a free one
#   busybox  content of this machine's busybox is "busybox": it comes from the distribution
#   null     a key that is null counts as one that is not there, as the specification has it: the reference writes
#            "created": null and "diff_ids": null for an image without layers
#   answers  of --call, without the graph by which the reference got the Dockerfile (it holds the number of a session),
#            and without the sentences of rules, which are everybody's own: names, lines and addresses are compared
#   root     the root directory's own time is not compared: layers need not name it, and unpackers make it
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class Normal:
    """How this run's values become values that hold everywhere."""

    def __init__(self, start, architecture, serve_url, busybox_sha256):
        self.start = start                    # Unix seconds
        self.start_text = rfc3339(start)
        self.architecture = architecture
        self.serve_url = serve_url
        self.busybox = busybox_sha256

    def time(self, seconds):
        return "build" if seconds >= self.start else seconds

    def text(self, value):
        if TIME.fullmatch(value) and value >= self.start_text:
            return "build"
        return value.replace(self.serve_url, "@SERVE@")

    def json(self, value):
        if isinstance(value, dict):
            return {self.text(key): self.json(item) for key, item in value.items() if item is not None}
        if isinstance(value, list):
            return [self.json(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def answer(self, answer):
        for source in answer.get("sources") or []:
            if isinstance(source, dict):
                source.pop("definition", None)
        for warning in answer.get("warnings") or []:
            warning.pop("description", None)
            warning.pop("detail", None)
        return self.json(answer)

    def config(self, config):
        config = self.json(config)
        if config.get("architecture") == self.architecture:
            config["architecture"] = "HOST"
        rootfs = config.get("rootfs", {})
        rootfs["diff_ids"] = len(rootfs.get("diff_ids", []))
        return config

    def node(self, node):
        entry = {"type": node.type, "mode": f"{node.mode:04o}", "owner": f"{node.uid}:{node.gid}",
                 "mtime": self.time(node.mtime)}
        if node.sha256 == self.busybox:
            entry["content"] = "busybox"
        elif node.type == "file":
            entry["content"] = f"{node.size} {node.sha256}"
        if node.link is not None:
            entry["to"] = self.text(node.link)
        if node.device is not None:
            entry["device"] = node.device
        if node.xattrs:
            entry["xattrs"] = dict(sorted(node.xattrs.items()))
        return entry


def rfc3339(seconds):
    import datetime
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Layout:
    """An OCI layout folder with one image (attestations beside it are left out)."""

    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "index.json"), encoding="utf-8") as file:
            index = json.load(file)
        self.manifest = self.image_of(index)
        self.config = self.blob_json(self.manifest["config"]["digest"])

    def image_of(self, index):
        images = [item for item in index["manifests"]
                  if item.get("annotations", {}).get("vnd.docker.reference.type") != "attestation-manifest"]
        if len({item["digest"] for item in images}) != 1:
            raise ValueError(f"{self.folder}: {len(images)} images instead of one")
        found = self.blob_json(images[0]["digest"])
        return self.image_of(found) if "manifests" in found else found

    def blob_path(self, digest):
        return os.path.join(self.folder, "blobs", *digest.split(":"))

    def blob_json(self, digest):
        with open(self.blob_path(digest), encoding="utf-8") as file:
            return json.load(file)

    def diff_ids(self):
        return self.config["rootfs"].get("diff_ids") or []

    def layers(self):
        """[(diff ID, opener of the tar)]"""
        return [(diff_id, lambda blob=blob: open_blob(self.blob_path(blob["digest"])))
                for diff_id, blob in zip(self.diff_ids(), self.manifest.get("layers") or [], strict=True)]


def open_blob(path):
    file = open(path, "rb")
    magic = file.read(2)
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if magic == b"\x1f\x8b" else file


def apply_all(layers):
    tree = {}
    for entries in layers:
        trees.apply_layer(tree, entries)
    return tree


class Bases:
    """The base images' layers, read once."""

    def __init__(self, layouts):
        self.known = {}                       # diff ID -> entries
        self.images = []                      # (name, diff IDs), longest first
        for name, layout in layouts.items():
            for diff_id, opened in layout.layers():
                if diff_id not in self.known:
                    with opened() as stream:
                        self.known[diff_id] = trees.read_layer(stream)
            self.images.append((name, layout.diff_ids()))
        self.images.sort(key=lambda image: (-len(image[1]), image[0]))

    def below(self, diff_ids):
        """(name, number of layers) of the base image that these layers begin with."""
        for name, base in self.images:
            if diff_ids[:len(base)] == base:
                return name, len(base)
        return None, 0


def describe(layout, bases, normal):
    """Everything that is compared of one image."""
    layers = []
    for diff_id, opened in layout.layers():
        if diff_id in bases.known:
            layers.append(bases.known[diff_id])
            continue
        with opened() as stream:
            layers.append(trees.read_layer(stream))
    base, below = bases.below(layout.diff_ids())
    config = normal.config(layout.config)
    history = config.pop("history", None)
    base_tree = entries_of(apply_all(layers[:below]), normal)
    tree = entries_of(apply_all(layers), normal)
    return {
        "base": base,
        "config": config,
        "history": history,
        "layers": [trees.names_in(entries) for entries in layers[below:]],
        "removed": sorted(path for path in base_tree if path not in tree),
        "tree": {path: entry for path, entry in sorted(tree.items()) if base_tree.get(path) != entry},
    }


def entries_of(tree, normal):
    groups = {}
    for path, node in tree.items():
        groups.setdefault(id(node), []).append("/" + path)
    found = {}
    for path, node in tree.items():
        entry = normal.node(node)
        group = groups[id(node)]
        if len(group) > 1:
            entry["same_as"] = min(group)
        if not path:
            entry.pop("mtime")
        found["/" + path] = entry
    return found
