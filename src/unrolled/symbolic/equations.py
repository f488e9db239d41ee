"""How the book writes equations: SymPy objects that a page shows and a test evaluates.

Functions of the other modules of this room that are named after an equation return an `Equation`,
an `Equivalence` or a `Statement`; a notebook shows it as TeX. The last two sides of an equation
are what a test brings together: ``equation.residual`` must be zero.
"""

from typing import Any, NamedTuple

from sympy import Add, Expr, Mul, Pow, S, Symbol, cos, sin
from sympy.core.relational import Relational
from sympy.printing.latex import LatexPrinter

__all__ = [
    "Equation",
    "Equivalence",
    "Printer",
    "Statement",
    "named",
    "power",
    "product",
    "ratio",
    "root",
    "tex_of",
    "total",
]


class Printer(LatexPrinter):  # type: ignore[misc]
    """Writes as the book does: sin θ without parentheses, D - 1 rather than -1 + D."""

    def _print_Add(self, expr: Any, order: str | None = None) -> str:
        terms = list(expr.args)
        if terms[0].could_extract_minus_sign():
            terms.sort(key=lambda term: bool(term.could_extract_minus_sign()))
        elif terms[0].is_Number and not terms[-1].could_extract_minus_sign():
            terms = [*terms[1:], terms[0]]
        return str(super()._print_Add(Add(*terms, evaluate=False), order="none"))

    def _print_Symbol(self, expr: Any, style: str = "plain") -> str:
        name = str(expr.name)  # braces mark a name that is TeX already
        return name[1:-1] if name[0] == "{" else str(super()._print_Symbol(expr, style))

    def _print_log(self, expr: Any, exp: str | None = None) -> str:
        return rf"\ln\left({self._print(expr.args[0])}\right)"

    def _print_polygamma(self, expr: Any, exp: str | None = None) -> str:
        order, argument = (self._print(item) for item in expr.args)
        return rf"\psi_{{{order}}}\left({argument}\right)"

    def _print_Function(self, expr: Any, exp: str | None = None) -> str:
        if isinstance(expr, sin | cos) and expr.args[0].is_Symbol:
            power = f"^{{{exp}}}" if exp else ""
            return rf"\{expr.func.__name__}{power} {self._print(expr.args[0])}"
        return str(super()._print_Function(expr, exp))

    def _print_Rational(self, expr: Any) -> str:
        if expr.q >= 100 and set(str(expr.q)) == {"1", "0"}:
            return f"{expr.p / expr.q:.{len(str(expr.q)) - 1}f}"
        return str(super()._print_Rational(expr))


def tex_of(expression: Any) -> str:
    """Write an expression as TeX, its terms in the order in which they stand."""
    tex = str(Printer({"order": "none"}).doprint(expression))
    return tex.replace(r"\int\limits", r"\int").replace(r"^{\frac{D}{2}}", "^{D/2}")


class Equation:
    """Expressions that are equal, in the order in which they are written.

    Parameters
    ----------
    *sides : sympy.Expr
        Two or more expressions.

    Attributes
    ----------
    sides : tuple of sympy.Expr
    lhs, rhs : sympy.Expr
        The first and the last of them.
    """

    def __init__(self, *sides: Expr) -> None:
        self.sides = sides
        self.lhs, self.rhs = sides[0], sides[-1]

    @property
    def residual(self) -> Expr:
        """Difference of the last two sides, with integrals, sums and volumes carried out.

        It must be zero. The first of three sides may be no more than a name.
        """
        before, last = self.sides[-2:]
        return before.doit() - last.doit()

    def subs(self, *values: Any) -> "Equation":
        """Put values in for symbols, on every side."""
        return Equation(*(side.subs(*values) for side in self.sides))

    def __repr__(self) -> str:
        return " = ".join(tex_of(side) for side in self.sides)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self!r}$"


class Equivalence(NamedTuple):
    """Two statements that are true together or false together."""

    first: Relational
    second: Relational

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {tex_of(self.first)} \iff {tex_of(self.second)}$"


class Statement(NamedTuple):
    """One inequality or equality that defines something."""

    relation: Relational

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {tex_of(self.relation)}$"


def named(name: str) -> Symbol:
    """Name a left side: SymPy prints a name with braces as it stands."""
    return Symbol(f"{{{name}}}")


def total(*terms: Expr) -> Expr:
    """Add without reordering."""
    return Add(*terms, evaluate=False)


def product(*factors: Expr) -> Expr:
    """Multiply without reordering."""
    return Mul(*factors, evaluate=False)


def power(base: Expr, exponent: Any) -> Expr:
    """Raise to a power that is not carried out."""
    return Pow(base, exponent, evaluate=False)


def ratio(above: Expr, below: Expr) -> Expr:
    """Divide one by the other, as a fraction that is not carried out."""
    return product(above, power(below, S.NegativeOne))


def root(expression: Expr) -> Expr:
    """Take a square root that is not carried out."""
    return power(expression, S.Half)
