"""Equations written below one another."""

from typing import NamedTuple

from unrolled.symbolic.equations import Equation, tex_of

__all__ = ["Lines"]


class Lines(NamedTuple):
    """Equations written below one another."""

    equations: tuple[Equation, ...]

    def _repr_latex_(self) -> str:
        rows = r" \\ ".join(" &= ".join(_halves(equation)) for equation in self.equations)
        return rf"$\displaystyle \begin{{aligned}} {rows} \end{{aligned}}$"


def _halves(equation: Equation) -> tuple[str, str]:
    sides = [tex_of(side) for side in equation.sides]
    return sides[0], " = ".join(sides[1:])
