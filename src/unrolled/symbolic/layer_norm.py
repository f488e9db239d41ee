"""Layer normalisation of one token, and its derivatives as SymPy finds them."""

from sympy import Expr, Matrix, sqrt

__all__ = ["layer_norm", "loss_gradient", "normalised"]


def normalised(x: Matrix, epsilon: Expr) -> Matrix:
    """Centre a token and divide it by its standard deviation.

    Parameters
    ----------
    x : sympy.Matrix of shape (d_model, 1)
    epsilon : sympy.Expr
        Is added to the variance.

    Returns
    -------
    sympy.Matrix of shape (d_model, 1)
    """
    d_model = len(x)
    mean = sum(x) / d_model
    variance = sum((entry - mean) ** 2 for entry in x) / d_model
    return Matrix([(entry - mean) / sqrt(variance + epsilon) for entry in x])


def layer_norm(x: Matrix, gain: Matrix, bias: Matrix, epsilon: Expr) -> Matrix:
    """Normalise a token, then scale and shift each of its numbers.

    Parameters
    ----------
    x, gain, bias : sympy.Matrix of shape (d_model, 1)
    epsilon : sympy.Expr

    Returns
    -------
    sympy.Matrix of shape (d_model, 1)
    """
    return normalised(x, epsilon).multiply_elementwise(gain) + bias


def loss_gradient(y: Matrix, d_y: Matrix, by: Matrix) -> Matrix:
    """Differentiate a loss of which only the slopes at the output are known.

    Parameters
    ----------
    y : sympy.Matrix of shape (d_model, 1)
        The output, as expressions.
    d_y : sympy.Matrix of shape (d_model, 1)
        Derivative of the loss with respect to each output: numbers, or symbols of their own.
    by : sympy.Matrix of shape (n, 1)
        The symbols to differentiate by.

    Returns
    -------
    sympy.Matrix of shape (n, 1)
        Of ``d_y . y``, which has these slopes.
    """
    loss: Expr = d_y.dot(y)
    return Matrix([loss.diff(symbol) for symbol in by])
