r"""Equations of splitting a layer into heads: places, counts, and products of blocks.

Products of matrices are terms of `unrolled.symbolic.vectors`, evaluated on small explicit matrices
by ``equation.on(meaning)``. Three blocks stand for any number of them: the first and the last are
written, and dots between. Functions that begin with ``derive_`` return steps.
"""

from collections.abc import Callable
from typing import Any

from sympy import (
    Eq,
    Expr,
    ImmutableDenseMatrix,
    Matrix,
    S,
    Symbol,
    diag,
    exp,
    solve,
    sqrt,
    symbols,
)

from unrolled.symbolic.equations import (
    Equation,
    Equivalence,
    named,
    product,
    ratio,
    tex_of,
    total,
)
from unrolled.symbolic.vectors import (
    Named,
    Parameter,
    Plus,
    Term,
    VectorEquation,
)

__all__ = [
    "Attend",
    "Beside",
    "OnDiagonal",
    "SideBelowSide",
    "UpTo",
    "attention_head",
    "best_sum",
    "block_diagonal",
    "derive_best_sum",
    "head_count",
    "head_width",
    "heads_add_up",
    "matrices",
    "mixed_difference",
    "multi_head",
    "places_agree",
    "reshape_place",
    "side_by_side",
    "split_place",
    "weights_cut_first",
    "weights_mapped_first",
]

d, d_k, h, n = symbols("d d_k h n", integer=True, positive=True)
L = Symbol("L", integer=True, positive=True)
i, t, k = symbols("i t k", integer=True, nonnegative=True)
"""Head, token and feature of a head, all counted from zero."""

LABELS = ("1", "2", "h")
X = Parameter("X", "X")
_LAYER = Parameter("MHA", r"\operatorname{MHA}(X)")


# Terms ---------------------------------------------------------------------------------------


class Beside(Term):
    """Matrices side by side; the first and the last are written, and dots between."""

    def on(self, meaning: Callable[[Any], Any]) -> Any:
        """Join them along their rows."""
        return ImmutableDenseMatrix(Matrix.hstack(*(Matrix(m.on(meaning)) for m in self.args)))

    def _latex(self, printer: Any) -> str:
        first, last = (printer._print(term) for term in (self.args[0], self.args[-1]))
        return rf"\left[{first} \mid \cdots \mid {last}\right]"


class OnDiagonal(Term):
    """A matrix of blocks on its diagonal and zeros elsewhere; two blocks are written."""

    def on(self, meaning: Callable[[Any], Any]) -> Any:
        """Put the blocks on the diagonal."""
        return ImmutableDenseMatrix(diag(*(term.on(meaning) for term in self.args)))

    def _latex(self, printer: Any) -> str:
        first, last = (printer._print(term) for term in (self.args[0], self.args[-1]))
        body = rf"{first} & & \\ & \ddots & \\ & & {last}"
        return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


class Attend(Term):
    """Attention to queries, keys and values: softmax of the scaled scores, times the values."""

    def on(self, meaning: Callable[[Any], Any]) -> Any:
        """Weigh the values, row by row."""
        query, key, value = (term.on(meaning) for term in self.args)
        scores = query * key.T / sqrt(query.shape[1])
        raised = scores.applyfunc(exp)
        rows = [raised.row(at) / sum(raised.row(at)) for at in range(raised.shape[0])]
        return ImmutableDenseMatrix(Matrix.vstack(*rows)) * value

    def _latex(self, printer: Any) -> str:
        arguments = r",\, ".join(printer._print(term) for term in self.args)
        return rf"\operatorname{{Attention}}\left({arguments}\right)"


class UpTo(Term):
    """A sum of which the first and the last term are written."""

    def on(self, meaning: Callable[[Any], Any]) -> Any:
        """Add all of them."""
        return Plus(*self.args).on(meaning)

    def _latex(self, printer: Any) -> str:
        first, last = (printer._print(term) for term in (self.args[0], self.args[-1]))
        return rf"{first} + \cdots + {last}"


class SideBelowSide(VectorEquation):
    """An equation with every side on a line of its own, so that it fits a phone."""

    def __repr__(self) -> str:
        body = r" \\ & = ".join(tex_of(side) for side in self.sides)
        return rf"\begin{{aligned}} & {body} \end{{aligned}}"


def letters(letter: str, above: str = "") -> list[Parameter]:
    """Name one matrix for each head: the first, the second and the last."""
    power = f"^{{{above}}}" if above else ""
    return [
        Parameter(f"{letter}{above}{label}", f"{letter}_{{{label}}}{power}") for label in LABELS
    ]


def matrices(shapes: dict[str, tuple[int, int]]) -> Callable[[Any], Any]:
    """Give every letter an explicit matrix of symbols.

    Parameters
    ----------
    shapes : dict of str to (int, int)
        By the letters' keys; a key of one letter serves all letters that begin with it.

    Returns
    -------
    callable
        From a letter to its matrix.
    """

    def meaning(letter: Any) -> ImmutableDenseMatrix:
        key = letter.key
        rows, columns = shapes.get(key) or shapes[key[:-1]]
        entries = symbols(f"{key}_:{rows}:{columns}", real=True)
        return ImmutableDenseMatrix(rows, columns, entries)

    return meaning


# Counts and places ---------------------------------------------------------------------------


def head_width() -> Equation:
    """Width of a head. Equation ``head-width``."""
    return Equation(d_k, ratio(d, h), _fraction(512, 8), S(64))


def head_count() -> Equation:
    """Heads of an encoder with L layers. Equation ``head-count``."""
    return Equation(product(L, h), product(S(4), S(8)), S(32))


def split_place() -> Equation:
    """Which of the consecutive integers stands where after a split. Equation ``split-place``."""
    return Equation(named("s_{itk}"), total(S.One, product(t, d), product(i, d_k), k))


def reshape_place() -> Equation:
    """Which of them stands where after a bare reshape. Equation ``reshape-place``."""
    row = total(product(i, n), t)
    return Equation(named("r_{itk}"), total(S.One, product(row, d_k), k))


def places_agree() -> Equivalence:
    """Where the two are equal. Equation ``places-agree``."""
    equal = Eq(named("r_{itk}"), named("s_{itk}"), evaluate=False)
    return Equivalence(equal, Eq(product(t, total(h, -S.One)), product(i, total(n, -S.One))))


def weights_mapped_first() -> Equation:
    """Weights of the maps to queries, keys and values, mapped first. ``weights-mapped-first``."""
    return Equation(product(S(3), h, d, d_k), product(S(3), d**2))


def weights_cut_first() -> Equation:
    """Weights of the same maps, tokens cut first. Equation ``weights-cut-first``."""
    return Equation(product(S(3), h, d_k**2), ratio(product(S(3), d**2), h))


# Heads ---------------------------------------------------------------------------------------


def attention_head() -> VectorEquation:
    """One head attends. Equation ``attention-head``."""
    maps = (Parameter(f"W{role}i", f"W_i^{{{role}}}") for role in "QKV")
    return SideBelowSide(
        Parameter("headi", r"\mathrm{head}_i"), Attend(*(X @ mapped for mapped in maps))
    )


def multi_head() -> VectorEquation:
    """All heads, side by side, and one more map. Equation ``multi-head``."""
    heads = (Parameter(f"head{label}", rf"\mathrm{{head}}_{{{label}}}") for label in LABELS)
    return VectorEquation(_LAYER, Beside(*heads) @ Parameter("WO", "W^{O}"))


def side_by_side() -> VectorEquation:
    """Map with all columns at once, or head by head. Equation ``side-by-side``."""
    blocks = letters("W")
    return SideBelowSide(X @ Beside(*blocks), Beside(*(X @ block for block in blocks)))


def block_diagonal() -> VectorEquation:
    """Cut the tokens first, and the map is block-diagonal. Equation ``block-diagonal``."""
    pieces, blocks = letters("X"), letters("B")
    cut = Beside(*(piece @ block for piece, block in zip(pieces, blocks, strict=True)))
    return SideBelowSide(cut, Named("X", Beside(*pieces)) @ OnDiagonal(*blocks))


def heads_add_up() -> VectorEquation:
    """Join the heads and map, or map each and add. Equation ``heads-add-up``."""
    patterns, values, outputs = letters("A"), letters("W", "V"), letters("W", "O")
    mixed = [a @ X @ v for a, v in zip(patterns, values, strict=True)]
    joined = Beside(*mixed) @ Named("W^{O}", _Below(*outputs))
    added = UpTo(*(one @ out for one, out in zip(mixed, outputs, strict=True)))
    return SideBelowSide(_LAYER, joined, added)


class _Below(Term):
    """Matrices one below the other; it is written by the name that it has."""

    def on(self, meaning: Callable[[Any], Any]) -> Any:
        """Join them along their columns."""
        return ImmutableDenseMatrix(Matrix.vstack(*(Matrix(m.on(meaning)) for m in self.args)))


# What a sum of functions cannot do -----------------------------------------------------------


def mixed_difference(function: Callable[[Any, Any], Expr] | None = None) -> Equation:
    """Change two blocks, one, the other, or none. Equation ``mixed-difference``.

    Parameters
    ----------
    function : callable, optional
        What the layer gives out for the values of two blocks; a letter when None.

    Returns
    -------
    Equation
    """
    p, p_other, q, q_other = symbols("p p' q q'")
    f = function or (lambda first, second: named(f"f_{{{first} {second}}}"))
    terms = f(p, q), -f(p_other, q), -f(p, q_other), f(p_other, q_other)
    return Equation(total(*terms), S.Zero)


ANSWERS = symbols("y_11 y_21 y_12 y_22", real=True)
"""What is wanted: at (p, q), (p', q), (p, q') and (p', q')."""


def best_sum() -> Equation:
    """Error of the best sum of two functions, at each case up to sign. Equation ``best-sum``."""
    one, two, three, four = ANSWERS
    return Equation(named(r"\epsilon"), ratio(total(one, -two, -three, four), S(4)))


def derive_best_sum() -> list[Expr]:
    """Fit a function of p plus one of q to four answers by least squares.

    Returns
    -------
    list of sympy.Expr
        What the fit misses at the four cases, in the order of `ANSWERS`.
    """
    u, u_other, v = symbols("u u' v", real=True)  # v' may be zero: only sums count
    fits = (u + v, u_other + v, u, u_other)
    squares = sum((answer - fit) ** 2 for answer, fit in zip(ANSWERS, fits, strict=True))
    unknown = (u, u_other, v)
    best = solve([squares.diff(letter) for letter in unknown], unknown)
    return [(answer - fit.subs(best)).expand() for answer, fit in zip(ANSWERS, fits, strict=True)]


def _fraction(above: int, below: int) -> Expr:
    return ratio(S(above), S(below))
