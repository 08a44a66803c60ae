"""The cases on disk, and each one prepared to be built. The format is in ../README.md."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import zlib

HERE = pathlib.Path(__file__).resolve().parent.parent
CASES = HERE / "cases"
OLD = 1600000000                              # times of context files are OLD plus a part that depends on the path

GIT = {"GIT_AUTHOR_NAME": "author", "GIT_AUTHOR_EMAIL": "author@example.org", "GIT_AUTHOR_DATE": f"{OLD} +0000",
       "GIT_COMMITTER_NAME": "committer", "GIT_COMMITTER_EMAIL": "committer@example.org",
       "GIT_COMMITTER_DATE": f"{OLD} +0000", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
       "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "init.defaultBranch", "GIT_CONFIG_VALUE_0": "main"}


@dataclasses.dataclass
class Case:
    folder: pathlib.Path
    name: str                                 # "group/name"
    fails: bool
    texts: list                               # what our error must contain
    golden: dict | None
    graph: dict | None


@dataclasses.dataclass
class Prepared:
    """A copy of a case that a build may use: the working directory of its commands."""
    case: Case
    folder: pathlib.Path
    out: pathlib.Path                         # for what the build writes; not there yet
    options: list                             # flags, each "--name=value" or "--name"
    context: str                              # what is built: "context", or what a line of `options` without "--" says
    stdin: pathlib.Path | None

    def values(self, flag):
        return [option.partition("=")[2] for option in self.options if option.partition("=")[0] == flag]

    @property
    def dockerfile(self):
        return (self.values("--file") or ["Dockerfile"])[-1]


def load_json(path):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def load_case(folder):
    name = f"{folder.parent.name}/{folder.name}"
    lines = (folder / "expect").read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] not in ("ok", "fails"):
        raise SystemExit(f"{name}/expect: the first line is neither 'ok' nor 'fails'")
    texts = [line for line in lines[1:] if line.strip()]
    if (lines[0] == "fails") != bool(texts):
        raise SystemExit(f"{name}/expect: 'fails' needs the texts of the error below it, 'ok' has none")
    return Case(folder, name, lines[0] == "fails", texts,
                load_json(folder / "golden.json"), load_json(folder / "graph.json"))


def find_cases(names):
    """All cases, or those named: "group", "group/name" or a path to either."""
    every = sorted(path.parent for path in CASES.glob("*/*/expect"))
    stray = [path for path in CASES.glob("*/*") if path.is_dir() and path not in every]
    if stray:
        raise SystemExit(f"no file 'expect' in {', '.join(str(path) for path in stray)}")
    if not names:
        return [load_case(folder) for folder in every]
    found = []
    for name in names:
        path = (CASES / name) if (CASES / name).exists() else pathlib.Path(name).resolve()
        chosen = [folder for folder in every if folder == path or folder.parent == path]
        if not chosen:
            raise SystemExit(f"no case {name!r} below {CASES}")
        found += chosen
    return [load_case(folder) for folder in dict.fromkeys(found)]


def load_known_failures():
    """{case: reason}"""
    known = {}
    for line in (HERE / "known-failures").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.partition(" ")
            if not reason.strip():
                raise SystemExit(f"known-failures: {name} has no reason")
            known[name] = reason.strip()
    return known


def prepare(case, folder, serve_url, start):
    """Copies the case to `folder`. What is not said by the case (times, the server's address) is filled in here."""
    shutil.copytree(case.folder, folder, symlinks=True,
                    ignore=lambda path, names: ["golden.json", "graph.json"] if path == str(case.folder) else [])
    context = folder / "context"
    context.mkdir(exist_ok=True)
    for path, dirs, files in os.walk(folder):
        os.chmod(path, 0o755)
        for name in files:
            file = os.path.join(path, name)
            if not os.path.islink(file):
                os.chmod(file, 0o755 if os.stat(file).st_mode & 0o100 else 0o644)
    for path in folder.iterdir():
        if path.is_file() and not path.is_symlink():
            text = path.read_bytes()
            if b"@SERVE@" in text:
                path.write_bytes(text.replace(b"@SERVE@", serve_url.encode()))
    set_times(folder, 0)
    script = folder / "context.sh"
    if script.exists():
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "SERVE": serve_url, "LC_ALL": "C"} | GIT
        done = subprocess.run(["bash", "-euo", "pipefail", str(script)], cwd=context, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"context.sh ended with {done.returncode}:\n{done.stdout}")
    set_times(folder, start)
    options, what = read_options(folder / "options")
    stdin = folder / "stdin"
    return Prepared(case, folder, folder.with_name(folder.name + ".out"), options, what or "context", stdin if stdin.exists() else None)


def set_times(folder, since):
    """Gives what is not older than `since` a time that depends on its path only; so what context.sh dates stays."""
    for path, dirs, files in os.walk(folder, topdown=False):
        for name in files + dirs:
            each = os.path.join(path, name)
            if os.lstat(each).st_mtime >= since:
                when = OLD + zlib.crc32(os.path.relpath(each, folder).encode(errors="surrogateescape")) % 10_000_000
                os.utime(each, (when, when), follow_symlinks=False)


def read_options(path):
    options, context = [], None
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("--"):
                if not re.match(r"--[a-z-]+(=|$)", line):
                    raise RuntimeError(f"options: {line!r} is not --name or --name=value")
                options.append(line)
            elif line.strip() and not line.startswith("#"):
                context = line.strip()
    return options, context
