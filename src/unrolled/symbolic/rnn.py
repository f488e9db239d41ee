r"""The simple recurrent network: its equations, and back propagation through time.

The letters are those of Goodfellow, Bengio and Courville (2016), chapter 10: input weights U,
recurrent weights W, output weights V, biases b and c; the pre-activation of the hidden layer is a,
the hidden state h, the logits o, the prediction :math:`\hat y`, the target y. Functions named after
a derivative derive it from the definitions; they return a `VectorEquation`, which `components`
evaluates.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Expr, Rational, exp, log, tanh

from unrolled.symbolic.recurrences import (
    Components,
    Definition,
    Network,
    Step,
    WholeVector,
    backward_steps,
    delta,
    forward_steps,
    gradient_by_key,
)
from unrolled.symbolic.vectors import (
    Activation,
    Delta,
    Immediate,
    Parameter,
    Quantity,
    VectorEquation,
    t,
)

__all__ = [
    "NETWORK",
    "components",
    "delta_h",
    "delta_h0",
    "delta_o",
    "delta_x",
    "parameter_gradient",
    "parameter_gradients",
    "rnn_backward_steps",
    "rnn_forward_steps",
]

U, W, V, b, c = (Parameter(letter, letter) for letter in "UWVbc")
x, a, h, o = (Quantity(letter, letter) for letter in "xaho")
y_hat, y = Quantity("y_hat", r"\hat{y}"), Quantity("target", "y")
loss = Quantity("J", "J")
G, F = Activation("g"), Activation("f")


def _before(quantity: Quantity) -> Quantity:
    return quantity.at(t - 1)


def _softmax(logits: Any) -> Any:
    whole = sum(map(exp, logits))
    return logits.applyfunc(lambda logit: exp(logit) / whole)


def _cross_entropy(units: Mapping[str, Any]) -> Expr:
    pairs = zip(units["target"], units["y_hat"], strict=True)
    return -sum((share * log(guess) for share, guess in pairs), Rational(0))


def _shares(width: int, time: int) -> list[Rational]:
    """Give a target that is a distribution, another at every step."""
    weights = [(unit + time) % width + 1 for unit in range(width)]
    return [Rational(weight, sum(weights)) for weight in weights]


NETWORK = Network(
    definitions=(
        Definition(a, b + W @ _before(h) + U @ x, "the pre-activation of the hidden layer"),
        Definition(h, G(a), "the hidden state"),
        Definition(o, c + V @ h, "the logits"),
        Definition(y_hat, F(o), "the prediction"),
    ),
    parameters=(U, W, b, V, c),
    axes={
        "U": ("n_hidden", "n_in"),
        "W": ("n_hidden", "n_hidden"),
        "b": ("n_hidden",),
        "V": ("n_out", "n_hidden"),
        "c": ("n_out",),
        "x": ("n_in",),
        "a": ("n_hidden",),
        "h": ("n_hidden",),
        "o": ("n_out",),
        "y_hat": ("n_out",),
        "target": ("n_out",),
    },
    states=(h,),
    nodes_with_delta=("h", "o", "y_hat"),
    output=y_hat,
    loss=_cross_entropy,
    target=y,
    target_values=_shares,
    writes_diag=True,
)
"""The network as its definitions; the equations below are derived from it."""


def components(
    n_in: int = 3,
    n_hidden: int = 2,
    n_out: int = 3,
    n_steps: int = 3,
    *,
    activation: Callable[[Any], Any] = tanh,
    **options: Any,
) -> Components:
    """Unroll the network unit by unit, with numbers in it: what the equations are evaluated on.

    Parameters
    ----------
    n_in, n_hidden, n_out, n_steps : int, optional
        Sizes; f is softmax and the loss the cross-entropy.
    activation : callable, optional
        What the letter g stands for: a function of one SymPy expression.
    **options
        As for `unrolled.symbolic.recurrences.Components`.

    Returns
    -------
    Components

    Raises
    ------
    ValueError
        As `Components`.
    """
    sizes = {"n_in": n_in, "n_hidden": n_hidden, "n_out": n_out}
    functions: dict[str, Any] = {"g": activation, "f": WholeVector(_softmax)}
    return Components(NETWORK, sizes, n_steps, functions=functions, **options)


# The backward pass --------------------------------------------------------------------------


def delta_o() -> VectorEquation:
    """Differentiate cross-entropy and softmax together: the result is a difference."""
    by_chain = delta(NETWORK, o).rhs.xreplace({Delta(y_hat): Immediate(y_hat)})
    return VectorEquation(Delta(o), by_chain, y_hat - y)


def delta_h() -> VectorEquation:
    """Two paths leave the hidden state: to this step's logits, and to the next state."""
    return delta(NETWORK, h, through=[o, h.at(t + 1)])


def delta_x() -> VectorEquation:
    """One path leaves the input."""
    return delta(NETWORK, x)


def delta_h0() -> VectorEquation:
    """One path leaves the initial state."""
    return delta(NETWORK, h.at(0))


def parameter_gradient(key: str) -> VectorEquation:
    """Derive the δ of one parameter: a sum over all steps.

    Parameters
    ----------
    key : str
        ``U``, ``W``, ``b``, ``V`` or ``c``.

    Returns
    -------
    VectorEquation

    Raises
    ------
    ValueError
        When there is no such parameter.
    """
    return gradient_by_key(NETWORK, key)


def parameter_gradients() -> tuple[VectorEquation, ...]:
    """Derive the δ of all five parameters.

    Returns
    -------
    tuple of VectorEquation
    """
    return tuple(parameter_gradient(parameter.key) for parameter in NETWORK.parameters)


# Steps of the passes -------------------------------------------------------------------------

WORDS = {
    "o": "δ of the logits",
    "h": "δ of the hidden state",
    "x": "δ of the input",
    "h(0)": "δ of the initial state",
    "U": "δ of the input weights",
    "W": "δ of the recurrent weights",
    "b": "δ of the hidden layer's bias",
    "V": "δ of the output weights",
    "c": "δ of the output's bias",
}


def rnn_forward_steps(n_steps: int = 3) -> tuple[Step, ...]:
    """List the forward pass of a short sequence, one equation for each step.

    Parameters
    ----------
    n_steps : int, optional
        Length of the sequence.

    Returns
    -------
    tuple of Step

    Raises
    ------
    ValueError
        If `n_steps` is not a positive integer.
    """
    return forward_steps(NETWORK, n_steps)


def rnn_backward_steps(n_steps: int = 3) -> tuple[Step, ...]:
    """List the backward pass: every δ from the last step to the first, then what steps share.

    Parameters
    ----------
    n_steps : int, optional
        Length of the sequence.

    Returns
    -------
    tuple of Step

    Raises
    ------
    ValueError
        If `n_steps` is not a positive integer.
    """
    order = (VectorEquation(Delta(o), delta_o().rhs), delta_h())
    last = (*parameter_gradients(), delta_x(), delta_h0())
    return backward_steps(NETWORK, n_steps, order=order, words=WORDS, last=last)
