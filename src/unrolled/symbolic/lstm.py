"""The LSTM block with peepholes: its definitions, and every gradient derived from them.

The letters are those of Greff et al. (2017), "LSTM: A Search Space Odyssey": block input z, gates
i, f and o, cell c, block output y; a bar marks the pre-activation, δ the derivative of the total
loss J. Functions named after a derivative derive it from the definitions; they return a
`VectorEquation`, which `components` evaluates, so that a printed formula can be compared with it.
"""

import functools
import operator
from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Rational

from unrolled.symbolic.recurrences import (
    Components,
    Definition,
    Edge,
    Network,
    Step,
    backward_steps,
    delta,
    edges_from,
    forward_steps,
    gradient_by_key,
    paths_from,
)
from unrolled.symbolic.vectors import (
    Activation,
    Diag,
    Jacobian,
    Parameter,
    Plus,
    Quantity,
    Term,
    VectorEquation,
    t,
)

__all__ = [
    "NETWORK",
    "collected_equations",
    "components",
    "delta_block_input",
    "delta_c",
    "delta_c0",
    "delta_forget",
    "delta_input",
    "delta_output",
    "delta_x",
    "delta_y",
    "delta_y0",
    "lstm_backward_steps",
    "lstm_forward_steps",
    "output_by_cell",
    "parameter_gradient",
    "parameter_gradients",
    "uses_of",
]
SIGMA, TANH = Activation("sigma"), Activation("tanh")


def _quantity(key: str, tex: str | None = None) -> Quantity:
    return Quantity(key, tex or key)


x, y, c, z, i, f, o = (_quantity(letter) for letter in "xyczifo")
zbar, ibar, fbar, obar = (_quantity(f"{letter}bar", rf"\bar{{{letter}}}") for letter in "zifo")


def _weights(of: str) -> tuple[Parameter, Parameter, Parameter, Parameter]:
    """W, R, b and p of one gate, or of the block input, which has no peephole."""
    first, second, third, fourth = (
        Parameter(f"{letter}_{of}", f"{letter}_{{{of}}}") for letter in "WRbp"
    )
    return first, second, third, fourth


W_for, R_for, b_for, p_for = _weights("for")
W_in, R_in, b_in, p_in = _weights("in")
W_z, R_z, b_z, _ = _weights("z")
W_out, R_out, b_out, p_out = _weights("out")


def _before(quantity: Quantity) -> Quantity:
    return quantity.at(t - 1)


def _after(quantity: Quantity) -> Quantity:
    return quantity.at(t + 1)


DEFINITIONS = (
    Definition(
        fbar,
        W_for @ x + R_for @ _before(y) + p_for * _before(c) + b_for,
        "the pre-activation of the forget gate",
    ),
    Definition(
        ibar,
        W_in @ x + R_in @ _before(y) + p_in * _before(c) + b_in,
        "the pre-activation of the input gate",
    ),
    Definition(zbar, W_z @ x + R_z @ _before(y) + b_z, "the pre-activation of the block input"),
    Definition(f, SIGMA(fbar), "the forget gate"),
    Definition(i, SIGMA(ibar), "the input gate"),
    Definition(z, TANH(zbar), "the block input"),
    Definition(c, z * i + _before(c) * f, "the cell"),
    Definition(
        obar,
        W_out @ x + R_out @ _before(y) + p_out * c + b_out,
        "the pre-activation of the output gate, which uses the new cell state",
    ),
    Definition(o, SIGMA(obar), "the output gate"),
    Definition(y, o * TANH(c), "the block output"),
)


def _squared_error(units: Mapping[str, Any]) -> Expr:
    return (
        sum(((a - b) ** 2 for a, b in zip(units["y"], units["target"], strict=True)), Rational(0))
        / 2
    )


NETWORK = Network(
    definitions=DEFINITIONS,
    parameters=(
        *(W_for, R_for, b_for, p_for),
        *(W_in, R_in, b_in, p_in),
        *(W_z, R_z, b_z),
        *(W_out, R_out, b_out, p_out),
    ),
    axes={
        **{f"W_{gate}": ("n_hidden", "n_in") for gate in ("for", "in", "z", "out")},
        **{f"R_{gate}": ("n_hidden", "n_hidden") for gate in ("for", "in", "z", "out")},
        **{f"b_{gate}": ("n_hidden",) for gate in ("for", "in", "z", "out")},
        **{f"p_{gate}": ("n_hidden",) for gate in ("for", "in", "out")},
        "x": ("n_in",),
        **{entry.name.key: ("n_hidden",) for entry in DEFINITIONS},
        "target": ("n_hidden",),
    },
    states=(y, c),
    nodes_with_delta=("fbar", "ibar", "zbar", "obar", "c", "y"),
    output=y,
    loss=_squared_error,
    target=Quantity("target", r"\tilde{y}"),
    target_values=lambda width, time: [
        Rational(7 * unit - 5 * time, 11) for unit in range(1, width + 1)
    ],
)
"""The block as its definitions; the equations below are derived from it."""


def components(n_in: int = 3, n_hidden: int = 2, n_steps: int = 3, **options: Any) -> Components:
    """Unroll the network unit by unit, with numbers in it: what the equations are evaluated on.

    Parameters
    ----------
    n_in, n_hidden, n_steps : int, optional
        Sizes; the loss is half the squared distance of every y from a target.
    **options
        As for `unrolled.symbolic.recurrences.Components`.

    Returns
    -------
    Components

    Raises
    ------
    ValueError
        As `Components`.

    Notes
    -----
    A single unit would not reveal a matrix that should be transposed.
    """
    return Components(NETWORK, {"n_in": n_in, "n_hidden": n_hidden}, n_steps, **options)


# The backward pass --------------------------------------------------------------------------


def delta_y() -> VectorEquation:
    """Five paths leave y: to its own loss, and to four pre-activations of the next step."""
    return delta(NETWORK, y, through=[_after(q) for q in (fbar, ibar, obar, zbar)])


def delta_output() -> VectorEquation:
    """One path leaves the pre-activation of the output gate: through o to y."""
    return delta(NETWORK, obar)


def delta_c() -> VectorEquation:
    """Five paths leave the cell: two to this step's y, three to the next cell."""
    return delta(NETWORK, c, through=_PATHS_OF_C)


def delta_forget() -> VectorEquation:
    """One path leaves the pre-activation of the forget gate: through f to the cell."""
    return delta(NETWORK, fbar)


def delta_input() -> VectorEquation:
    """One path leaves the pre-activation of the input gate: through i to the cell."""
    return delta(NETWORK, ibar)


def delta_block_input() -> VectorEquation:
    """One path leaves the pre-activation of the block input: through z to the cell."""
    return delta(NETWORK, zbar)


def delta_x() -> VectorEquation:
    """Four paths leave the input."""
    return delta(NETWORK, x, through=[fbar, ibar, obar, zbar])


def delta_y0() -> VectorEquation:
    """Four paths leave the initial output."""
    return delta(NETWORK, y.at(0), through=[q.at(1) for q in (fbar, ibar, obar, zbar)])


def delta_c0() -> VectorEquation:
    """Three paths leave the initial cell."""
    return delta(NETWORK, c.at(0), through=[q.at(1) for q in (c, ibar, fbar)])


def parameter_gradient(key: str) -> VectorEquation:
    """Derive the δ of one parameter: a sum over all steps, the first and the last included.

    Parameters
    ----------
    key : str
        ``W``, ``R``, ``b`` or ``p``, an underscore, and ``for``, ``in``, ``z`` or ``out``.

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
    """Derive the δ of all fifteen parameters.

    Returns
    -------
    tuple of VectorEquation
    """
    return tuple(parameter_gradient(parameter.key) for parameter in NETWORK.parameters)


# The cell, from step to step -----------------------------------------------------------------


def output_by_cell() -> VectorEquation:
    """How y depends on the cell of the same step: directly, and by the output gate's peephole."""
    to = {path[-1].head: path for path in paths_from(NETWORK, c)}
    (from_gate,) = paths_from(NETWORK, obar)
    direct, by_gate = _along(to[y]), _along((*to[obar], *from_gate))
    inner = Plus(direct, by_gate).subs(t, t - 1)
    return VectorEquation(Jacobian(_before(y), _before(c)), Diag(inner))


def uses_of(quantity: Quantity) -> dict[str, tuple[int, str]]:
    """List the uses of a quantity of step t for a drawing.

    Parameters
    ----------
    quantity : Quantity

    Returns
    -------
    dict of str to tuple
        By the key of what uses it: how many steps later that is, and the TeX of the local
        derivative, which is a matrix or the diagonal of one.
    """
    edges = edges_from(NETWORK, quantity)
    return {
        edge.head.key: (int(edge.head.time - quantity.time), repr(edge.local)) for edge in edges
    }


# Steps of the passes -------------------------------------------------------------------------

WORDS = {
    "y": "δ of the block output",
    "obar": "δ of the pre-activation of the output gate",
    "c": "δ of the cell",
    "fbar": "δ of the pre-activation of the forget gate",
    "ibar": "δ of the pre-activation of the input gate",
    "zbar": "δ of the pre-activation of the block input",
    "x": "δ of the input",
    "y(0)": "δ of the initial output",
    "c(0)": "δ of the initial cell",
    **{
        f"{letter}_{key}": f"δ of {kind} of the {gate}"
        for letter, kind in zip(
            "WRbp",
            ("the input weights", "the recurrent weights", "the bias", "the peephole"),
            strict=True,
        )
        for key, gate in (
            ("for", "forget gate"),
            ("in", "input gate"),
            ("z", "block input"),
            ("out", "output gate"),
        )
    },
}


def lstm_forward_steps(n_steps: int = 3) -> tuple[Step, ...]:
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


def lstm_backward_steps(n_steps: int = 3) -> tuple[Step, ...]:
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
    order = (
        delta_y(),
        delta_output(),
        delta_c(),
        delta_forget(),
        delta_input(),
        delta_block_input(),
    )
    last = (*parameter_gradients(), delta_x(), delta_y0(), delta_c0())
    return backward_steps(NETWORK, n_steps, order=order, words=WORDS, last=last)


def collected_equations() -> dict[str, str]:
    """Write the equations that end the backward pass, one for all that have the same form.

    Returns
    -------
    dict of str to str
        By what is differentiated: ``W``, ``R``, ``b``, ``p``, ``x``, ``y(0)`` and ``c(0)``, as TeX.
        A star stands for any of the four pre-activations.
    """
    whole = {
        letter: repr(parameter_gradient(f"{letter}_for"))
        .replace("{for}", r"{\star}")
        .replace(r"\bar{f}", r"\bar{\star}")
        for letter in "WRb"
    }
    peepholes = [repr(parameter_gradient(f"p_{gate}")) for gate in ("in", "for", "out")]
    rows = r" \\ ".join(row.replace("=", "&=", 1) for row in peepholes)
    rest = {"x": delta_x(), "y(0)": delta_y0(), "c(0)": delta_c0()}
    return {
        **whole,
        "p": rf"\begin{{aligned}} {rows} \end{{aligned}}",
        **{key: Step("", equation, (), {}).shown for key, equation in rest.items()},
    }


# Private -------------------------------------------------------------------------------------

_PATHS_OF_C = (y, obar, _after(c), _after(ibar), _after(fbar))


def _along(path: Sequence[Edge]) -> Term:
    """Multiply the local derivatives within one unit, from the end of the path to its beginning."""
    return functools.reduce(operator.mul, (edge.local for edge in reversed(path)))
