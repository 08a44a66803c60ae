"""What `slipway stack` says of a stack, for the tests beside this file."""

import collections
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import tomllib

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
NOT_LOCKED = re.compile(r"^error: \S+: (\S+) '([^']*)' is not locked", re.MULTILINE)
USAGE = 2


Parameter = collections.namedtuple("Parameter", "value type")


class Refused(Exception):
    """An image that slipway does not plan. By a rule of the stack when `by_rule`, else there is a fault."""

    def __init__(self, code, text):
        super().__init__(text.splitlines()[0].removeprefix("error: ") if text else f"exit code {code}")
        self.by_rule = code == USAGE
        self.text = text


class Stack:
    def __init__(self, slipway, folder):
        self.slipway = str(slipway)
        self.folder = pathlib.Path(folder).resolve()
        self.description = tomllib.loads((self.folder / "stack.toml").read_text())
        self.sections = read_sections(self.expect("show"))
        self.parameters = read_parameters(self.expect("params"))
        self.unlocked = set()

    def run(self, command, *words):
        # No store is needed, and none may be made.
        environment = os.environ | {"SLIPWAY_ROOT": "/nonexistent/slipway"}
        return subprocess.run([self.slipway, "stack", command, "--stack", self.folder, *words], text=True,
                              capture_output=True, env=environment, stdin=subprocess.DEVNULL)

    def expect(self, command, *words):
        done = self.run(command, *words)
        if done.returncode != 0:
            raise SystemExit(f"slipway stack {command} {' '.join(words)}:\n{done.stderr}")
        return done.stdout

    def names(self, section):
        return [row[0] for row in self.sections[section]]

    def render(self, words, folder):
        """Writes Dockerfile and docker-bake.json into the folder, and gives the bake file's targets back. Where the source
        of a component is not locked, another one stands for it, and `unlocked` gets it."""
        words = [*words, "--no-tag-latest", "--output", folder]
        while True:
            done = self.run("render", *words)
            if done.returncode == 0:
                return json.loads((folder / "docker-bake.json").read_text())["target"]
            missing = NOT_LOCKED.search(done.stderr)
            if not missing:
                raise Refused(done.returncode, done.stderr)
            self.unlocked.add(missing.group(1, 2))
            words += ["--source", self.stand_in(missing[1])]

    def stand_in(self, component):
        """NAME=URL, of the kind that the component's own URL is of."""
        url = next(row[-1] for row in self.sections["components"] if row[0] == component)
        if url.endswith(".git"):
            return f"{component}=https://example.com/{component}.git#{hashlib.sha1(component.encode()).hexdigest()}"
        return f"{component}=https://example.com/{component}{''.join(pathlib.PurePath(url).suffixes[-1:])}"

    def place(self, dockerfile, line):
        """Where a line of a rendered Dockerfile comes from, as stages/FILE:LINE."""
        for name in self.description["stack"]["stages"]:
            text = (self.folder / name).read_text()
            at = dockerfile.find(text)
            first = dockerfile.count("\n", 0, at) + 1
            if at >= 0 and first <= line < first + text.count("\n"):
                return f"{name}:{line - first + 1}"
        return f"Dockerfile:{line}"


def read_sections(text):
    """{"engines": [["none", "help"], …], …} of `stack show`."""
    sections, rows = {}, None
    for line in text.splitlines()[3:]:
        if not line.startswith(" "):
            rows = sections.setdefault(line.strip(), [])
        else:
            rows.append(line.split(maxsplit=1))
    sections["components"] = [[name, *rest.rsplit(maxsplit=1)] for name, rest in sections.get("components", [])]
    return sections


def read_parameters(text):
    """{name: Parameter} of `stack params` for one image; the type of a choice is "a|b"."""
    rows = (re.split(r" {2,}", line) for line in text.partition("\n\n")[0].splitlines()[1:])
    return {row[0]: Parameter("" if row[1] == "-" else row[1], row[3]) for row in rows}


def work_folder():
    return tempfile.TemporaryDirectory(prefix="slipway-stacks.")
