"""Go programs, built through Go's module system into build/reference/bin. Minutes, the first time."""

import pathlib
import shutil
import subprocess

TESTS = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = TESTS.parent / "build/reference/bin"
REFERENCE = TESTS / "conformance/reference"


def is_installed(module, packages, sources):
    stamp = stamp_of(packages)
    return all((BIN / name).exists() for name in packages) and stamp.exists() \
        and stamp.read_text() == made_from(module, sources)


def install(module, packages, sources=()):
    """packages: {program: package of the module in this folder, which pins it}; sources: our own files in it."""
    if is_installed(module, packages, sources):
        return
    BIN.mkdir(parents=True, exist_ok=True)
    print(f"go build: {', '.join(packages)}; some minutes, the first time", flush=True)
    for name, package in packages.items():
        subprocess.run(["go", "build", "-trimpath", "-o", BIN / name, package], cwd=module, check=True)
    stamp_of(packages).write_text(made_from(module, sources))


def why_not(module, packages, sources=()):
    """Why they cannot be installed here; None when they can: there is Go, new enough, and their modules can be had."""
    if is_installed(module, packages, sources):
        return None
    if not shutil.which("go"):
        return "needs go"
    listed = subprocess.run(["go", "list", "-deps", *packages.values()], cwd=module, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)
    return None if listed.returncode == 0 else "go: " + listed.stderr.strip().splitlines()[-1].removeprefix("go: ")


def stamp_of(packages):
    return BIN / f"{next(iter(packages))}.made-from"


def made_from(module, sources):
    return "".join((module / name).read_text() for name in ("go.mod", "go.sum", *sources))
