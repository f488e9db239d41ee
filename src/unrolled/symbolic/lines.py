"""Equations over several lines: a long one broken, or several that belong together."""

from typing import NamedTuple

from unrolled.symbolic.equations import tex_of
from unrolled.symbolic.vectors import Diag, Plus, VectorEquation

__all__ = ["Lines", "System", "beneath", "in_lines"]

BREAK = r" \\ "


class Lines(NamedTuple):
    """An equation between vectors whose last side is broken before each further summand."""

    equation: VectorEquation
    fold: bool = False

    def _repr_latex_(self) -> str:
        *first, last = self.equation.sides
        terms = last.args if isinstance(last, Plus) else (last,)
        rows = [tex_of(term) for term in terms]
        signed = [row if row.startswith("-") else f"+ {row}" for row in rows[1:]]
        sign = self.equation.sign
        start = f" {sign} ".join(tex_of(side) for side in first)
        begin = f"&{start}{BREAK}&\\quad {sign}" if self.fold else f"{start} &{sign}"
        lines = [f"{begin} {rows[0]}", *(rf"&\quad {row}" for row in signed)]
        return rf"$\displaystyle \begin{{aligned}} {BREAK.join(lines)} \end{{aligned}}$"


def in_lines(equation: VectorEquation, *, fold: bool = False) -> Lines:
    """Break the last side of an equation, a summand a line.

    Parameters
    ----------
    equation : VectorEquation
        A diagonal matrix of a sum is written as the sum of diagonal matrices.
    fold : bool, optional
        Let the last side begin on a line of its own.

    Returns
    -------
    Lines
        What a page shows and a claim renders.
    """
    *first, last = equation.sides
    if isinstance(last, Diag) and isinstance(last.args[0], Plus):
        last = Plus(*(Diag(term) for term in last.args[0].args))
    return Lines(type(equation)(*first, last), fold)


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
