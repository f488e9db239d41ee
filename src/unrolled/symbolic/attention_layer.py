r"""Equations of the multi-head layer: its shapes, its weights, what a new order does, the way back.

A token is a row. Equations between matrices are terms of `unrolled.symbolic.vectors`; what their
letters stand for, in symbols or in numbers, is what `OneHead` and `whole_layer` say. Two heads
stand for any number of them.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

from sympy import Expr, ImmutableDenseMatrix, Matrix, MatrixSymbol, Symbol, exp, ones, sqrt

from unrolled.symbolic.equations import Equation, named, product, total
from unrolled.symbolic.lines import BREAK, System, beneath
from unrolled.symbolic.vectors import (
    Delta,
    Meaning,
    Parameter,
    Ratio,
    Scalar,
    Term,
    VectorEquation,
)

__all__ = [
    "Layer",
    "OneHead",
    "Shapes",
    "SideBySide",
    "Softmax",
    "cross_attention_shapes",
    "delta_keys",
    "delta_queries",
    "delta_scores",
    "delta_values",
    "delta_weights",
    "equivariance",
    "map_gradients",
    "n_parameters",
    "self_attention_delta",
    "shuffled_keys",
    "steps_of_equivariance",
    "whole_layer",
]

Q, K, V, S, A, Z = (Parameter(letter, letter) for letter in "QKVSAZ")
X, Y, P, H = (Parameter(letter, letter) for letter in "XYPH")
W, b = Parameter("W", "W"), Parameter("b", "b")
W_Q, W_K, W_V = (Parameter(f"W_{letter}", f"(W^{{{letter}}})") for letter in "QKV")
Z_1, Z_h = Parameter("Z_1", "Z_1"), Parameter("Z_h", "Z_h")
ONES = Parameter("ones", r"\mathbf{1}")
"""A column of ones, as long as it must be where it stands."""
ROOT = Scalar("root", r"\sqrt{d_k}")
d = Symbol("d", integer=True, positive=True)
"""Width of a token."""

N_HEADS = 2


# Terms ---------------------------------------------------------------------------------------


def _softmax(scores: Any) -> ImmutableDenseMatrix:
    """Make every row of a matrix positive, with sum one."""
    above = scores.applyfunc(exp)
    return ImmutableDenseMatrix(*above.shape, lambda i, j: above[i, j] / sum(above[i, :]))


class Softmax(Term):
    """Softmax of every row of a matrix."""

    def on(self, meaning: Meaning) -> Any:
        """Calculate row by row."""
        return _softmax(self.args[0].on(meaning))

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{softmax}}({printer._print(self.args[0])})"


class SideBySide(Term):
    """Matrices put side by side: the first head, and the last, which stands for all others."""

    def on(self, meaning: Meaning) -> Any:
        """Put them side by side."""
        return ImmutableDenseMatrix(Matrix.hstack(*(part.on(meaning) for part in self.args)))

    def _latex(self, printer: Any) -> str:
        first, last = (printer._print(part) for part in self.args)
        return rf"[\,{first} \mid \dots \mid {last}\,]"


class Layer(Term):
    """What the layer gives: for tokens that ask and, if they are others, tokens that answer."""

    def on(self, meaning: Meaning) -> Any:
        """Let the meaning of the layer calculate, heads and all."""
        asking, answering = self.args[0], self.args[-1]
        return meaning(Layer)(asking.on(meaning), answering.on(meaning))

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{MHA}}({', '.join(printer._print(part) for part in self.args)})"


class Shapes(NamedTuple):
    """Shapes of the matrices of one head."""

    query: MatrixSymbol
    key: MatrixSymbol
    value: MatrixSymbol

    @property
    def weights(self) -> tuple[Any, Any]:
        """Shape of the weights, as SymPy finds it for the product of queries and keys."""
        return (self.query * self.key.T).shape  # type: ignore[no-any-return]

    @property
    def context(self) -> tuple[Any, Any]:
        """Shape of the context, as SymPy finds it for the product of weights and values."""
        return (MatrixSymbol("A", *self.weights) * self.value).shape  # type: ignore[no-any-return]

    def _repr_latex_(self) -> str:
        query, key, value, weights, context = (
            rf"\mathbb{{R}}^{{{rows} \times {columns}}}"
            for rows, columns in (*(part.shape for part in self), self.weights, self.context)
        )
        rows = (
            rf"Q &\in {query}, & A &\in {weights}",
            rf"K &\in {key}, & AV &\in {context}",
            rf"V &\in {value}",
        )
        return rf"$\displaystyle \begin{{aligned}} {BREAK.join(rows)} \end{{aligned}}$"


# What the layer has --------------------------------------------------------------------------


def n_parameters() -> Equation:
    """Count weights and biases of the four maps. Equation ``attention-parameters``."""
    count = named(r"n_{\mathrm{parameters}}")
    return Equation(count, product(4, total(d**2, d)), product(4, d, total(d, 1)))


def cross_attention_shapes(n_queries: int = 12, n_keys: int = 9, d_head: int = 64) -> Shapes:
    """Say what shapes one head has. Equation ``cross-attention-shapes``.

    Parameters
    ----------
    n_queries, n_keys, d_head : int, optional

    Returns
    -------
    Shapes
    """
    return Shapes(
        MatrixSymbol("Q", n_queries, d_head),
        MatrixSymbol("K", n_keys, d_head),
        MatrixSymbol("V", n_keys, d_head),
    )


# What it does with another order -------------------------------------------------------------


def steps_of_equivariance() -> System:
    """Follow a new order through one head after the other. Equation ``permutation-steps``."""
    return beneath(
        VectorEquation(P @ Q @ (P @ K).T, P @ (Q @ K.T) @ P.T),
        VectorEquation(Softmax(P @ S @ P.T), P @ Softmax(S) @ P.T),
        VectorEquation(P @ A @ P.T @ P @ V, P @ A @ V),
        VectorEquation(SideBySide(P @ Z_1, P @ Z_h), P @ SideBySide(Z_1, Z_h)),
    )


def equivariance() -> VectorEquation:
    """Shuffled tokens give the same output, shuffled. Equation ``permutation-equivariance``."""
    return VectorEquation(Layer(P @ X), P @ Layer(X))


def shuffled_keys() -> VectorEquation:
    """Shuffled keys and values change nothing. Equation ``shuffled-keys``."""
    return VectorEquation(Layer(X, P @ Y), Layer(X, Y))


def whole_layer(weights: Mapping[str, Any], letters: Mapping[Term, Any]) -> Meaning:
    """Give a layer of two heads a meaning in components.

    Parameters
    ----------
    weights : mapping of str to sympy.Matrix
        ``Q``, ``K``, ``V`` and ``O``, each of shape (d_model, d_model).
    letters : mapping of Term to sympy.Matrix
        What single letters stand for.

    Returns
    -------
    callable
    """

    def layer(asking: Any, answering: Any) -> Any:
        mapped = asking * weights["Q"], answering * weights["K"], answering * weights["V"]
        width = weights["Q"].shape[1] // N_HEADS
        heads = [
            attend(*(part[:, at * width : (at + 1) * width] for part in mapped))
            for at in range(N_HEADS)
        ]
        return ImmutableDenseMatrix(Matrix.hstack(*heads) * weights["O"])

    return lambda term: layer if term is Layer else letters[term]


def attend(query: Any, key: Any, value: Any) -> Any:
    """Write one head out in components.

    Parameters
    ----------
    query, key, value : sympy.Matrix
        Of shapes (n_queries, d_k), (n_keys, d_k) and (n_keys, d_v).

    Returns
    -------
    sympy.Matrix
        Of shape (n_queries, d_v).
    """
    return _softmax(query * key.T / sqrt(query.shape[1])) * value


# The way back --------------------------------------------------------------------------------


def delta_values() -> VectorEquation:
    """Send a derivative back to the values. Equation ``attention-delta-values``."""
    return VectorEquation(Delta(V), A.T @ Delta(Z))


def delta_weights() -> VectorEquation:
    """Send a derivative back to the weights. Equation ``attention-delta-weights``."""
    return VectorEquation(Delta(A), Delta(Z) @ V.T)


def delta_scores() -> VectorEquation:
    """Send a derivative back through the softmax. Equation ``attention-delta-scores``."""
    return VectorEquation(Delta(S), A * (Delta(A) - (A * Delta(A)) @ ONES @ ONES.T))


def delta_queries() -> VectorEquation:
    """Send a derivative back to the queries. Equation ``attention-delta-queries``."""
    return VectorEquation(Delta(Q), Ratio(Delta(S) @ K, ROOT))


def delta_keys() -> VectorEquation:
    """Send a derivative back to the keys. Equation ``attention-delta-keys``."""
    return VectorEquation(Delta(K), Ratio(Delta(S).T @ Q, ROOT))


def map_gradients() -> System:
    """Send a derivative back through H = X W + 1 b. Equation ``attention-map-gradients``."""
    return beneath(
        VectorEquation(Delta(W), X.T @ Delta(H)),
        VectorEquation(Delta(b), ONES.T @ Delta(H)),
        VectorEquation(Delta(X), Delta(H) @ W.T),
    )


def self_attention_delta() -> VectorEquation:
    """Add what three maps of the same tokens send back. Equation ``self-attention-delta``."""
    parts = ((Q, W_Q), (K, W_K), (V, W_V))
    first, second, third = (Delta(letter) @ weights.T for letter, weights in parts)
    return VectorEquation(Delta(X), first + second + third)


class OneHead:
    """Numbers behind the letters of one head, and SymPy's derivatives of a loss by each.

    The loss is a weighted sum of the context: the weights are the derivative that comes in.

    Parameters
    ----------
    query, key, value : sympy.Matrix
        Of shapes (n_queries, d_k), (n_keys, d_k) and (n_keys, d_v).
    slopes : sympy.Matrix
        Of shape (n_queries, d_v).
    """

    def __init__(self, query: Any, key: Any, value: Any, slopes: Any) -> None:
        self.slopes = slopes
        scores = query * key.T / sqrt(query.shape[1])
        weights = _softmax(scores)
        self.values = {Q: query, K: key, V: value, S: scores, A: weights, Z: weights * value}

    def __call__(self, term: Term) -> Any:
        """Return the matrix behind a letter, or the derivative of the loss by it."""
        if isinstance(term, Delta):
            return self._deltas[term.args[0]]
        if term == ROOT:
            return sqrt(self.values[Q].shape[1])
        if term == ONES:
            return ones(self.values[K].shape[0], 1)
        return self.values[term]

    @cached_property
    def _deltas(self) -> dict[Term, Any]:
        """Differentiate the loss by every letter; what is computed before it is held fixed."""
        return {letter: self._by(letter) for letter in self.values}

    def _by(self, letter: Term) -> Any:
        value = self.values[letter]
        free = Matrix(*value.shape, lambda i, j: Symbol(f"u_{i}_{j}", real=True))
        loss = self._loss({**self.values, letter: free}, letter)
        here = dict(zip(free, value, strict=True))
        return free.applyfunc(lambda entry: loss.diff(entry).xreplace(here))

    def _loss(self, values: Mapping[Term, Any], free: Term) -> Expr:
        """Compute the loss from the letters that `free` does not override."""
        query, key, value = (values[letter] for letter in (Q, K, V))
        scores = values[S] if free == S else query * key.T / sqrt(query.shape[1])
        weights = values[A] if free == A else _softmax(scores)
        context = values[Z] if free == Z else weights * value
        return sum(context.multiply_elementwise(self.slopes))
