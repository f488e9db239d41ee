r"""Attention of one head: its equations in matrices and word by word, evaluated on small matrices.

A token is a row. The letters are Q, K and V with rows :math:`q_i, k_j, v_j`, the weights A with
rows :math:`a_i` and entries :math:`a_{ij}`, the context Z with rows :math:`z_i`. Functions named
after an equation return a `VectorEquation`; `letters` gives its letters matrices of symbols.
"""

from collections.abc import Sequence
from typing import Any

from sympy import (
    ImmutableDenseMatrix,
    Integer,
    MatrixBase,
    Symbol,
    exp,
    sqrt,
    symbols,
)

from unrolled.symbolic.lines import System, beneath
from unrolled.symbolic.vectors import (
    Meaning,
    Parameter,
    Ratio,
    Scalar,
    SumOver,
    Term,
    VectorEquation,
)

__all__ = [
    "Cell",
    "Exponential",
    "Root",
    "Row",
    "SoftmaxRows",
    "Upright",
    "Weighed",
    "attention",
    "column",
    "letters",
    "letters_of_tokens",
    "one_query",
    "queries_keys_values",
    "row_sum",
    "score",
    "scores",
    "symbols_of",
    "transposed",
    "weight",
]

i, j, l, n = symbols("i j l n", integer=True)  # noqa: E741 - as the page writes it
X, Q, K, V, A, Z, S = (Parameter(letter, letter) for letter in "XQKVAZS")
W_Q, W_K, W_V = (Parameter(f"W_{letter}", f"W^{letter}") for letter in "QKV")
d_k = Scalar("d_k", "d_k")
one = Scalar("one", "1")


class Row(Term):
    """One row of a matrix, counted from 1, written with the small letter."""

    def on(self, meaning: Meaning) -> Any:
        """Take the row."""
        of, index = self.args
        return of.on(meaning)[int(index) - 1, :]

    def _latex(self, printer: Any) -> str:
        of, index = self.args
        return f"{printer._print(of).lower()}_{{{printer._print(index)}}}"


class Upright(Row):
    """One row of a matrix, set upright."""

    def on(self, meaning: Meaning) -> Any:
        """Take the row, and transpose it."""
        return super().on(meaning).T

    def _latex(self, printer: Any) -> str:
        return rf"{super()._latex(printer)}^{{\top}}"


class Cell(Term):
    """One entry of a matrix, counted from 1, written with the small letter."""

    def on(self, meaning: Meaning) -> Any:
        """Take the entry."""
        of, row, column = self.args
        return of.on(meaning)[int(row) - 1, int(column) - 1]

    def _latex(self, printer: Any) -> str:
        of, row, column = (printer._print(argument) for argument in self.args)
        return f"{of.lower()}_{{{row}{column}}}"


class Weighed(Term):
    """A number times a row or a column."""

    def on(self, meaning: Meaning) -> Any:
        """Multiply."""
        number, vector = (argument.on(meaning) for argument in self.args)
        return number * vector

    def _latex(self, printer: Any) -> str:
        number, vector = (printer._print(argument) for argument in self.args)
        return rf"{number} \, {vector}"


class Root(Term):
    """The square root of a number."""

    def on(self, meaning: Meaning) -> Any:
        """Take it."""
        return sqrt(self.args[0].on(meaning))

    def _latex(self, printer: Any) -> str:
        return rf"\sqrt{{{printer._print(self.args[0])}}}"


class Exponential(Term):
    """The exponential function of a number."""

    def on(self, meaning: Meaning) -> Any:
        """Take it."""
        return exp(_number(self.args[0].on(meaning)))

    def _latex(self, printer: Any) -> str:
        return rf"\exp({printer._print(self.args[0])})"


class SoftmaxRows(Term):
    """Every row's exponentials, divided by their sum."""

    def on(self, meaning: Meaning) -> Any:
        """Apply it to every row."""
        raised = self.args[0].on(meaning).applyfunc(exp)
        rows = [raised[row, :] / sum(raised[row, :]) for row in range(raised.rows)]
        return ImmutableDenseMatrix.vstack(*rows)

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{softmax}}\left({printer._print(self.args[0])}\right)"


def letters(query: MatrixBase, key: MatrixBase, value: MatrixBase) -> Meaning:
    """Give the letters their matrices.

    Parameters
    ----------
    query : sympy.Matrix of shape (n_queries, d_k)
    key : sympy.Matrix of shape (n_keys, d_k)
    value : sympy.Matrix of shape (n_keys, d_v)
        Of numbers or of symbols.

    Returns
    -------
    callable
        From a letter to its matrix, or to a number: what ``equation.on(meaning)`` asks for. S, A
        and Z are calculated from Q, K and V.
    """
    return _meaning({"Q": query, "K": key, "V": value, "d_k": Integer(query.cols)})


def letters_of_tokens(tokens: MatrixBase, maps: Sequence[MatrixBase]) -> Meaning:
    """Give the letters their matrices where queries, keys and values are made of the same tokens.

    Parameters
    ----------
    tokens : sympy.Matrix of shape (n, d)
    maps : three of sympy.Matrix of shape (d, d_k), (d, d_k) and (d, d_v)

    Returns
    -------
    callable
        As for `letters`.
    """
    made = {name: tokens * matrix for name, matrix in zip("QKV", maps, strict=True)}
    given = dict(zip(("W_Q", "W_K", "W_V"), maps, strict=True))
    return _meaning({"X": tokens, **given, **made, "d_k": Integer(maps[0].cols)})


def symbols_of(letter: str, n_rows: int, n_columns: int) -> ImmutableDenseMatrix:
    """Make a matrix of symbols.

    Parameters
    ----------
    letter : str
        What the symbols begin with.
    n_rows, n_columns : int

    Returns
    -------
    sympy.Matrix of shape (n_rows, n_columns)
    """
    return ImmutableDenseMatrix(
        n_rows, n_columns, lambda row, column: Symbol(f"{letter}_{row + 1}{column + 1}", real=True)
    )


# The equations of the page -------------------------------------------------------------------


def queries_keys_values() -> System:
    """Make queries, keys and values of tokens. Equation ``attention-maps``."""
    made = zip((Q, K, V), (W_Q, W_K, W_V), strict=True)
    return beneath(*(VectorEquation(out, X @ by) for out, by in made))


def score() -> VectorEquation:
    """Compare one query with one key. Equation ``attention-score``."""
    return VectorEquation(Cell(S, i, j), Ratio(Row(Q, i) @ Upright(K, j), Root(d_k)))


def weight() -> VectorEquation:
    """Turn a row of scores into weights. Equation ``attention-weights``."""
    below = SumOver(Exponential(Cell(S, i, l)), l, 1, n)
    return VectorEquation(Cell(A, i, j), Ratio(Exponential(Cell(S, i, j)), below))


def row_sum() -> VectorEquation:
    """Sum up the weights of one query. Equation ``attention-row-sum``."""
    return VectorEquation(SumOver(Cell(A, i, j), j, 1, n), one)


def one_query() -> VectorEquation:
    """Mix the values for one query. Equation ``attention-one-query``."""
    return VectorEquation(Row(Z, i), SumOver(Weighed(Cell(A, i, j), Row(V, j)), j, 1, n))


def scores() -> VectorEquation:
    """Compare all queries with all keys. Equation ``attention-scores``."""
    return VectorEquation(S, Ratio(Q @ K.T, Root(d_k)))


def attention() -> VectorEquation:
    """Do all of it at once. Equation ``attention``."""
    return VectorEquation(Z, SoftmaxRows(Ratio(Q @ K.T, Root(d_k))) @ V)


def transposed() -> VectorEquation:
    """Stand the tokens upright. Equation ``attention-transposed``."""
    return VectorEquation(Z.T, (A @ V).T, V.T @ A.T)


def column() -> VectorEquation:
    """One column of the transposed view. Equation ``attention-column``."""
    upright = SumOver(Weighed(Cell(A, i, j), Upright(V, j)), j, 1, n)
    return VectorEquation(Upright(Z, i), V.T @ Upright(A, i), upright)


# Private -------------------------------------------------------------------------------------


def _meaning(given: dict[str, Any]) -> Meaning:
    known = {name: _fixed(value) for name, value in given.items()} | {"one": Integer(1)}

    def meaning(letter: Any) -> Any:
        if letter.key not in known:
            definition = {"S": scores, "A": _weights, "Z": attention}[letter.key]()
            known[letter.key] = _fixed(definition.rhs.on(meaning))
        return known[letter.key]

    return meaning


def _weights() -> VectorEquation:
    return VectorEquation(A, SoftmaxRows(S))


def _fixed(value: Any) -> Any:
    return ImmutableDenseMatrix(value) if isinstance(value, MatrixBase) else value


def _number(value: Any) -> Any:
    return value[0, 0] if isinstance(value, MatrixBase) else value
