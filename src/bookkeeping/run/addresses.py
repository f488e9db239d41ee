"""Objects that show themselves by their address in memory, which is another one in every run."""

from __future__ import annotations

import json
import re
from typing import Any

PLAIN = "text/plain"
SIGN = " at 0x"
ADDRESS = re.compile(rf"(?P<what>[\w.<>]+(?: object)?){SIGN}[0-9A-Fa-f]{{4,}}")


def drop_poor_texts(output: dict[str, Any]) -> None:
    """Drop a plain text that holds an address, where the same output also shows the object well."""
    data = output.get("data", {})
    for kind in [name for name in data if name.endswith(PLAIN)]:
        if len(data) > 1 and ADDRESS.search(data[kind]):
            del data[kind]


def nameless_object(output: dict[str, Any]) -> str:
    """Return what an output calls an object that it shows by its address, or nothing."""
    text = json.dumps(output, ensure_ascii=False)
    found = ADDRESS.search(text) if SIGN in text else None
    return found.group("what").strip("<>") if found else ""
