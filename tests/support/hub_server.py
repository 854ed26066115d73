"""A hub of Hugging Face's protocol on the loopback, as far as huggingface_hub asks for it.

Repositories of models with commits, uploads by LFS, files by revision; tokens; and faults.
"""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from tests.support.loopback import QuietHandler, listening

TOKEN = "hf_of_the_test"  # not one that any hub has given out
LFS_SUFFIXES = {".safetensors", ".bin", ".pth"}


@dataclass
class Repository:
    """A model: its commits, the oldest first, each with the bytes of all files."""

    private: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """Return a commit's id and its files."""
        if revision == "main" and self.commits:
            return list(self.commits.items())[-1]
        return (revision, self.commits[revision]) if revision in self.commits else None

    def commit(self, files: dict[str, bytes]) -> str:
        digest = hashlib.sha1(f"{len(self.commits)}".encode())
        for name, content in sorted(files.items()):
            digest.update(name.encode() + content)
        self.commits[digest.hexdigest()] = files
        return digest.hexdigest()


@dataclass
class Hub:
    """What the hub holds, and what it is to do.

    Attributes:
        url: Where it listens.
        repositories: By ``org/name``.
        objects: Uploaded large files by their SHA-256.
        refused: Answers in place of the proper ones: status by the kind of request.
        cut: Whether downloads of large files end in the middle.
        asked: Number of requests of each kind.
    """

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    cut: bool = False
    asked: Counter[str] = field(default_factory=Counter)


class _Handler(QuietHandler):
    hub: Hub

    def do_HEAD(self) -> None:  # the base class's names
        self._route()

    def do_GET(self) -> None:
        self._route()

    def do_POST(self) -> None:
        self._route()

    def do_PUT(self) -> None:
        self._route()

    # --- what is asked

    def _route(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        parts = [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.signed_in = token == TOKEN
        kind, name, rest = self._kind(parts)
        self.hub.asked[kind] += 1
        if kind in self.hub.refused:
            self._json({"error": "not today"}, self.hub.refused[kind])
        elif token and not self.signed_in:
            self._json({"error": "Invalid user token."}, 401)
        elif kind in ("create", "preupload", "batch", "commit") and not self.signed_in:
            self._json({"error": "Invalid username or password."}, 401)
        else:
            getattr(self, f"_{kind}")(name, rest)

    def _kind(self, parts: list[str]) -> tuple[str, str, list[str]]:
        """Return the kind of a request, the repository, and what stands behind it."""
        match parts:
            case ["api", "repos", "create"]:
                return "create", "", []
            case ["api", "validate-yaml"]:
                return "yaml", "", []
            case ["api", "models", org, name, "preupload" | "commit" | "tree" as kind, *rest]:
                return kind, f"{org}/{name}", rest
            case ["api", "models", org, name, *rest]:
                return "info", f"{org}/{name}", rest
            case [org, name, "info", "lfs", "objects", "batch"]:
                return "batch", f"{org}/{name.removesuffix('.git')}", []
            case ["objects", oid]:
                return ("upload" if self.command == "PUT" else "object"), "", [oid]
            case [org, name, "resolve", revision, *file]:
                return "resolve", f"{org}/{name}", [revision, "/".join(file)]
        raise AssertionError(f"the hub is asked {self.command} {self.path}")

    def _create(self, _: str, __: list[str]) -> None:
        wanted = json.loads(self.body)
        name = f"{wanted['organization']}/{wanted['name']}"
        if name in self.hub.repositories:
            told = {"error": "You already created this model repo", "url": f"{self.hub.url}/{name}"}
            self._json(told, 409)
            return
        private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
        self.hub.repositories[name] = Repository(private)
        self._json({"url": f"{self.hub.url}/{name}", "name": name})

    def _yaml(self, _: str, __: list[str]) -> None:
        text = json.loads(self.body)["content"]
        metadata = yaml.safe_load(text.split("---")[1])
        errors = [] if "license" in metadata else [{"message": "no license"}]
        self._json({"errors": errors, "warnings": []}, 400 if errors else 200)

    def _preupload(self, name: str, _: list[str]) -> None:
        if self._repository(name):
            files = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if _is_large(file["path"]) else "regular",
                    "shouldIgnore": False,
                }
                for file in json.loads(self.body)["files"]
            ]
            self._json({"files": files})

    def _batch(self, _: str, __: list[str]) -> None:
        objects = []
        for wanted in json.loads(self.body)["objects"]:
            entry = {"oid": wanted["oid"], "size": wanted["size"]}
            if wanted["oid"] not in self.hub.objects:
                entry["actions"] = {"upload": {"href": f"{self.hub.url}/objects/{wanted['oid']}"}}
            objects.append(entry)
        self._json({"transfer": "basic", "objects": objects})

    def _upload(self, _: str, rest: list[str]) -> None:
        assert hashlib.sha256(self.body).hexdigest() == rest[0]
        self.hub.objects[rest[0]] = self.body
        self._send(200, b"")

    def _commit(self, name: str, _: list[str]) -> None:
        repository = self._repository(name)
        if repository is None:
            return
        now = repository.at("main")
        files = dict(now[1]) if now else {}
        for line in self.body.splitlines():
            operation = json.loads(line)
            value = operation["value"]
            if operation["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif operation["key"] == "lfsFile":
                files[value["path"]] = self.hub.objects[value["oid"]]
            elif operation["key"] == "deletedFile":
                del files[value["path"]]
        commit = repository.commit(files)
        url = f"{self.hub.url}/{name}/commit/{commit}"
        self._json({"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})

    def _info(self, name: str, rest: list[str]) -> None:
        repository = self._repository(name)
        if repository is None:
            return
        found = repository.at(rest[-1] if rest else "main")
        self._json(
            {
                "id": name,
                "private": repository.private,
                "sha": found[0] if found else None,
                "siblings": [{"rfilename": file} for file in (found[1] if found else ())],
            }
        )

    def _tree(self, name: str, rest: list[str]) -> None:
        repository = self._repository(name)
        if repository is None:
            return
        found = repository.at(rest[0])
        files = found[1] if found else {}
        self._json(
            [
                {"type": "file", "path": path, "size": len(content), "oid": _git_id(content)}
                for path, content in files.items()
            ]
        )

    def _resolve(self, name: str, rest: list[str]) -> None:
        repository = self._repository(name)
        if repository is None:
            return
        found = repository.at(rest[0])
        if found is None:
            self._error("RevisionNotFound", 404)
            return
        commit, files = found
        headers = {"X-Repo-Commit": commit}
        content = files.get(rest[1])
        if content is None:
            self._error("EntryNotFound", 404, headers)
        elif _is_large(rest[1]):
            oid = hashlib.sha256(content).hexdigest()
            headers |= {"X-Linked-Etag": f'"{oid}"', "X-Linked-Size": str(len(content))}
            # The storage of large files is another host, which gets no token.
            storage = self.hub.url.replace("127.0.0.1", "localhost")
            self._send(302, b"", headers | {"Location": f"{storage}/objects/{oid}"})
        else:
            self._send(200, content, headers | {"ETag": f'"{_git_id(content)}"'})

    def _object(self, _: str, rest: list[str]) -> None:
        self._send(200, self.hub.objects[rest[0]], cut=self.hub.cut)

    # --- answers

    def _repository(self, name: str) -> Repository | None:
        """Return a repository that the asker may see, or answer that there is none."""
        found = self.hub.repositories.get(name)
        if found is None or (found.private and not self.signed_in):
            self._error("RepoNotFound", 404 if self.signed_in else 401)
            return None
        return found

    def _error(self, code: str, status: int, headers: dict[str, str] | None = None) -> None:
        self._send(status, b"", {"X-Error-Code": code, **(headers or {})})

    def _json(self, content: object, status: int = 200) -> None:
        headers = {"Content-Type": "application/json"}
        self._send(status, json.dumps(content).encode(), headers)

    def _send(
        self, status: int, content: bytes, headers: dict[str, str] | None = None, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = self.close_connection or cut


def _is_large(path: str) -> bool:
    return PurePosixPath(path).suffix in LFS_SUFFIXES


def _git_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def serving_hub() -> Iterator[Hub]:
    """Serve an empty hub on a free port of the loopback, in threads of this process."""
    hub = Hub()
    with listening(type("Handler", (_Handler,), {"hub": hub})) as hub.url:
        yield hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub that ``HF_ENDPOINT`` names, with a cache of its own and a token that it takes."""
    from huggingface_hub import constants

    cache = tmp_path_factory.mktemp("hub_cache")
    with serving_hub() as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        for name, value in (
            ("HF_HUB_OFFLINE", False),
            ("HF_HUB_CACHE", str(cache)),
            # Xet's protocol is served by the Hugging Face Hub alone.
            ("HF_HUB_DISABLE_XET", True),
        ):
            monkeypatch.setattr(constants, name, value)
        # The client tries five times, and waits longer each time.
        monkeypatch.setattr("time.sleep", lambda _: None)
        yield served
