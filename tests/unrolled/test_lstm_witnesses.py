"""The equations of the way back through an LSTM, as they are typed, against the book's own code.

Neither knows the other: the page has columns, the code has rows.
"""

import numpy as np
import pytest

from bookkeeping.check.formulas.evaluating import Defined
from lstm_letters import AT_THE_CELL, BLOCKS
from mutants import mutant
from unrolled.networks import lstm as code

NAMES = {"z": "block_input", "in": "input_gate", "for": "forget_gate", "out": "output_gate"}
DELTAS = {
    "lstm-delta-y": (r"\delta y^{(t)}", "y"),
    "lstm-delta-output": (r"\delta \bar o^{(t)}", "o_bar"),
    "lstm-delta-c": (r"\delta c^{(t)}", "c"),
    "lstm-delta-forget": (r"\delta \bar f^{(t)}", "f_bar"),
    "lstm-delta-input": (r"\delta \bar i^{(t)}", "i_bar"),
    "lstm-delta-block": (r"\delta \bar z^{(t)}", "z_bar"),
}
INITIAL = {"lstm-delta-y0": (r"\delta y^{(t)}", "y0"), "lstm-delta-c0": (r"\delta c^{(t)}", "c0")}


def differentiate(block, module=code):
    """Run the code forwards and backwards on the numbers of a block."""
    y, c, cache = module.lstm_forward(block.params, *block.arrays)
    d_y = y - block.targets
    d_c_last = 3 * c[:, -1] ** 2 if block.cell_in_loss else None
    if hasattr(module, "immediate"):
        module.immediate = list(np.moveaxis(d_y, 1, 0))
    gradients = module.lstm_backward(block.params, cache, d_y, d_c_last)
    return gradients, code.lstm_deltas(block.params, cache, d_y, d_c_last)


def claims(labels):
    return [pytest.param(label, marks=pytest.mark.equation(label), id=label) for label in labels]


def evaluate(evidence, block, values, at=None, **more):
    evidence.evaluates(
        values,
        background={**block.letters, **more},
        at=at,
        witness="the book's own lstm_backward",
        within=1e-12,
    )


def steps_of(rows, *behind):
    return dict(enumerate([*rows, *behind], 1))


@pytest.mark.equation("lstm-total-loss")
@pytest.mark.parametrize(
    ("tex", "at", "found"),
    [
        ("c^{(t)}", (2,), lambda gradients, deltas: deltas.c[0, 1]),
        ("y^{(t)}", (0,), lambda gradients, deltas: gradients.y0[0]),
        ("p_{out}", (), lambda gradients, deltas: gradients.params.output_gate.p),
    ],
)
def test_delta_of_anything_is_a_derivative_of_the_sum_of_all_losses(evidence, tex, at, found):
    for block in BLOCKS:

        def defined(of, *here, block=block):
            return of("q") if here == at else block.defined(of, tex, *here)

        values = {"q": block.value(tex, *at), r"\delta q": found(*differentiate(block))}
        evaluate(evidence, block, values, **{tex: Defined(defined)})


@pytest.mark.parametrize("label", claims(DELTAS))
def test_code_computes_each_delta(evidence, label):
    left, field = DELTAS[label]
    for block in BLOCKS:
        found = getattr(differentiate(block)[1], field)[0]
        after = np.zeros_like(found[0])  # behind the last step
        evaluate(evidence, block, {left: steps_of(found, after)}, {"t": block.steps})


@pytest.mark.equation("lstm-delta-c-last")
def test_code_adds_what_the_loss_sees_of_the_last_cell(evidence):
    for block in AT_THE_CELL:
        found = differentiate(block)[1].c[0]
        evaluate(evidence, block, {r"\delta c^{(t)}": steps_of(found)})


@pytest.mark.equation("lstm-delta-x")
def test_code_computes_the_delta_of_every_input(evidence):
    for block in BLOCKS:
        found = differentiate(block)[0].x[0]
        evaluate(evidence, block, {r"\delta x^{(t)}": steps_of(found)}, {"t": block.steps})


@pytest.mark.parametrize("label", claims(INITIAL))
def test_code_computes_the_deltas_of_the_initial_states(evidence, label):
    left, field = INITIAL[label]
    for block in BLOCKS:
        gradients, deltas = differentiate(block)
        first = getattr(deltas, field[0])[0, 0]
        evaluate(evidence, block, {left: {0: getattr(gradients, field)[0], 1: first}})


@pytest.mark.parametrize("gate", NAMES)
@pytest.mark.parametrize("label", claims(["lstm-gradient-W", "lstm-gradient-R", "lstm-gradient-b"]))
def test_code_sums_up_weights_and_biases(evidence, label, gate):
    letter = label[-1]
    for block in BLOCKS:
        found = getattr(getattr(differentiate(block)[0].params, NAMES[gate]), letter).T
        evaluate(evidence, block, {rf"\delta {letter}_\star": found}, **block.of_box(gate))


@pytest.mark.parametrize(
    "label", claims(["lstm-gradient-p-in", "lstm-gradient-p-for", "lstm-gradient-p-out"])
)
def test_code_sums_up_peepholes(evidence, label):
    gate = label.rpartition("-")[2]
    for block in BLOCKS:
        found = getattr(differentiate(block)[0].params, NAMES[gate]).p
        evaluate(evidence, block, {rf"\delta p_{{{gate}}}": found})


SLIPS = {
    "p_in * d_i_bar + p_for * d_f_bar": "p_in * d_i_bar + p_in * d_f_bar",
    "d_z_bar = d_c * i * (1 - z**2)": "d_z_bar = d_c * z * i * (1 - i)",
    "d_o_bar = d_y * np.tanh(c)": "d_o_bar = immediate.pop() * np.tanh(c)",
    '"btr,bth->rh", cache.y_prev, d_bar': '"btr,bth->rh", cache.y_prev[:, 1:], d_bar[:, 1:]',
    "[gate.R for gate in params]": "[gate.R.T for gate in params]",
}


@pytest.mark.parametrize("block", [*BLOCKS, *AT_THE_CELL])
@pytest.mark.parametrize("right", SLIPS)
def test_code_with_a_slip_no_longer_computes_the_derivatives(block, right):
    copy = mutant(code, right, SLIPS[right])
    copy.immediate = []
    gradients, _ = differentiate(block, copy)
    ours = [gradients.params.forget_gate.R.T, gradients.params.block_input.R.T, gradients.c0[0]]
    theirs = [block.delta("R_{for}"), block.delta("R_{z}"), block.delta("c^{(t)}", 0)]
    off = [np.abs(a - b).max() / np.abs(b).max() for a, b in zip(ours, theirs, strict=True)]
    assert max(off) > 1e-3
