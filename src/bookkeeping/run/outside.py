"""Data from outside the project: a variable of the environment, and the file that it stands for.

``_config.yml`` names the variable and a function of the book's own code, which says where the file
is on this machine, and may fetch it. It is called when a page declares the variable, once a build.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from bookkeeping.project import Project
from bookkeeping.texts import PageError, YamlText

SIGN = "$"  # what the name of such data begins with in a page's front matter
# In a process of its own, since the build itself imports nothing of the project's code.
ASK = """\
import importlib
import json
import os
import sys

try:
    found = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])()
    told = {"file": found and os.path.abspath(found)}
except Exception as error:
    told = {"fault": f"{type(error).__name__}: {error}"}
print(json.dumps(told))
"""


def outside_file(project: Project, variable: str) -> Path | None:
    """Return the file that a variable stands for on this machine; None where there is none.

    Raises
    ------
    PageError
        When the function that is to say so raises, or names what is no file.
    """
    told = _asked(project, variable)
    if fault := told.get("fault"):
        config = YamlText.of(project.root / "_config.yml")
        line = config.line_of(("bookkeeping", "outside", variable))
        raise PageError(f"{config.name}:{line}: {project.outside[variable]}: {fault}")
    return Path(told["file"]) if told["file"] else None


@cache
def _asked(project: Project, variable: str) -> dict[str, Any]:
    """Call the function, once a process; what it says on the way, such as a bar, is shown."""
    paths = [str(project.source), os.environ.get("PYTHONPATH", "")]
    asked = subprocess.run(
        [sys.executable, "-P", "-c", ASK, *project.outside[variable].split(":")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if asked.returncode:
        return {"fault": f"its process ended with status {asked.returncode}"}
    told: dict[str, Any] = json.loads(asked.stdout.splitlines()[-1])
    if told.get("file") and not os.path.isfile(told["file"]):
        return {"fault": f"{told['file']} is no file"}
    return told
