"""Equations over several lines: a long one broken, or several that belong together.

A line is broken only where it would be wider than a phone's page: first into the summands of a sum,
then before a factor of a product. The width is estimated from the TeX, letter by letter.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sympy import latex

from unrolled.symbolic.vectors import (
    Hadamard,
    MatrixProduct,
    Plus,
    Term,
    VectorEquation,
)

__all__ = ["Lines", "System", "beneath", "in_lines", "width_of"]

BREAK = r" \\ "
ROOM = 19.1  # widths of a capital M that fit beside each other on a phone of 360 pixels
INDENT = 1.0
BINARY, RELATION, SCRIPT = 1.22, 1.33, 0.7
# Widths in KaTeX's letters; what is not listed is a letter or a digit.
WIDTHS = {
    **dict.fromkeys(("+", "-", r"\odot", r"\cdot"), BINARY),
    **dict.fromkeys(("=",), RELATION),
    **dict.fromkeys(("(", ")", "[", "]"), 0.43),
    **dict.fromkeys((r"\left", r"\right", r"\operatorname", r"\bar", r"\tilde"), 0.0),
    **dict.fromkeys((r"\hat", r"\mathrm", r"\text", "'", "&"), 0.0),
    **{r"\tanh": 2.0, r"\,": 0.17, r"\quad": 1.0, ",": 0.45, r"\top": 0.78},
    **{"W": 0.95, "R": 0.77, "J": 0.6, "T": 0.6},
    r"\sum": 1.6,
}
LETTER = 0.53
PRODUCTS = {Hadamard: r"\odot ", MatrixProduct: r"\cdot "}


class Lines(NamedTuple):
    """An equation between vectors, written in as many lines as a phone needs."""

    equation: VectorEquation

    def __repr__(self) -> str:
        rows = _rows_of(self.equation)
        return _aligned(rows) if len(rows) > 1 else repr(self.equation)


class System(NamedTuple):
    """Equations beneath one another, their first signs in one column."""

    equations: tuple[VectorEquation, ...]

    def __repr__(self) -> str:
        return _aligned([row for each in self.equations for row in _rows_of(each)])


def in_lines(equation: VectorEquation) -> Lines:
    """Break an equation where it is wider than a phone's page; a short one stays as it is.

    Parameters
    ----------
    equation : VectorEquation

    Returns
    -------
    Lines
        Its text stands under a drawing; `equation` is what it says.
    """
    return Lines(equation)


def beneath(*equations: VectorEquation) -> System:
    """Write equations beneath one another.

    Parameters
    ----------
    *equations : VectorEquation

    Returns
    -------
    System
        Its text stands under a drawing.
    """
    return System(equations)


def width_of(tex: str) -> float:
    """Estimate how wide a formula is.

    Parameters
    ----------
    tex : str
        As a `VectorEquation` writes itself.

    Returns
    -------
    float
        In units of the letters' size, which is about that of a capital M.
    """
    return _Reader(tex).whole()


# Private -------------------------------------------------------------------------------------

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\S")
SECOND = r"\quad "  # where a row begins that goes on with an equation, after the aligned place


def _aligned(rows: list[str]) -> str:
    return rf"\begin{{aligned}} {BREAK.join(rows)} \end{{aligned}}"


def _rows_of(equation: VectorEquation) -> list[str]:
    """Write an equation in rows, each with its mark of alignment; one row if that fits."""
    first, *others = (latex(side) for side in equation.sides)
    whole = f"{first} &= {' = '.join(others)}"
    if width_of(whole) <= ROOM:
        return [whole]
    beside = width_of(first) + RELATION
    rows = list(_continued(equation, ROOM - beside))
    if max(map(width_of, rows)) + beside - RELATION <= ROOM:  # the first side on the first row
        return [f"{first} {rows[0]}", *rows[1:]]
    folded = (row.replace("&", f"&{SECOND}") for row in _continued(equation, ROOM - INDENT))
    return [f"&{first}", *folded]


def _continued(equation: VectorEquation, room: float) -> Iterator[str]:
    """Write all sides but the first: a summand a row, or a row for each half of a product."""
    for side in equation.sides[1:]:
        for place, term in enumerate(side.args if isinstance(side, Plus) else (side,)):
            left, *more = _halves(term, room - INDENT - BINARY)
            if not place:
                yield f"&= {left}"
            else:
                yield f"&{SECOND}{left if left.startswith('-') else f'+ {left}'}"
            yield from (f"&{SECOND}{SECOND}{half}" for half in more)


def _halves(term: Term, room: float) -> list[str]:
    """Write a product that is too long in two parts, the first as long as it may be."""
    tex, join = latex(term), PRODUCTS.get(type(term))
    if join is None or width_of(tex) <= room:
        return [tex]
    for last in range(len(term.args) - 1, 0, -1):
        parts = (term.args[:last], term.args[last:])
        kept, rest = (latex(type(term)(*part)) for part in parts)
        if width_of(kept) <= room or last == 1:
            break
    return [kept, join + rest]


class _Reader:
    """Reads TeX from left to right and adds up widths."""

    def __init__(self, tex: str) -> None:
        self.tokens = TOKEN.findall(tex)
        self.place = 0

    def whole(self) -> float:
        """Read until the group ends, or the TeX."""
        width = script = 0.0
        while self.place < len(self.tokens) and self.tokens[self.place] != "}":
            if self.tokens[self.place] in "^_":  # one above the other
                self.place += 1
                script = max(script, SCRIPT * self.one())
            else:
                width, script = width + script + self.one(), 0.0
        return width + script

    def one(self) -> float:
        """Read a letter, a command with what belongs to it, or a group."""
        token = self.tokens[self.place]
        self.place += 1
        if token == r"\frac":
            return max(self.one(), self.one()) + 0.24
        if token == "{":
            width = self.whole()
            self.place += 1
            return width
        return WIDTHS.get(token, LETTER)
