"""A cell with gates that do not change, against a recurrence solved and the network itself."""

import numpy as np
import pytest
import sympy
from scipy.optimize import brentq
from scipy.special import expit

from unrolled.experiments.hand_set_lstm import single_unit
from unrolled.networks.lstm import lstm_forward

SHUT = -800.0  # its logistic function is zero in float64
N_STEPS = 11
PASS = "the book's own lstm_forward with the gates held by their biases"


def run(forget, let_in, block, c0, n_steps=N_STEPS):
    """Let one unit run with gates held fixed by their biases; give its cells, by the step."""
    unit = single_unit((0, 0, block), (0, 0, let_in, 0), (0, 0, forget, 0), (0, 0, 0, 0))
    _, c, _ = lstm_forward(unit, np.zeros((1, n_steps, 1)), c0=np.array([[c0]]))
    return dict(enumerate([c0, *c[0, :, 0]]))


def solved(n_steps, forget, added, c0):
    """Solve the recurrence of the cell, c(t) = f c(t - 1) + added, with SymPy; put numbers in."""
    t, f, plus, first = (sympy.Symbol(name) for name in ("t", "f", "plus", "first"))
    c = sympy.Function("c")
    found = sympy.rsolve(c(t) - f * c(t - 1) - plus, c(t), {c(0): first})
    return float(found.subs({t: n_steps, f: forget, plus: added, first: c0}))


@pytest.mark.equation("lstm-open-gate")
def test_open_gate_is_the_logistic_function(evidence):
    entering = (-40.0, -1.0, 0.0, 3.0)
    evidence.evaluates(
        {r"\sigma": expit},
        at=[{"a": a, "f": (1 + np.tanh(a / 2)) / 2 if a > -9 else np.exp(a)} for a in entering],
        witness="the logistic function of SciPy, and the hyperbolic tangent",
        within=1e-15,
    )


@pytest.mark.equation("lstm-open-gate")
def test_tiny_gate_is_not_shut(evidence):
    for a in (-700.0, -40.0):
        evidence.evaluates(
            {r"\sigma": expit, "a": a, "f": np.exp(a)},
            witness="the exponential function, which the gate is near for small a",
            within=1e-12,
        )
    a = sympy.Integer(1000)
    exact = (1 / (1 + sympy.exp(-a))).evalf(500)
    assert 0 < 1 - exact < sympy.Float("1e-400", 500)


@pytest.mark.equation("lstm-kept")
def test_cell_that_gets_nothing_fades_by_a_power(evidence):
    for entering, n_steps in ((-1.0, 5), (0.5, N_STEPS), (5.0, N_STEPS)):
        cells, gate = run(entering, SHUT, 3.0, 0.7, n_steps), expit(entering)
        evidence.evaluates({"c^{(t)}": cells, "f": gate, "T": n_steps}, witness=PASS, within=1e-13)
        evidence.evaluates(
            {"c^{(t)}": {0: 0.7, n_steps: solved(n_steps, gate, 0, 0.7)}, "f": gate, "T": n_steps},
            witness="the recurrence of the cell, solved by SymPy",
            within=1e-13,
        )


@pytest.mark.equation("lstm-half-life")
def test_half_is_left_after_the_half_life(evidence):
    def root(a):
        return brentq(lambda t: expit(a) ** t - 0.5, 0.01, 1000, xtol=1e-13)

    evidence.evaluates(
        {},
        at=[{"a": a, r"\tau": root(a)} for a in (-1.0, 0.0, 0.5, 5.0)],
        witness="the step at which the power of the gate is one half, a root found by SciPy",
        within=1e-11,
    )
    assert root(0.0) == pytest.approx(1, abs=1e-12)  # a gate of one half


@pytest.mark.equation("lstm-needed-bias")
def test_what_must_enter_for_a_share_to_be_left(evidence):
    evidence.evaluates(
        {},
        at=[
            {"a": a, "T": n_steps, "s": run(a, SHUT, 0.0, 1.0, n_steps)[n_steps]}
            for a, n_steps in ((2.3, 7), (6.8, 100), (-1.3, 3))
        ],
        witness=PASS,
        within=1e-12,
    )


@pytest.mark.equation("lstm-leaky-count")
def test_leaky_counter_is_a_geometric_sum(evidence):
    for forget, let_in, block, n_steps in ((2.0, 1.0, 0.5, N_STEPS), (-1.0, 3.0, -2.0, 5)):
        values = {"f": expit(forget), "i": expit(let_in), "z": np.tanh(block), "T": n_steps}
        evidence.evaluates(
            {**values, "c^{(t)}": run(forget, let_in, block, 0.3, n_steps)},
            witness=PASS,
            within=1e-13,
        )
        last = solved(n_steps, values["f"], values["z"] * values["i"], 0.3)
        evidence.evaluates(
            {**values, "c^{(t)}": {0: 0.3, n_steps: last}},
            witness="the recurrence of the cell, solved by SymPy",
            within=1e-12,
        )


def test_a_gate_that_never_forgets_counts():
    cells = run(800.0, 800.0, 1.0, 0.0)
    assert cells[N_STEPS] == pytest.approx(N_STEPS * np.tanh(1.0), rel=1e-14)
