"""A folder of finished results, each named by the hash of everything it depends on.

A record is written beside its final place and moved there in one step, so that a build that is
killed leaves either the whole record or none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

A_DAY = 24 * 60 * 60  # seconds
KEPT = 30 * A_DAY  # so that another branch, and yesterday's, find what they once made


def digest(*parts: Any) -> str:
    """Return one hash of everything given: text, bytes, or plain lists and dictionaries."""
    total = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode()
        total.update(len(data).to_bytes(8, "little"))
        total.update(data)
    return total.hexdigest()[:32]


def file_digest(path: Path) -> str:
    """Return the hash of a file's bytes; a file that is not there has one too."""
    return digest(path.read_bytes()) if path.is_file() else "missing"


def write_whole(path: Path, data: Any) -> None:
    """Write bytes, or plain data as JSON, to a file: whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = data if isinstance(data, bytes) else json.dumps(data, sort_keys=True).encode()
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(held)
        os.replace(temporary, path)
    except OSError:  # no room, which what was written would take away as well
        os.unlink(temporary)
        raise


class Store:
    """Records in a folder, by key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def load(self, key: str) -> dict[str, Any] | None:
        """Return the record of this key, or None."""
        try:
            record: dict[str, Any] = json.loads(self._path(key).read_text(encoding="utf-8"))
            os.utime(self._path(key))  # when it was last of use
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return record

    def save(self, key: str, record: dict[str, Any]) -> None:
        """Put a record under its key, whole or not at all."""
        write_whole(self._path(key), record)

    def prune(self) -> None:
        """Drop what no build has asked for in a month, and what killed builds left unfinished."""
        now = time.time()
        for path in self.folder.glob("*"):
            with contextlib.suppress(FileNotFoundError):  # another build may just have moved it
                if now - path.stat().st_mtime > (KEPT if path.suffix == ".json" else A_DAY):
                    path.unlink()


class Memory:
    """What was worked out of texts before, in one file: plain data that depend on a text alone."""

    def __init__(self, path: Path, *version: Any) -> None:
        self._path, self._version = path, digest(*version)
        self._known: dict[str, Any] = {}
        self._asked: dict[str, Any] = {}
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            held = json.loads(path.read_text(encoding="utf-8"))
            if held["version"] == self._version:
                self._known = held["known"]

    def recall(self, name: str, text: str, work: Callable[[str], Any]) -> Any:
        """Return what the work named so makes of a text: lists, dictionaries, texts, numbers."""
        key = digest(name, text)
        if key not in self._asked:
            # What is new goes the way of what is recalled, which has its keys in order.
            self._asked[key] = (
                self._known[key]
                if key in self._known
                else json.loads(json.dumps(work(text), sort_keys=True))
            )
        return self._asked[key]

    def save(self) -> None:
        """Keep what was asked for, whole or not at all."""
        if self._asked != self._known:
            write_whole(self._path, {"version": self._version, "known": self._asked})
