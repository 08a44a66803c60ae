"""Builds cases by a real BuildKit: a buildkitd of its own, and ../reference/main.go as its client.

The client is given what `docker buildx build` makes of its flags: FLAGS has the flags that cases may use."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tarfile
import time

from . import graph, programs
from .programs import BIN
from .session import clean_environment, run_logged

OWN_SYNTAX = re.compile(rb"#\s*syntax\s*=\s*(docker\.io/)?docker/dockerfile(-upstream)?(:|\s)")
PROGRAMS = {"buildkitd": "github.com/moby/buildkit/cmd/buildkitd",
            "buildctl": "github.com/moby/buildkit/cmd/buildctl",
            "reference": "."}


def install():
    """The pinned version."""
    why = programs.why_not(programs.REFERENCE, PROGRAMS, ["main.go"])
    if why:
        raise SystemExit(f"refresh installs the reference: {why}")
    programs.install(programs.REFERENCE, PROGRAMS, ["main.go"])


class Buildkitd:
    """A daemon on a unix socket, with its own root and its own mount namespace, as a context manager."""

    def __init__(self, session, number):
        self.session = session
        self.folder = session.work / f"buildkitd{number}"
        self.address = f"unix://{self.folder}/socket"

    def __enter__(self):
        self.folder.mkdir()
        registry = self.session.server.address
        config = self.folder / "buildkitd.toml"
        config.write_text(f'''root = "{self.folder}/root"
[grpc]
address = ["{self.address}"]
[worker.oci]
enabled = true
snapshotter = "overlayfs"
networkMode = "host"
gc = false
binary = "{shutil.which('runc')}"
[worker.containerd]
enabled = false
[registry."docker.io"]
mirrors = ["{registry}"]
[registry."{registry}"]
http = true
''')
        # Where the cgroups of the host are version 1 or both, the OCI runtime would refuse: hide them.
        hide = "mount -t cgroup2 none /sys/fs/cgroup || true; " if not is_cgroup2() else ""
        command = f"{hide}exec {shlex.quote(str(BIN / 'buildkitd'))} --config {shlex.quote(str(config))}" \
                  " --allow-insecure-entitlement network.host --allow-insecure-entitlement security.insecure"
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "bash", "-c", command],
                                        stdout=self.log, stderr=subprocess.STDOUT, env=clean_environment(HOME="/root"))
        deadline = time.monotonic() + 60
        while subprocess.run([BIN / "buildctl", "--addr", self.address, "debug", "workers"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise SystemExit("buildkitd did not start:\n" + (self.folder / "log").read_text())
            time.sleep(0.2)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def forget(self):
        """Its cache would give a case the files of another one: equal but for their times."""
        subprocess.run([BIN / "buildctl", "--addr", self.address, "prune", "--all"], check=True,
                       stdout=subprocess.DEVNULL)

    def build(self, prepared):
        """(what golden.json is to hold, what graph.json is to hold or None, what the reference printed)"""
        archive, definition, answer = (prepared.out.with_suffix(suffix) for suffix in (".tar", ".llb", ".json"))
        command = [str(BIN / "reference"), "-addr", self.address, "-definition", str(definition),
                   *client_flags(prepared)]
        command += ["-answer", str(answer)] if prepared.values("--call") else ["-oci", str(archive)]
        if names_epoch(prepared):
            command.append("-rewrite-timestamp")
        code, _, error = run_logged(command, prepared, clean_environment(HOME=str(prepared.folder)), timeout=300)
        if code != 0:
            return {"fails": True}, None, error
        if prepared.values("--call"):
            return {"answer": self.session.normal.answer(json.loads(answer.read_text()))}, None, error
        with tarfile.open(archive) as tar:
            tar.extractall(prepared.out, filter="data")
        return self.session.describe(prepared.out), graph.describe(definition.read_bytes(), self.session), error


def is_cgroup2():
    return pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()


def names_epoch(prepared):
    """With SOURCE_DATE_EPOCH slipway always does what BuildKit does when rewrite-timestamp=true is asked for."""
    return any(b"SOURCE_DATE_EPOCH" in path.read_bytes() for path in prepared.folder.iterdir() if path.is_file())


def client_flags(prepared):
    opts, flags = {}, []
    folder = prepared.folder
    dockerfile = folder / prepared.dockerfile
    opts["filename"] = dockerfile.name
    if dockerfile.is_file() and OWN_SYNTAX.match(dockerfile.read_bytes()):
        opts["cmdline"] = "dockerfile.v0"     # the frontend that is built in, instead of an image of it
    locals_ = {"dockerfile": dockerfile.parent, "context": folder / prepared.context}
    if "://" in prepared.context:
        opts["context"] = prepared.context
        del locals_["context"]
        if not dockerfile.exists():
            del locals_["dockerfile"]
            opts["filename"] = (prepared.values("--file") or ["Dockerfile"])[-1]
        else:
            opts["dockerfilekey"] = "dockerfile"
    for option in prepared.options:
        name, _, value = option.partition("=")
        if name not in FLAGS:
            raise RuntimeError(f"options: judge/reference.py does not know {name}")
        FLAGS[name](value, opts, locals_, flags, folder)
    for name, value in opts.items():
        flags += ["-opt", f"{name}={value}"]
    for name, path in locals_.items():
        flags += ["-local", f"{name}={path}"]
    return flags


def build_context(value, opts, locals_, flags, folder):
    name, _, source = value.partition("=")
    if "://" in source and not source.startswith("oci-layout://"):
        opts[f"context:{name}"] = source
    elif source.startswith("oci-layout://"):
        raise RuntimeError("options: an oci-layout context cannot be judged yet")
    else:
        locals_[name] = folder / source
        opts[f"context:{name}"] = f"local:{name}"


def network(value, opts, locals_, flags, folder):
    if value == "default":                    # what buildx keeps to itself
        return
    opts["force-network-mode"] = value
    if value == "host":
        flags += ["-allow", "network.host"]


def secret(value, opts, locals_, flags, folder):
    fields = dict(field.partition("=")[::2] for field in value.split(","))
    flags += ["-secret", f"{fields['id']}={folder / fields['src']}"]


def named_opt(prefix):
    def add(value, opts, *_):
        name, _, rest = value.partition("=")
        opts[f"{prefix}:{name}"] = rest
    return add


def opt(name):
    def add(value, opts, *_):
        opts[name] = f"{opts[name]},{value}" if name in opts else value
    return add


def add_hosts(value, opts, *_):
    opt("add-hosts")(value.replace(":", "=", 1) if "=" not in value else value, opts)


def call(value, opts, *_):
    opts["requestid"] = "frontend." + {"check": "lint"}.get(value, value)
    opts["frontend.caps"] = "moby.buildkit.frontend.subrequests"


FLAGS = {
    "--add-host": add_hosts,
    "--allow": lambda value, opts, locals_, flags, folder: flags.extend(["-allow", value]),
    "--build-arg": named_opt("build-arg"),
    "--build-context": build_context,
    "--call": call,
    "--cgroup-parent": opt("cgroup-parent"),
    "--file": lambda *_: None,
    "--label": named_opt("label"),
    "--network": network,
    "--no-cache": opt("no-cache"),
    "--no-cache-filter": opt("no-cache"),
    "--platform": opt("platform"),
    "--secret": secret,
    "--shm-size": opt("shm-size"),
    "--target": opt("target"),
    "--ulimit": opt("ulimit"),
}
