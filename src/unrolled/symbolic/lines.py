"""Equations over several lines: a long one broken, or several that belong together."""

from typing import NamedTuple

from unrolled.symbolic.equations import tex_of
from unrolled.symbolic.vectors import Plus, VectorEquation

__all__ = ["Lines", "System", "beneath", "in_lines"]

BREAK = r" \\ "


class Lines(NamedTuple):
    """An equation between vectors whose last side is broken before each further summand."""

    equation: VectorEquation

    def _repr_latex_(self) -> str:
        *first, last = self.equation.sides
        terms = last.args if isinstance(last, Plus) else (last,)
        rows = [tex_of(term) for term in terms]
        signed = [rows[0], *(row if row.startswith("-") else f"+ {row}" for row in rows[1:])]
        sign = self.equation.sign
        start = f" {sign} ".join(tex_of(side) for side in first)
        lines = [f"{start} &{sign} {signed[0]}", *(rf"&\quad {row}" for row in signed[1:])]
        return rf"$\displaystyle \begin{{aligned}} {BREAK.join(lines)} \end{{aligned}}$"


def in_lines(equation: VectorEquation) -> Lines:
    """Break the last side of an equation, a summand a line.

    Parameters
    ----------
    equation : VectorEquation

    Returns
    -------
    Lines
        What a page shows and a claim renders.
    """
    return Lines(equation)


class System(NamedTuple):
    """Equations beneath one another, their first signs in one column."""

    equations: tuple[VectorEquation, ...]

    def _repr_latex_(self) -> str:
        rows = [
            f"{tex_of(first)} &{each.sign} {f' {each.sign} '.join(map(tex_of, others))}"
            for each in self.equations
            for first, *others in [each.sides]
        ]
        return rf"$\displaystyle \begin{{aligned}} {BREAK.join(rows)} \end{{aligned}}$"


def beneath(*equations: VectorEquation) -> System:
    """Write equations beneath one another.

    Parameters
    ----------
    *equations : VectorEquation

    Returns
    -------
    System
        What a page shows and a claim renders.
    """
    return System(equations)
