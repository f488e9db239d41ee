"""The derived equations of the LSTM against the NumPy code that claims to follow them.

Neither knows the other: the equations are derived from the graph of definitions and evaluated by
SymPy with forty digits, column vectors and all; the code has rows.
"""

import numpy as np
import pytest
from sympy import Matrix

from mutants import mutant
from unrolled.networks import lstm as code
from unrolled.networks.lstm import BlockInput, Gate, LSTMParams
from unrolled.symbolic import lstm
from unrolled.symbolic.lines import in_lines

N_IN, N_HIDDEN, TIME = 5, 2, 3
STEPS = range(1, TIME + 1)
WITHIN = 1e-12
NAMES = {"z": "block_input", "in": "input_gate", "for": "forget_gate", "out": "output_gate"}


@pytest.fixture(scope="module", params=[False, True], ids=["loss of y", "loss of c(T) too"])
def network(request):
    return lstm.components(N_IN, N_HIDDEN, TIME, state_in_loss=request.param)


def as_rows(matrix):
    """Turn a printed column into a row, and a printed matrix into the code's."""
    return np.array(Matrix([matrix]).T.tolist(), dtype=float)


def over_time(network, quantity):
    return np.stack([as_rows(network(quantity.at(s))) for s in STEPS], axis=1)


def differentiate(network, module=code):
    """Run the code forwards and backwards on the numbers of a symbolic network."""

    def weights(gate, letters):
        entries = (as_rows(network(getattr(lstm, f"{letter}_{gate}"))) for letter in letters)
        return [entry if letter in "WR" else entry[0] for letter, entry in zip(letters, entries)]  # noqa: B905

    params = LSTMParams(
        BlockInput(*weights("z", "WRb")), *(Gate(*weights(g, "WRbp")) for g in ("in", "for", "out"))
    )
    states = as_rows(network(lstm.y.at(0))), as_rows(network(lstm.c.at(0)))
    y, c, cache = module.lstm_forward(params, over_time(network, lstm.x), *states)
    d_y = y - over_time(network, lstm.NETWORK.aim)
    d_c_last = c[:, -1] if network.state_in_loss else None
    if hasattr(module, "immediate"):
        module.immediate = list(np.moveaxis(d_y, 1, 0))
    gradients = module.lstm_backward(params, cache, d_y, d_c_last)
    return gradients, code.lstm_deltas(params, cache, d_y, d_c_last)


@pytest.fixture(scope="module")
def results(network):
    return differentiate(network)


def value(network, equation, **indices):
    """Evaluate the last side of an equation: what the page says."""
    return as_rows(equation.at(**indices).sides[-1].on(network))


def marked(*cases):
    return [pytest.param(*case[:-1], marks=pytest.mark.equation(case[-1])) for case in cases]


@pytest.mark.parametrize(
    ("name", "field"),
    marked(
        ("delta_y", "y", "lstm-delta-y"),
        ("delta_output", "o_bar", "lstm-delta-output"),
        ("delta_c", "c", "lstm-delta-c"),
        ("delta_forget", "f_bar", "lstm-delta-forget"),
        ("delta_input", "i_bar", "lstm-delta-input"),
        ("delta_block_input", "z_bar", "lstm-delta-block"),
    ),
)
def test_code_computes_each_delta(evidence, network, results, name, field):
    equation = getattr(lstm, name)()
    evidence.rendered(in_lines(equation))
    for time in STEPS:
        if name == "delta_c" and time == TIME and network.state_in_loss:
            continue  # that one is `lstm-delta-c-last`
        theirs = value(network, equation, t=time, T=TIME)
        ours = getattr(results[1], field)[:, time - 1]
        evidence.agrees(ours, theirs, witness="derived equation", within=WITHIN)


@pytest.mark.equation("lstm-delta-c-last")
def test_code_adds_what_the_loss_sees_of_the_last_cell(evidence, network, results):
    equation = lstm.delta_c_last() if network.state_in_loss else lstm.delta_c()
    evidence.rendered(in_lines(lstm.delta_c_last()))
    theirs = value(network, equation, t=TIME, T=TIME)
    evidence.agrees(results[1].c[:, -1], theirs, witness="derived equation", within=WITHIN)


@pytest.mark.equation("lstm-delta-x")
def test_code_computes_the_delta_of_every_input(evidence, network, results):
    evidence.rendered(in_lines(lstm.delta_x()))
    theirs = [value(network, lstm.delta_x(), t=time, T=TIME) for time in STEPS]
    evidence.agrees(
        results[0].x, np.stack(theirs, axis=1), witness="derived equation", within=WITHIN
    )


@pytest.mark.parametrize(
    ("name", "field"),
    marked(("delta_y0", "y0", "lstm-delta-y0"), ("delta_c0", "c0", "lstm-delta-c0")),
)
def test_code_computes_the_deltas_of_the_initial_states(evidence, network, results, name, field):
    equation = getattr(lstm, name)()
    evidence.rendered(in_lines(equation))
    ours = getattr(results[0], field)
    evidence.agrees(ours, value(network, equation), witness="derived equation", within=WITHIN)


@pytest.mark.parametrize("gate", NAMES)
@pytest.mark.parametrize(
    "letter", marked(*((letter, f"lstm-gradient-{letter}") for letter in "WRb"))
)
def test_code_sums_up_weights_and_biases(evidence, network, results, letter, gate):
    evidence.rendered(lstm.parameter_gradient(f"{letter}_star"))
    theirs = value(network, lstm.parameter_gradient(f"{letter}_{gate}"), T=TIME)
    ours = getattr(getattr(results[0].params, NAMES[gate]), letter)
    evidence.agrees(np.atleast_2d(ours), theirs, witness="derived equation", within=WITHIN)


@pytest.mark.parametrize(
    "gate", marked(*((gate, f"lstm-gradient-p-{gate}") for gate in ("in", "for", "out")))
)
def test_code_sums_up_peepholes(evidence, network, results, gate):
    equation = lstm.parameter_gradient(f"p_{gate}")
    evidence.rendered(in_lines(equation))
    ours = getattr(results[0].params, NAMES[gate]).p[None]
    theirs = value(network, equation, T=TIME)
    evidence.agrees(ours, theirs, witness="derived equation", within=WITHIN)


SLIPS = {
    "p_in * d_i_bar + p_for * d_f_bar": "p_in * d_i_bar + p_in * d_f_bar",
    "d_z_bar = d_c * i * (1 - z**2)": "d_z_bar = d_c * z * i * (1 - i)",
    "d_o_bar = d_y * np.tanh(c)": "d_o_bar = immediate.pop() * np.tanh(c)",
    '"btr,bth->rh", cache.y_prev, d_bar': '"btr,bth->rh", cache.y_prev[:, 1:], d_bar[:, 1:]',
    "[gate.R for gate in params]": "[gate.R.T for gate in params]",
}


@pytest.mark.parametrize("right", SLIPS)
def test_code_with_a_slip_no_longer_computes_the_equations(network, right):
    copy = mutant(code, right, SLIPS[right])
    copy.immediate = []
    gradients, _ = differentiate(network, copy)
    ours = [gradients.params.forget_gate.R, gradients.params.block_input.R, gradients.c0]
    theirs = [
        value(network, lstm.parameter_gradient("R_for"), T=TIME),
        value(network, lstm.parameter_gradient("R_z"), T=TIME),
        value(network, lstm.delta_c0()),
    ]
    off = [np.abs(a - b).max() / np.abs(b).max() for a, b in zip(ours, theirs, strict=True)]
    assert max(off) > 1e-3
