"""A cell with gates that do not change, against a recurrence solved and the network itself."""

import numpy as np
import pytest
import sympy
from scipy.optimize import brentq
from scipy.special import expit

from unrolled.networks.lstm import lstm_forward
from unrolled.networks.lstm_by_hand import single_unit
from unrolled.symbolic import gates
from unrolled.symbolic.gates import T, a, f, first_cell, i, s, z

SHUT = -800.0  # its logistic function is zero in float64
N_STEPS = 11


def run(forget, let_in, block, c0, n_steps=N_STEPS):
    """Let one unit run with gates held fixed by their biases; give the last cell."""
    unit = single_unit((0, 0, block), (0, 0, let_in, 0), (0, 0, forget, 0), (0, 0, 0, 0))
    _, c, _ = lstm_forward(unit, np.zeros((1, n_steps, 1)), c0=np.array([[c0]]))
    return c[0, -1, 0]


def solved(added):
    """Solve the recurrence of the cell, c(t) = f c(t - 1) + added, with SymPy."""
    t, c = sympy.Symbol("t", integer=True), sympy.Function("c")
    found = sympy.rsolve(c(t) - f * c(t - 1) - added, c(t), {c(0): first_cell})
    return found.subs(t, T)


@pytest.mark.equation("lstm-open-gate")
def test_open_gate_is_the_logistic_function(evidence):
    equation = gates.open_gate()
    evidence.rendered(equation)
    evidence.identity(equation.residual)
    for value in (-40.0, -1.0, 0.0, 3.0):
        ours = float(equation.rhs.subs(a, value))
        evidence.agrees(ours, expit(value), witness="SciPy", within=1e-14)
    exact = equation.rhs.subs(a, 1000).evalf(500)
    assert 0 < 1 - exact < sympy.Float("1e-400", 500)


@pytest.mark.equation("lstm-kept")
def test_cell_that_gets_nothing_fades_by_a_power(evidence):
    equation = gates.kept()
    evidence.rendered(equation)
    evidence.identity(equation.rhs - solved(0))
    for entering in (-1.0, 0.5, 5.0):
        values = {f: expit(entering), first_cell: 0.7, T: N_STEPS}
        ours = float(equation.rhs.subs(values))
        theirs = run(entering, SHUT, 3.0, 0.7)
        evidence.agrees(ours, theirs, witness="the forward pass", within=1e-13)


@pytest.mark.equation("lstm-half-life")
def test_half_is_left_after_the_half_life(evidence):
    equation = gates.half_life()
    evidence.rendered(equation)
    assert float(equation.rhs.subs(a, 0)) == 1  # a gate of one half
    for entering in (-1.0, 0.5, 5.0):
        gate = expit(entering)
        theirs = brentq(lambda t, gate=gate: gate**t - 0.5, 0.01, 1000, xtol=1e-13)
        ours = float(equation.rhs.subs(a, entering))
        evidence.agrees(ours, theirs, witness="a root found by SciPy", within=1e-11)


@pytest.mark.equation("lstm-needed-bias")
def test_what_must_enter_for_a_share_to_be_left(evidence):
    equation = gates.needed()
    evidence.rendered(equation)
    for share, n_steps in ((0.5, 7), (0.9, 100), (0.01, 3)):
        entering = float(equation.rhs.subs({s: share, T: n_steps}))
        left = run(entering, SHUT, 0.0, 1.0, n_steps)
        evidence.agrees(left, share, witness="the forward pass", within=1e-12)


@pytest.mark.equation("lstm-leaky-count")
def test_leaky_counter_is_a_geometric_sum(evidence):
    equation = gates.leaky_count()
    evidence.rendered(equation)
    by_hand = equation.rhs.subs({z: 1, i: 1, f: sympy.Rational(1, 2), first_cell: 0, T: 3})
    assert by_hand.doit() == sympy.Rational(7, 4)  # 1 + 1/2 + 1/4
    evidence.identity(equation.rhs - solved(z * i))
    for forget, let_in, block in ((2.0, 1.0, 0.5), (-1.0, 3.0, -2.0)):
        values = {f: expit(forget), i: expit(let_in), z: np.tanh(block), first_cell: 0.3}
        ours = float(equation.rhs.subs({**values, T: N_STEPS}))
        theirs = run(forget, let_in, block, 0.3)
        evidence.agrees(ours, theirs, witness="the forward pass", within=1e-13)


def test_a_gate_that_never_forgets_counts():
    count = gates.leaky_count().rhs.subs({z: 1, i: 1, first_cell: 0, T: 5})
    assert sympy.limit(count.doit(), f, 1) == 5


@pytest.mark.parametrize(
    ("equation", "tex"),
    [
        (gates.open_gate, r"f = \sigma{\left(a \right)} = \frac{1}{e^{- a} + 1}"),
        (gates.kept, r"c^{(T)} = f^{T} c^{(0)}"),
        (gates.half_life, r"\tau = \frac{\ln\left(2\right)}{\ln\left(e^{- a} + 1\right)}"),
    ],
)
def test_equations_read_as_in_the_book(equation, tex):
    assert equation()._repr_latex_() == rf"$\displaystyle {tex}$"
