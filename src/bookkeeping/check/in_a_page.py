"""What a reader's browser asks of Python: a verdict, a proof, or to run a cell.

It runs where neither NumPy nor the rest of this project is; texts go in and out.
"""

from __future__ import annotations

import ast
import io
import json
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from time import monotonic
from typing import Any

Tell = Callable[[str, str], object]  # told a kind of output, and its text
PAUSE = 0.1  # seconds between two tellings of what is printed
NAME = "<cell>"


def judge(box: str, answer: str) -> str:
    """Return the verdict on an answer, box and verdict as JSON."""
    from bookkeeping.check import trying

    return json.dumps(trying.judge(json.loads(box), answer))


def settle(box: str, answer: str) -> str:
    """Return whether SymPy finds an answer to be the printed formula: same, differs, undecided."""
    from bookkeeping.check import proving

    return proving.settle(json.loads(box), answer)


class _Printed(io.TextIOBase):
    """Hands on what is printed, a few times a second."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._waiting, self._told = tell, "", 0.0

    def write(self, text: str) -> int:
        self._waiting += text
        if monotonic() - self._told > PAUSE:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self._waiting:
            self._tell("printed", self._waiting)
        self._waiting, self._told = "", monotonic()


def run(code: str, tell: Tell) -> None:
    """Run a cell by itself, as a notebook would, and tell what it prints, shows and complains of.

    Parameters
    ----------
    code : str
        The cell. What its last line is worth is shown, unless a semicolon ends it.
    tell : callable
        Is given a kind, "printed", "latex", "text" or "error", and a text.
    """
    printed = _Printed(tell)

    def display(*values: object) -> None:
        printed.flush()
        for value in values:
            tell(*_shown(value))

    names: dict[str, Any] = {"__name__": "__main__", "display": display}
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            tree = ast.parse(code, NAME)
            last = tree.body[-1] if tree.body else None
            shows = isinstance(last, ast.Expr) and not code.rstrip().endswith(";")
            if shows:
                tree.body.pop()
            exec(compile(tree, NAME, "exec"), names)
            if shows and isinstance(last, ast.Expr):
                found = eval(compile(ast.Expression(last.value), NAME, "eval"), names)
                if found is not None:
                    display(found)
        except BaseException:
            printed.flush()
            tell("error", _complaint())
    printed.flush()


def _shown(value: Any) -> tuple[str, str]:
    """Return kind and text of a value, as a notebook chooses them."""
    latex = getattr(value, "_repr_latex_", lambda: None)()
    if latex:
        return "latex", latex.strip("$").removeprefix(r"\displaystyle").strip()
    return "text", repr(value)


def _complaint() -> str:
    """Return the exception as Python tells it, from the cell's own lines on."""
    kind, error, trace = sys.exc_info()
    while trace is not None and trace.tb_frame.f_code.co_filename != NAME:
        trace = trace.tb_next
    return "".join(traceback.format_exception(kind, error, trace)).rstrip()
