"""Builds cases by slipway."""

import json
import subprocess

from . import graph
from .session import clean_environment, run_logged


class Slipway:
    def __init__(self, binary, session):
        self.binary = str(binary)
        self.session = session
        self.environment = clean_environment(SLIPWAY_ROOT=str(session.work / "store"))
        for name, folder in session.layouts.items():
            archive = session.work / f"{name}.tar"
            subprocess.run(["tar", "-C", folder, "-cf", archive, "."], check=True)
            subprocess.run([self.binary, "load", "-i", archive, "-t", f"base/{name}"], check=True,
                           env=self.environment, stdout=subprocess.DEVNULL)

    def tag(self, case):
        return "conformance/" + case.name.replace("/", "-").lower()

    def build(self, prepared):
        """(what came out as golden.json has it, or None; the exit code; the error's text)"""
        if prepared.values("--call"):
            return self.call(prepared)
        # The cache would give a case the files of another one: equal but for their times.
        command = [self.binary, "build", "--progress=plain", "--no-cache", "-t", self.tag(prepared.case),
                   *prepared.options]
        if not prepared.values("--file") and (prepared.folder / "Dockerfile").exists():
            command.append("--file=Dockerfile")
        if not prepared.case.fails:
            command += ["--output", f"type=oci,dest={prepared.out},tar=false"]
        code, _, error = run_logged([*command, prepared.context], prepared, self.environment)
        return (self.session.describe(prepared.out) if code == 0 and prepared.out.exists() else None), code, error

    def call(self, prepared):
        """The same of what --call answers, without our own rules. That it found something is no failure here."""
        options = [option + ",format=json" if option.startswith("--call=") else option for option in prepared.options]
        command = [self.binary, "build", "--progress=plain", "--file=Dockerfile", *options, prepared.context]
        code, text, error = run_logged(command, prepared, self.environment)
        if not text:
            return None, code, error
        answer = json.loads(text)
        warnings = [warning for warning in answer.pop("warnings", []) if warning.pop("level") == "warning"]
        if warnings:
            answer["warnings"] = warnings
        return {"answer": self.session.normal.answer(answer)}, 0 if code == 1 else code, error

    def graph(self, prepared):
        """The graph as graph.json has it, or None and the error."""
        command = [self.binary, "build", "--print=llb", *prepared.options]
        if not prepared.values("--file") and (prepared.folder / "Dockerfile").exists():
            command.append("--file=Dockerfile")
        code, definition, error = run_logged([*command, prepared.context], prepared, self.environment)
        return (graph.describe(definition, self.session), "") if code == 0 else (None, error)

    def images(self):
        """Names in the store, without the base images."""
        listed = subprocess.run([self.binary, "images", "--json"], check=True, env=self.environment,
                                stdout=subprocess.PIPE).stdout
        names = [image["name"] for image in json.loads(listed)["images"]]
        return [name for name in names if "/base/" not in name]
