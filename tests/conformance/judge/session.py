"""What a run shares: the work folder, the base images, the server, the normalisation."""

import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile
import time

from . import bases, image, serve

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Session:
    """A context manager; everything it made is gone at the end, but for a work folder that was asked for."""

    def __init__(self, keep=None):
        self.keep = keep
        self.architecture = ARCHITECTURES.get(platform.machine(), platform.machine())

    def __enter__(self):
        if self.keep:
            self.work = pathlib.Path(self.keep).resolve()
            self.work.mkdir(parents=True)
        else:
            self.work = pathlib.Path(tempfile.mkdtemp(prefix="slipway-conformance."))
        self.start = int(time.time())
        self.layouts = bases.make_bases(self.work / "bases", self.architecture)
        self.server = serve.Server(self.layouts)
        self.bases = image.Bases({name: image.Layout(folder) for name, folder in self.layouts.items()})
        with open(bases.busybox_path(), "rb") as file:
            busybox = hashlib.sha256(file.read()).hexdigest()
        self.normal = image.Normal(self.start, self.architecture, self.server.url, busybox)
        return self

    def __exit__(self, *_):
        self.server.close()
        if not self.keep:
            shutil.rmtree(self.work)

    def serve_url(self, case):
        return f"{self.server.url}/{case.name}"

    def describe(self, layout_folder):
        return image.describe(image.Layout(layout_folder), self.bases, self.normal)


def clean_environment(**more):
    """Nothing of the caller's that would reach a build."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "dumb"} | more


def run_logged(command, prepared, environment, timeout=180):
    """(exit code, what was printed on stdout, what on stderr); a command that hangs is ended."""
    stdin = open(prepared.stdin, "rb") if prepared.stdin else subprocess.DEVNULL
    try:
        done = subprocess.run(command, cwd=prepared.folder, env=environment, stdin=stdin, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return -1, b"", f"did not end in {timeout} s"
    finally:
        if prepared.stdin:
            stdin.close()
