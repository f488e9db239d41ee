import math
import re

import numpy as np
import pytest

import oracles
from lstm_letters import BOXES, Block
from mutants import mutant
from unrolled.networks import lstm
from unrolled.networks.lstm import (
    BlockInput,
    Gate,
    LSTMParams,
    lstm_backward,
    lstm_deltas,
    lstm_forward,
    lstm_init,
    lstm_n_params,
)
from unrolled.networks.pytrees import count_parameters, leaves_of, map_leaves

BATCH, TIME, N_IN, N_HIDDEN = 2, 3, 5, 7
HOLES = np.array([[True, False, True], [False, True, False]])  # padding in front, between, behind


def draw(seed=7, *, n_steps=TIME, dtype=np.float64):
    """Weights, inputs, initial states, and derivatives of a loss that depends on c(T) as well."""
    rng = np.random.default_rng(seed)
    params = lstm_init(N_IN, N_HIDDEN, rng=rng)
    params = map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 2, params)
    shapes = [(BATCH, n_steps, N_IN), (BATCH, N_HIDDEN), (BATCH, N_HIDDEN)]
    derivatives = [(BATCH, n_steps, N_HIDDEN), (BATCH, N_HIDDEN)]
    arrays = [rng.normal(size=shape) for shape in shapes + derivatives]
    x, y0, c0, d_y, d_c_last = (array.astype(dtype) for array in arrays)
    return map_leaves(lambda leaf: leaf.astype(dtype), params), (x, y0, c0), (d_y, d_c_last)


def gradients(params, arrays, derivatives, mask=None, module=lstm):
    _, _, cache = module.lstm_forward(params, *arrays, mask=mask)
    return leaves_of(module.lstm_backward(params, cache, *derivatives))


def differences(params, arrays, derivatives, mask=None):
    """Central differences of the loss ``sum(d_y * y) + sum(d_c_last * c_last)``."""
    d_y, d_c_last = derivatives

    def loss():
        y, c, _ = lstm_forward(params, *arrays, mask=mask)
        return (d_y * y).sum() + (d_c_last * c[:, -1]).sum()

    leaves = {**leaves_of(params, "params"), **dict(zip(("x", "y0", "c0"), arrays, strict=True))}
    return {name: oracles.central_differences(loss, leaf) for name, leaf in leaves.items()}


def same(ours, theirs, within=1e-13):
    assert oracles.worst_difference(ours, theirs) <= within


# By hand -------------------------------------------------------------------------------------


def scalar_params(z=0.0, i=0.0, f=0.0, o=0.0, *, p=0.0):
    """One cell that looks at biases only, or at itself through peepholes."""
    zero = np.zeros((1, 1))
    gates = (Gate(zero, zero, np.array([bias]), np.array([p])) for bias in (i, f, o))
    return LSTMParams(BlockInput(zero, zero, np.array([z])), *gates)


def test_open_gates_count_without_bound():
    y, c, _ = lstm_forward(scalar_params(40.0, 40.0, 40.0, 40.0), np.zeros((1, 5, 1)))
    np.testing.assert_allclose(c[0, :, 0], [1, 2, 3, 4, 5], rtol=1e-15)
    np.testing.assert_allclose(y[0, :, 0], [0.762, 0.964, 0.995, 0.999, 1.000], atol=5e-4)


def test_shut_gates_give_nothing():
    y, c, _ = lstm_forward(scalar_params(40.0, -800.0, -800.0, -800.0), np.zeros((1, 5, 1)))
    assert not y.any()
    assert not c.any()


def test_open_forget_gate_and_shut_input_gate_keep_the_memory():
    params = scalar_params(1.0, -800.0, 40.0, 40.0)
    _, c, _ = lstm_forward(params, np.zeros((1, 100, 1)), c0=np.array([[0.75]]))
    assert c[0, -1, 0] == 0.75


def test_one_step_with_peepholes_by_hand():
    params = scalar_params(0.5, 0.1, 0.2, 0.3, p=2.0)
    y, c, cache = lstm_forward(params, np.zeros((1, 1, 1)), c0=np.array([[0.25]]))
    i, f = 1 / (1 + math.exp(-0.6)), 1 / (1 + math.exp(-0.7))
    cell = math.tanh(0.5) * i + 0.25 * f
    o = 1 / (1 + math.exp(-0.3 - 2 * cell))  # the output gate sees the new cell
    assert c.item() == pytest.approx(cell, rel=1e-15)
    assert y.item() == pytest.approx(o * math.tanh(cell), rel=1e-15)
    derivative = lstm_backward(params, cache, np.ones((1, 1, 1))).params.output_gate.b.item()
    assert derivative == pytest.approx(math.tanh(cell) * o * (1 - o), rel=1e-14)


def test_counts_by_hand():
    assert lstm_n_params(128, 128, peepholes=False) == 131_584
    assert lstm_n_params(128, 128) - lstm_n_params(128, 128, peepholes=False) == 384
    params = lstm_init(N_IN, N_HIDDEN, rng=np.random.default_rng(7))
    assert count_parameters(params) == lstm_n_params(N_IN, N_HIDDEN)


def test_initial_weights_open_the_forget_gate_and_shut_no_peephole_in():
    params = lstm_init(N_IN, N_HIDDEN, rng=np.random.default_rng(7), forget_bias=3.0)
    assert set(params.forget_gate.b) == {3.0}
    assert not params.input_gate.b.any()
    assert not any(gate.p.any() for gate in params[1:])
    R = params.output_gate.R
    np.testing.assert_allclose(R @ R.T, np.eye(N_HIDDEN), atol=1e-14)
    single = lstm_init(N_IN, N_HIDDEN, rng=np.random.default_rng(7), dtype=np.float32)
    assert {leaf.dtype for leaf in leaves_of(single).values()} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(single.block_input.W, params.block_input.W.astype(np.float32))


# Laws ----------------------------------------------------------------------------------------


def test_changed_future_input_changes_no_earlier_output():
    params, (x, y0, c0), _ = draw()
    y, c, _ = lstm_forward(params, x, y0, c0)
    later = x.copy()
    later[:, 2] += 1
    y_later, c_later, _ = lstm_forward(params, later, y0, c0)
    np.testing.assert_array_equal(y[:, :2], y_later[:, :2])
    np.testing.assert_array_equal(c[:, :2], c_later[:, :2])
    assert (y[:, 2] != y_later[:, 2]).all()


def test_batch_of_two_equals_two_batches_of_one():
    params, arrays, derivatives = draw()
    whole = gradients(params, arrays, derivatives, HOLES)
    halves = [
        gradients(params, [a[n : n + 1] for a in arrays], [s[n : n + 1] for s in derivatives], mask)
        for n, mask in enumerate(HOLES[:, None])
    ]
    joined = {
        name: sum(half[name] for half in halves)
        if name.startswith("params")
        else np.concatenate([half[name] for half in halves])
        for name in whole
    }
    same(whole, joined)


def test_shuffled_batch_shuffles_the_answer():
    params, (x, y0, c0), _ = draw()
    y, _, _ = lstm_forward(params, x, y0, c0)
    turned, _, _ = lstm_forward(params, x[::-1], y0[::-1], c0[::-1])
    np.testing.assert_allclose(turned[::-1], y, rtol=1e-13)


@pytest.mark.parametrize("garbage", [0.0, 1.7e308])
def test_padding_changes_nothing(garbage):
    params, (x, y0, c0), (d_y, d_c_last) = draw()
    padded = np.full((BATCH, TIME + 3, N_IN), garbage)
    d_padded = np.zeros((BATCH, TIME + 3, N_HIDDEN))
    real = [1, 2, 4]  # in front, in between and behind
    padded[:, real], d_padded[:, real] = x, d_y
    mask = np.zeros((BATCH, TIME + 3), dtype=int)
    mask[:, real] = 1
    y, c, _ = lstm_forward(params, x, y0, c0)
    y_padded, c_padded, _ = lstm_forward(params, padded, y0, c0, mask=mask)
    np.testing.assert_array_equal(y_padded[:, real], y)
    np.testing.assert_array_equal(y_padded[:, [0, 3, 5]], np.stack([y0, y[:, 1], y[:, 2]], axis=1))
    np.testing.assert_array_equal(c_padded[:, [0, 3, 5]], np.stack([c0, c[:, 1], c[:, 2]], axis=1))
    ours = gradients(params, (x, y0, c0), (d_y, d_c_last))
    theirs = gradients(params, (padded, y0, c0), (d_padded, d_c_last), mask)
    assert not theirs["x"][:, [0, 3, 5]].any()
    theirs["x"] = theirs["x"][:, real]
    same(ours, theirs)


def test_a_sequence_of_padding_hands_its_states_through():
    params, (x, y0, c0), (d_y, d_c_last) = draw()
    mask = np.zeros((BATCH, TIME), dtype=bool)
    y, c, _ = lstm_forward(params, x, y0, c0, mask=mask)
    np.testing.assert_array_equal(y, np.repeat(y0[:, None], TIME, axis=1))
    np.testing.assert_array_equal(c, np.repeat(c0[:, None], TIME, axis=1))
    derivatives = gradients(params, (x, y0, c0), (d_y, d_c_last), mask)
    np.testing.assert_array_equal(derivatives["c0"], d_c_last)
    np.testing.assert_allclose(derivatives["y0"], d_y.sum(axis=1), rtol=1e-14)
    assert not any(derivatives[name].any() for name in derivatives if name not in ("y0", "c0"))


def test_missing_states_and_masks_are_zeros_and_ones():
    params, (x, _, _), (d_y, d_c_last) = draw()
    zeros, ones = np.zeros((BATCH, N_HIDDEN)), np.ones((BATCH, TIME), dtype=bool)
    short = gradients(params, (x,), (d_y,))
    same(short, gradients(params, (x, zeros, zeros), (d_y, zeros), ones), within=0)
    assert short["c0"].shape == (BATCH, N_HIDDEN)
    assert d_c_last.any()


def test_two_halves_joined_by_their_states_equal_one_whole():
    params, (x, y0, c0), (d_y, d_c_last) = draw()
    y, c, first = lstm_forward(params, x[:, :2], y0, c0)
    _, _, second = lstm_forward(params, x[:, 2:], y[:, -1], c[:, -1])
    behind = lstm_backward(params, second, d_y[:, 2:], d_c_last)
    d_front = d_y[:, :2].copy()
    d_front[:, -1] += behind.y0
    front = lstm_backward(params, first, d_front, behind.c0)
    whole = gradients(params, (x, y0, c0), (d_y, d_c_last))
    joined = leaves_of(front._replace(params=map_leaves(np.add, front.params, behind.params)))
    joined["x"] = np.concatenate([front.x, behind.x], axis=1)
    same(joined, whole)


def test_float32_stays_float32_and_is_close():
    params, arrays, derivatives = draw(dtype=np.float32)
    single = gradients(params, arrays, derivatives, HOLES)
    assert {derivative.dtype for derivative in single.values()} == {np.dtype(np.float32)}
    same(single, gradients(*draw(), HOLES), within=1e-5)


@pytest.mark.parametrize("size", [1e3, 1e300])
def test_large_inputs_saturate_without_warnings(size):
    params, (x, y0, c0), (d_y, d_c_last) = draw()
    with np.errstate(all="raise"):
        y, _, cache = lstm_forward(params, x * size, y0, c0)
        lstm_backward(params, cache, d_y, d_c_last)
    assert (np.abs(y) < 1).all()


# Witnesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [None, HOLES], ids=["every step real", "padded steps"])
def test_backward_matches_central_differences(evidence, mask):
    case = draw()
    ours, theirs = gradients(*case, mask), differences(*case, mask)
    assert ours.keys() == theirs.keys()
    for name, derivative in ours.items():
        evidence.agrees(derivative, theirs[name], witness="central differences", within=1e-8)


def test_deltas_match_central_differences_of_a_nudged_neuron(evidence):
    """A nudge of a bias at one step only is a nudge of what enters the activation there."""
    params, (x, y0, c0), (d_y, d_c_last) = draw()
    _, _, cache = lstm_forward(params, x, y0, c0)
    deltas = lstm_deltas(params, cache, d_y, d_c_last)
    for t in range(TIME):
        for gate, ours in zip(LSTMParams._fields, deltas[:4], strict=True):
            nudge = np.zeros((BATCH, N_HIDDEN))

            def loss(gate=gate, nudge=nudge, t=t):
                y, c, total = y0, c0, 0.0
                for s in range(TIME):
                    weights = getattr(params, gate)
                    b = weights.b + nudge * (s == t)
                    here = params._replace(**{gate: weights._replace(b=b)})
                    step, y = lstm.lstm_step(here, x[:, s], y, c)
                    c = step.c
                    total += (d_y[:, s] * y).sum()
                return total + (d_c_last * c).sum()

            theirs = oracles.central_differences(loss, nudge)
            evidence.agrees(ours[:, t], theirs, witness="central differences", within=1e-8)


# Each slip that stands in books and articles, put into a copy of the code.
SLIPS = {
    "the input gate's peephole on the forget gate's route": (
        "p_in * d_i_bar + p_for * d_f_bar",
        "p_in * d_i_bar + p_in * d_f_bar",
    ),
    "the loss of one step instead of the total loss": (
        "d_o_bar = d_y * np.tanh(c)",
        "d_o_bar = d_y_now * np.tanh(c)",
    ),
    "the input gate in the denominator of the block input's delta": (
        "d_z_bar = d_c * i * (1 - z**2)",
        "d_z_bar = d_c * z * i * (1 - i)",
    ),
    "recurrent sums that stop at T - 1": (
        '"btr,bth->rh", cache.y_prev, d_bar',
        '"btr,bth->rh", cache.y_prev[:, 1:], d_bar[:, 1:]',
    ),
    "peephole sums that stop at T - 1": (
        "p=_peephole(cache.c_prev, deltas.f_bar)",
        "p=_peephole(cache.c_prev[:, 1:], deltas.f_bar[:, 1:])",
    ),
    "an output gate that sees the old cell": ("+ p_out * c)", "+ p_out * c_prev)"),
    "an output gate's peephole multiplied with the old cell": (
        "_peephole(cache.c, deltas.o_bar)",
        "_peephole(cache.c_prev, deltas.o_bar)",
    ),
    "no way back through the output gate's peephole": (" + p_out * d_o_bar\n", "\n"),
    "recurrent matrices not transposed": (
        "[gate.R for gate in params]",
        "[gate.R.T for gate in params]",
    ),
    "the last cell's own derivative forgotten": (
        "d_y, d_c = check_lstm_gradients(cache, d_y, d_c_last)",
        "d_y, d_c = check_lstm_gradients(cache, d_y, None)",
    ),
    "padded steps that swallow what they carry": (
        "np.where(real, 0, gradient)",
        "np.where(real, 0, 0 * gradient)",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_caught_by_central_differences(slip):
    right, wrong = SLIPS[slip]
    copy = mutant(lstm, right, wrong)
    if "d_y_now" in wrong:  # this slip needs the immediate derivative beside the total one
        whole, copy.d_y_now = copy.lstm_step_backward, None

        def step_backward(params, step, d_y, d_c):
            copy.d_y_now = immediate.pop()
            return whole(params, step, d_y, d_c)

        copy.lstm_step_backward = step_backward
    case = draw()
    immediate = list(np.moveaxis(case[2][0], 1, 0))
    mask = HOLES if "padded" in slip else None
    assert oracles.worst_difference(gradients(*case, mask, copy), differences(*case, mask)) > 1e-3


# Complaints ----------------------------------------------------------------------------------


def case_without(**changes):
    params, (x, y0, c0), _ = draw()
    return {"params": params, "x": x, "y0": y0, "c0": c0, "mask": None, **changes}


GOOD = draw()[0]
SHORT_GATE = GOOD.forget_gate._replace(R=np.zeros((N_HIDDEN, N_IN)))
FORWARD_COMPLAINTS = [
    ({"x": np.zeros((BATCH, TIME, 4))}, "x must have shape (batch, time, n_in=5), got (2, 3, 4)."),
    ({"x": np.zeros((BATCH, N_IN))}, "x must have shape (batch, time, n_in=5), got (2, 5)."),
    ({"x": np.zeros((BATCH, 0, N_IN))}, "x must hold at least one step of at least one sequence"),
    ({"x": np.zeros((0, TIME, N_IN))}, "x must hold at least one step of at least one sequence"),
    ({"x": np.full((BATCH, TIME, N_IN), np.nan)}, "x must be finite, got nan."),
    ({"x": np.ones((BATCH, TIME, N_IN), int)}, "x must hold float64 or float32, got int64."),
    ({"x": np.ones((BATCH, TIME, N_IN), bool)}, "x must hold floating-point numbers, got truth"),
    ({"x": "sequence"}, "x must have shape (batch, time, n_in=5), got ()."),
    (
        {"x": np.zeros((BATCH, TIME, N_IN), np.float32)},
        "x must be float64 as params.block_input.W is, got float32.",
    ),
    ({"y0": np.zeros((BATCH, 6))}, "y0 must have shape (batch=2, n_hidden=7), got (2, 6)."),
    ({"y0": np.zeros((BATCH, N_HIDDEN), np.float32)}, "y0 must be float64 as"),
    ({"c0": np.zeros((3, N_HIDDEN))}, "c0 must have shape (batch=2, n_hidden=7), got (3, 7)."),
    ({"mask": np.ones((BATCH, 4), bool)}, "mask must have shape (batch=2, time=3), got (2, 4)."),
    ({"mask": np.ones((BATCH, TIME))}, "mask must hold truth values, or the integers 0 and 1"),
    ({"mask": np.full((BATCH, TIME), 2)}, "or the integers 0 and 1, got 2."),
    ({"params": tuple(GOOD)}, "params must be a named tuple LSTMParams, got tuple."),
    (
        {"params": GOOD._replace(block_input=GOOD.input_gate)},
        "params.block_input must be a named tuple BlockInput, got Gate.",
    ),
    (
        {"params": GOOD._replace(forget_gate=SHORT_GATE)},
        "params.forget_gate.R must have shape (n_hidden=7, n_hidden=7), got (7, 5).",
    ),
    (
        {"params": GOOD._replace(output_gate=GOOD.output_gate._replace(p=np.full(7, np.inf)))},
        "params.output_gate.p must be finite, got inf.",
    ),
    (
        {"params": map_leaves(lambda leaf: leaf[..., :0], GOOD)},
        "params.block_input.W must not be empty",
    ),
]


@pytest.mark.parametrize(("changes", "complaint"), FORWARD_COMPLAINTS, ids=range(20))
def test_what_does_not_fit_forwards_is_named(changes, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        lstm_forward(**case_without(**changes))


def test_what_does_not_fit_backwards_is_named():
    params, arrays, (d_y, d_c_last) = draw()
    _, _, cache = lstm_forward(params, *arrays)
    others = map_leaves(np.copy, params)
    complaints = [
        ((others, cache, d_y), "cache must come from a forward pass with the same params"),
        ((params, None, d_y), "cache must be the LSTMCache of a forward pass, got NoneType."),
        ((params, cache, d_y[:, 1:]), "d_y must have shape (batch=2, time=3, n_hidden=7)"),
        ((params, cache, d_y, d_c_last[1:]), "d_c_last must have shape (batch=2, n_hidden=7)"),
        ((params, cache, d_y.astype(np.float32)), "d_y must be float64 as x is, got float32."),
        ((params, cache, d_y * np.nan), "d_y must be finite, got nan."),
        ((params, cache, np.sign(d_y).astype(int)), "d_y must hold float64 or float32, got int64."),
        ((params, cache, np.full(d_y.shape, 1e308)), "d_y must give numbers that float64 can hold"),
    ]
    for arguments, complaint in complaints:
        with pytest.raises(ValueError, match=re.escape(complaint)):
            lstm_backward(*arguments)


def test_numbers_no_float_can_hold_are_refused():
    params, (x, y0, c0), _ = draw()
    block_input = BlockInput(np.full((5, 7), 1e308), np.full((7, 7), 1e308), np.zeros(7))
    huge = params._replace(block_input=block_input)
    x[:], y0[:] = 1e10, -1e10  # both overflow, to opposite sides
    with pytest.raises(ValueError, match="params and x must give numbers that float64 can hold"):
        lstm_forward(huge, x, y0, c0)


def test_nobody_writes_into_what_the_cache_shares():
    params, arrays, _ = draw()
    y, c, _ = lstm_forward(params, *arrays)
    for array in (y, c):
        with pytest.raises(ValueError, match="read-only"):
            array += 1


# Why libraries may rearrange it --------------------------------------------------------------


@pytest.mark.equation("fused-stacked")
def test_one_product_makes_the_four_sums(evidence):
    for block in (Block(5, 2, 3, peepholes=False), Block(2, 3, 5, seed=11, peepholes=False)):
        bars = {tex: values for tex, values in block.coded.items() if "bar" in tex}
        evidence.evaluates(
            bars,
            background=block.letters,
            at={"t": block.steps},
            witness="what entered the gates of the book's own lstm_forward, by their values",
            within=1e-12,
        )


def side_by_side(block):
    """Return the inputs of all steps as columns, and all input weights over one another."""
    stacked = np.concatenate([gate.W.T for gate in block.params])
    return {"X": block.x[:-1].T, "W": stacked}


@pytest.mark.equation("fused-at-once")
def test_steps_side_by_side_need_one_product(evidence):
    for block in (Block(5, 2, 7), Block(2, 3, 5, seed=11)):
        evidence.evaluates(
            side_by_side(block),
            background=block.letters,
            witness="the inputs of all steps in one array",
            within=1e-14,
        )


@pytest.mark.equation("fused-summed")
@pytest.mark.parametrize("gate", ["z", "i", "f", "o"])
def test_one_product_is_the_sum_over_all_steps(evidence, gate):
    for block in (Block(5, 2, 7), Block(2, 3, 5, seed=11)):
        y, _, cache = lstm_forward(block.params, *block.arrays)
        deltas = getattr(lstm_deltas(block.params, cache, y - block.targets), f"{gate}_bar")[0]
        evidence.evaluates(
            {"X": side_by_side(block)["X"], r"\Delta_\star": deltas.T},
            background={**block.letters, **block.of_box(BOXES[gate])},
            witness="complex steps on the left, the book's own lstm_deltas on the right",
            within=1e-12,
        )


def test_one_product_is_the_gradient_of_a_matrix():
    params, arrays, derivatives = draw()
    arrays, derivatives = [array[:1] for array in arrays], [array[:1] for array in derivatives]
    _, _, cache = lstm_forward(params, *arrays)
    deltas = lstm_deltas(params, cache, *derivatives).f_bar[0].T  # a printed column for each step
    theirs = differences(params, arrays, derivatives)["params.forget_gate.W"].T
    np.testing.assert_allclose(deltas @ arrays[0][0], theirs, atol=1e-8 * abs(theirs).max())
