r"""The gated recurrent unit: its definitions, and every gradient derived from them.

Update gate z, reset gate r, candidate :math:`\tilde h`, hidden state h, all after Cho et al.
(2014), whose z is the share of the old state that is kept; :math:`\hat h` is the part of it that
enters the candidate. A bar marks the pre-activation, δ the derivative of the total loss J.
Functions named after a derivative derive it from the definitions; they return a `VectorEquation`,
which `components` evaluates, so that a printed formula can be compared with it.
"""

from collections.abc import Mapping
from typing import Any

from sympy import Expr, Rational

from unrolled.symbolic.recurrences import Components, Definition, Network, delta, gradient_by_key
from unrolled.symbolic.vectors import (
    Activation,
    OneMinus,
    Parameter,
    Quantity,
    VectorEquation,
    t,
)

__all__ = [
    "AFTER",
    "NETWORK",
    "components",
    "delta_candidate",
    "delta_h",
    "delta_reset",
    "delta_update",
    "parameter_gradient",
]

SIGMA, TANH = Activation("sigma"), Activation("tanh")

x, h, z, r = (Quantity(letter, letter) for letter in "xhzr")
g = Quantity("g", r"\tilde{h}")
seen = Quantity("seen", r"\hat{h}")
zbar, rbar = (Quantity(f"{letter}bar", rf"\bar{{{letter}}}") for letter in "zr")
gbar = Quantity("gbar", r"\bar{h}")
W_z, W_r, W_h = (Parameter(f"W_{of}", f"W_{{{of}}}") for of in "zrh")
R_z, R_r, R_h = (Parameter(f"R_{of}", f"R_{{{of}}}") for of in "zrh")
b_z, b_r, b_h = (Parameter(f"b_{of}", f"b_{{{of}}}") for of in "zrh")
before = h.at(t - 1)

DEFINITIONS = (
    Definition(zbar, W_z @ x + R_z @ before + b_z, "the pre-activation of the update gate"),
    Definition(rbar, W_r @ x + R_r @ before + b_r, "the pre-activation of the reset gate"),
    Definition(z, SIGMA(zbar), "the update gate"),
    Definition(r, SIGMA(rbar), "the reset gate"),
    Definition(seen, r * before, "the reset old state"),
    Definition(gbar, W_h @ x + R_h @ seen + b_h, "the pre-activation of the candidate"),
    Definition(g, TANH(gbar), "the candidate"),
    Definition(h, z * before + OneMinus(z) * g, "the hidden state"),
)


def _squared_error(units: Mapping[str, Any]) -> Expr:
    pairs = zip(units["h"], units["target"], strict=True)
    return sum(((a - b) ** 2 for a, b in pairs), Rational(0)) / 2


NETWORK = Network(
    definitions=DEFINITIONS,
    parameters=(W_z, R_z, b_z, W_r, R_r, b_r, W_h, R_h, b_h),
    axes={
        **{f"W_{of}": ("n_hidden", "n_in") for of in "zrh"},
        **{f"R_{of}": ("n_hidden", "n_hidden") for of in "zrh"},
        **{f"b_{of}": ("n_hidden",) for of in "zrh"},
        "x": ("n_in",),
        **{entry.name.key: ("n_hidden",) for entry in DEFINITIONS},
        "target": ("n_hidden",),
    },
    states=(h,),
    nodes_with_delta=("zbar", "rbar", "gbar", "h"),
    output=h,
    loss=_squared_error,
    target=Quantity("target", r"\tilde{y}"),
    target_values=lambda width, time: [
        Rational(7 * unit - 5 * time, 11) for unit in range(1, width + 1)
    ],
)
"""The unit as its definitions; the equations below are derived from it."""


part = Quantity("part", r"\hat{h}")
b_R = Parameter("b_R", "b_{R}")
RESET_LATER = {
    seen: Definition(part, R_h @ before + b_R, "the candidate's share of the old state"),
    gbar: Definition(gbar, W_h @ x + r * part + b_h, "the pre-activation of the candidate"),
}
AFTER = NETWORK._replace(
    definitions=tuple(RESET_LATER.get(entry.name, entry) for entry in DEFINITIONS),
    parameters=(*NETWORK.parameters, b_R),
    axes={**NETWORK.axes, "b_R": ("n_hidden",), "part": ("n_hidden",)},
)
"""The variant whose reset comes after the matrix product."""


def components(
    n_in: int = 3,
    n_hidden: int = 2,
    n_steps: int = 3,
    *,
    network: Network = NETWORK,
    **options: Any,
) -> Components:
    """Unroll the network unit by unit, with numbers in it: what the equations are evaluated on.

    Parameters
    ----------
    n_in, n_hidden, n_steps : int, optional
        Sizes; the loss is half the squared distance of every h from a target.
    network : Network, optional
        `NETWORK` or `AFTER`.
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
    return Components(network, {"n_in": n_in, "n_hidden": n_hidden}, n_steps, **options)


# The backward pass --------------------------------------------------------------------------


def delta_h() -> VectorEquation:
    """Five paths leave h: to its own loss, and four into the next step."""
    return delta(NETWORK, h, through=[q.at(t + 1) for q in (h, zbar, rbar, gbar)])


def delta_update() -> VectorEquation:
    """One path leaves the pre-activation of the update gate: through z to h."""
    return delta(NETWORK, zbar)


def delta_candidate() -> VectorEquation:
    """One path leaves the pre-activation of the candidate: through it to h."""
    return delta(NETWORK, gbar)


def delta_reset() -> VectorEquation:
    """One path leaves the pre-activation of the reset gate: to the reset old state."""
    return delta(NETWORK, rbar)


def parameter_gradient(key: str) -> VectorEquation:
    """Derive the δ of one parameter: a sum over all steps.

    Parameters
    ----------
    key : str
        ``W``, ``R`` or ``b``, an underscore, and ``z``, ``r`` or ``h``.

    Returns
    -------
    VectorEquation

    Raises
    ------
    ValueError
        When there is no such parameter.
    """
    return gradient_by_key(NETWORK, key)
