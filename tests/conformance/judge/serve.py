"""A server on loopback, for what cases fetch: files and git repositories of their serve/ folders below /<group>/<name>/,
and the base images as a read-only registry below /v2/."""

import email.utils
import http.server
import os
import pathlib
import subprocess
import threading
import urllib.parse

from .cases import GIT


class Server:
    """Serves until close(). `folders`: {"group/name": folder}, may grow; `layouts`: {image name: OCI layout}."""

    def __init__(self, layouts):
        self.folders = {}
        handler = type("BoundHandler", (Handler,), {"folders": self.folders, "layouts": layouts})
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"127.0.0.1:{self.http.server_port}"
        self.url = f"http://{self.address}"
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folders = {}
    layouts = {}

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = urllib.parse.unquote(self.path.partition("?")[0])
        if path.startswith("/v2/"):
            return self.registry(path.split("/")[2:])
        parts = path.split("/")
        folder = self.folders.get("/".join(parts[1:3]))
        if folder is None or ".." in parts:
            return self.answer(404, b"no such case")
        if any(part.endswith(".git") for part in parts):
            return self.git(folder, parts[3:])
        file = pathlib.Path(folder, *parts[3:])
        if not file.is_file():
            return self.answer(404, b"no such file")
        headers = {"Last-Modified": email.utils.formatdate(int(file.stat().st_mtime), usegmt=True)}
        return self.answer(200, file.read_bytes(), headers)

    do_HEAD = do_POST = do_GET

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in {"Content-Type": "application/octet-stream", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def registry(self, parts):
        if parts == [""]:
            return self.answer(200, b"{}")
        *name, kind, reference = parts
        layout = self.layouts.get(name[-1] if name[:-1] == ["base"] else None)
        if layout is None:
            return self.answer(404, b'{"errors":[{"code":"NAME_UNKNOWN"}]}')
        if kind == "manifests" and not reference.startswith("sha256:"):
            reference = manifest_of(layout) if reference == "latest" else "none:none"
        file = pathlib.Path(layout, "blobs", *reference.split(":"))
        if not file.is_file():
            return self.answer(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
        media = "application/vnd.oci.image.manifest.v1+json" if kind == "manifests" else "application/octet-stream"
        return self.answer(200, file.read_bytes(), {"Content-Type": media, "Docker-Content-Digest": reference})

    def git(self, folder, parts):
        """git's own server side, as a CGI program."""
        length = int(self.headers.get("Content-Length") or 0)
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_PROJECT_ROOT": str(folder), **GIT,
                       "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": "/" + "/".join(parts), "REQUEST_METHOD": self.command,
                       "QUERY_STRING": self.path.partition("?")[2], "REMOTE_ADDR": "127.0.0.1",
                       "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(length),
                       "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                       "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                       "GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
                       "GIT_CONFIG_KEY_1": "uploadpack.allowAnySHA1InWant", "GIT_CONFIG_VALUE_1": "true"}
        done = subprocess.run(["git", "http-backend"], input=self.rfile.read(length), env=environment,
                              stdout=subprocess.PIPE, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        status = int(headers.pop("Status", "200 OK").split()[0])
        return self.answer(status, body, headers)


def manifest_of(layout):
    import json
    with open(os.path.join(layout, "index.json"), encoding="utf-8") as file:
        return json.load(file)["manifests"][0]["digest"]
