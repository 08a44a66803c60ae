"""The second, older judge: the BuildKit inside Debian's docker.io, a dockerd of its own and the docker client of the same
package. It knows less of the language; what it can build must come out as golden.json has it, or the difference is told."""

import json
import re
import shutil
import subprocess
import tarfile
import time

from . import golden as goldens
from . import image
from .session import clean_environment, run_logged

CLIENT = "/usr/bin/docker"                    # of the daemon's own package; another one in the PATH wants buildx
CANNOT_ASK = {"--allow", "--build-context", "--call", "--no-cache-filter", "--cgroup-parent", "--ulimit", "--shm-size"}
# What image.describe() says and docker's image cannot: names in layers (its storage driver finds them by comparing
# trees), and of the config everything but what the Dockerfile says.
CONFIG_KEYS = ("architecture", "os", "config")


class NoLayers(Exception):
    """docker 20.10 saves no image without layers."""


class Died(Exception):
    """The daemon ended instead of answering."""


class Archive:
    """What `docker save` wrote, unpacked: the part of image.Layout that image.describe() reads."""

    def __init__(self, folder):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))[0]
        self.folder = folder
        self.files = manifest["Layers"]
        self.config = json.loads((folder / manifest["Config"]).read_text(encoding="utf-8"))

    def diff_ids(self):
        return self.config["rootfs"].get("diff_ids") or []

    def layers(self):
        return [(diff_id, lambda name=name: open(self.folder / name, "rb"))
                for diff_id, name in zip(self.diff_ids(), self.files, strict=True)]


class Dockerd:
    """A daemon on a unix socket, with its own root and namespaces (so all of it ends with it), as a context manager."""

    def __init__(self, session):
        self.session = session
        self.folder = session.work / "dockerd"
        self.environment = clean_environment(DOCKER_HOST=f"unix://{self.folder}/socket", DOCKER_BUILDKIT="1",
                                             DOCKER_CONFIG=str(self.folder / "client"))

    def __enter__(self):
        if not shutil.which("dockerd") or not shutil.which(CLIENT):
            raise SystemExit("the second judge needs the package docker.io")
        self.folder.mkdir()
        self.start()
        return self

    def start(self):
        registry = self.session.server.address
        command = ["dockerd", "--iptables=false", "--bridge=none", f"--host=unix://{self.folder}/socket",
                   f"--data-root={self.folder}/root", f"--exec-root={self.folder}/exec", f"--pidfile={self.folder}/pid",
                   f"--registry-mirror=http://{registry}", f"--insecure-registry={registry}"]
        (self.folder / "pid").unlink(missing_ok=True)
        shutil.rmtree(self.folder / "exec", ignore_errors=True)
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
                                         "--mount-proc", *command],
                                        stdout=self.log, stderr=subprocess.STDOUT, env=clean_environment(HOME="/root"))
        deadline = time.monotonic() + 60
        while self.docker("version").returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise SystemExit("dockerd did not start:\n" + (self.folder / "log").read_text())
            time.sleep(0.2)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def docker(self, *arguments):
        return subprocess.run([CLIENT, *arguments], env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)

    def version(self):
        return self.docker("version", "--format", "{{.Server.Version}}").stdout.strip()

    def build(self, prepared):
        """(what it made, as golden.json has it, or None when it failed; what it printed)"""
        tag = re.sub(r"[^a-z0-9]+", "-", prepared.case.name.lower())
        command = [CLIENT, "build", "--progress=plain", "--no-cache", "-t", tag]
        if not prepared.values("--network"):
            command.append("--network=host")  # there is no bridge
        command += [option for option in prepared.options if option != "--no-cache"]
        if not prepared.values("--file") and "://" not in prepared.context:
            command.append("--file=Dockerfile")
        # Its copy of an earlier case's context would pass for this one's: names, sizes and times are the same.
        self.docker("builder", "prune", "--all", "--force")
        code, _, said = run_logged([*command, prepared.context], prepared, self.environment, timeout=120)
        if self.process.poll() is not None:
            raise Died
        if code != 0:
            return None, said
        archive = prepared.out.with_suffix(".docker.tar")
        saved = self.docker("save", "-o", str(archive), tag)
        if saved.returncode != 0 and "empty export" in saved.stdout:
            raise NoLayers
        if saved.returncode != 0:
            raise RuntimeError(saved.stdout)
        folder = prepared.out.with_suffix(".docker")
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        self.docker("rmi", "-f", tag)
        described = image.describe(Archive(folder), self.session.bases, self.session.normal)
        shutil.rmtree(folder)
        archive.unlink()
        return described, said


def comparable(described):
    """The part of a description in which two implementations of different age can be compared: not the texts of the
    history, which docker 20.10 writes without flags and values; and no times of directories, which its mount points change."""
    config = {key: described["config"].get(key) for key in CONFIG_KEYS}
    config["config"] = {key: value for key, value in (config["config"] or {}).items() if value not in (None, "", [], {}, False)
                        and key not in ("Hostname", "Domainname", "Image")}
    history = ["empty" if entry.get("empty_layer", False) else "layer" for entry in described["history"] or []]
    tree = {path: {key: value for key, value in entry.items() if key != "mtime" or entry["type"] != "dir"}
            for path, entry in described["tree"].items()}
    return {"base": described["base"], "config": config, "history": history, "layers": len(described["layers"]),
            "removed": described["removed"], "tree": tree}


def differences(golden, made):
    """Lines, as golden.differences() has them. A directory that only one side names differs from the base in its time."""
    want, got = comparable(golden), comparable(made)
    for one, other in ((want["tree"], got["tree"]), (got["tree"], want["tree"])):
        for path in [path for path, entry in one.items() if entry["type"] == "dir" and path not in other]:
            del one[path]
    return goldens.differences(want, got)
