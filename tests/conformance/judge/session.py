"""What a run shares: the work folder, the base images, the server, the normalisation."""

import concurrent.futures
import contextlib
import hashlib
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from . import bases, image, serve

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Session:
    """A context manager; everything it made is gone at the end, also of a run that is interrupted, but for a work folder
    that was asked for. Made by the main thread."""

    def __init__(self, keep=None):
        self.keep = keep
        self.architecture = ARCHITECTURES.get(platform.machine(), platform.machine())

    def __enter__(self):
        end_by_signals()
        self.cleanup = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:     # what is half made goes as well
            self.make(stack)
            self.cleanup = stack.pop_all()
        return self

    def make(self, stack):
        if self.keep:
            self.work = pathlib.Path(self.keep).resolve()
            self.work.mkdir(parents=True)
        else:
            self.work = pathlib.Path(tempfile.mkdtemp(prefix="slipway-conformance."))
            stack.callback(shutil.rmtree, self.work)
        self.start = int(time.time())
        self.layouts = bases.make_bases(self.work / "bases", self.architecture)
        self.server = serve.Server(self.layouts)
        stack.callback(self.server.close)
        self.bases = image.Bases({name: image.Layout(folder) for name, folder in self.layouts.items()})
        with open(bases.busybox_path(), "rb") as file:
            busybox = hashlib.sha256(file.read()).hexdigest()
        self.normal = image.Normal(self.start, self.architecture, self.server.url, busybox)

    def __exit__(self, *_):
        self.cleanup.close()

    def serve_url(self, case):
        return f"{self.server.url}/{case.name}"

    def describe(self, layout_folder):
        return image.describe(image.Layout(layout_folder), self.bases, self.normal)


class Children:
    """Commands that worker threads wait for; once stopped, they end and no others start."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = set()
        self.stopped = False

    @contextlib.contextmanager
    def start(self, command, **options):
        with self.lock:
            if self.stopped:
                raise InterruptedError("the run was interrupted")
            child = subprocess.Popen(command, **options)
            self.running.add(child)
        try:
            with child:
                yield child
        finally:
            with self.lock:
                self.running.discard(child)

    def stop(self):
        with self.lock:
            self.stopped = True
            for child in self.running:
                child.terminate()


CHILDREN = Children()
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_by_signals():
    """The first of them ends the main thread by SystemExit; the next ones find it cleaning up."""
    def end(number, _):
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)
    for each in SIGNALS:
        signal.signal(each, end)


@contextlib.contextmanager
def workers(jobs):
    """A pool of threads; when the body raises, what runs is ended and what waits is dropped."""
    pool = concurrent.futures.ThreadPoolExecutor(jobs)
    try:
        yield pool
    except BaseException:
        CHILDREN.stop()
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def clean_environment(**more):
    """Nothing of the caller's that would reach a build."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "dumb"} | more


def run_logged(command, prepared, environment, timeout=180):
    """(exit code, what was printed on stdout, what on stderr); a command that hangs is ended."""
    stdin = open(prepared.stdin, "rb") if prepared.stdin else subprocess.DEVNULL
    try:
        with CHILDREN.start(command, cwd=prepared.folder, env=environment, stdin=stdin,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            try:
                out, error = child.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                child.kill()
                return -1, b"", f"did not end in {timeout} s"
            return child.returncode, out, error.decode(errors="replace")
    finally:
        if prepared.stdin:
            stdin.close()
