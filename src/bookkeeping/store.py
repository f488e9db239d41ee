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
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(record, file, sort_keys=True)
            os.replace(temporary, self._path(key))
        except OSError:  # no room, which the rest of a record would take away as well
            os.unlink(temporary)
            raise

    def prune(self) -> None:
        """Drop what no build has asked for in a month, and what killed builds left unfinished."""
        now = time.time()
        for path in self.folder.glob("*"):
            with contextlib.suppress(FileNotFoundError):  # another build may just have moved it
                if now - path.stat().st_mtime > (KEPT if path.suffix == ".json" else A_DAY):
                    path.unlink()
