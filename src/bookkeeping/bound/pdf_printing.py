"""Print a document with the Chromium of this machine, without a network and without its clock."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

CHROMIUM = "UNROLLED_CHROMIUM"  # names another program than `chromium`
LONGEST = 900  # seconds
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--allow-file-access-from-files", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer", "--export-tagged-pdf", "--force-color-profile=srgb",
]  # fmt: skip


def print_to(pdf: Path, document: Path) -> None:
    """Print a document, whole or not at all.

    Parameters
    ----------
    pdf : Path
        Where the print comes.
    document : Path
        The document, whose style sheets and pictures are files too.

    Raises
    ------
    RuntimeError
        When there is no Chromium, or it prints nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "printed.pdf")
        command = [
            _chromium(), *FLAGS, f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}",
            document.resolve().as_uri(),
        ]  # fmt: skip
        finished = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=LONGEST
        )
        if finished.returncode or not made.is_file():
            raise RuntimeError(
                f"{document.name}: expected Chromium to print it; it ended with status "
                f"{finished.returncode} and said:\n{finished.stderr[-2000:]}"
            )
        pdf.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, pdf)


def _chromium() -> str:
    found = os.environ.get(CHROMIUM) or shutil.which("chromium")
    if not found:
        raise RuntimeError(
            "There is no chromium on this machine: install it (Debian: apt install chromium), "
            f"or name another program in {CHROMIUM}."
        )
    return found
