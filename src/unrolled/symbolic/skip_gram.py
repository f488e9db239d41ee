"""The loss of skip-gram with negative sampling for one pair of words, and its derivatives."""

from collections.abc import Sequence

from sympy import Add, Expr, Matrix, Symbol, exp, log

__all__ = ["pair_gradient", "pair_loss", "vector"]


def vector(name: str, n_dims: int) -> Matrix:
    """Name the components of a vector, from 1.

    Parameters
    ----------
    name : str
        TeX of the vector: ``v`` or ``u_0``.
    n_dims : int

    Returns
    -------
    sympy.Matrix
        A column of symbols.
    """
    return Matrix([Symbol(f"{name}({d})") for d in range(1, n_dims + 1)])


def pair_loss(v: Matrix, u: Sequence[Matrix]) -> Expr:
    """Loss of one pair with its noise, from the definition of the logistic function.

    Parameters
    ----------
    v : sympy.Matrix of shape (n_dims, 1)
        Vector of the centre.
    u : sequence of sympy.Matrix of shape (n_dims, 1)
        Vectors of the true context, which comes first, and of the noise.

    Returns
    -------
    sympy.Expr
    """
    scores = [v.dot(context) for context in u]
    signed = [scores[0], *(-score for score in scores[1:])]
    return Add(*(log(1 + exp(-score)) for score in signed))


def pair_gradient(v: Matrix, u: Sequence[Matrix]) -> tuple[Matrix, list[Matrix]]:
    """Differentiate the loss of a pair with respect to each component of each vector.

    Parameters
    ----------
    v : sympy.Matrix of shape (n_dims, 1)
    u : sequence of sympy.Matrix of shape (n_dims, 1)

    Returns
    -------
    d_v : sympy.Matrix of shape (n_dims, 1)
    d_u : list of sympy.Matrix of shape (n_dims, 1)
    """
    loss = pair_loss(v, u)
    return _slopes(loss, v), [_slopes(loss, context) for context in u]


def _slopes(loss: Expr, by: Matrix) -> Matrix:
    return Matrix([loss.diff(symbol) for symbol in by])
