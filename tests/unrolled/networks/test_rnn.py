import math
import re

import numpy as np
import pytest

import oracles
from mutants import mutant
from unrolled.networks import rnn
from unrolled.networks.pytrees import count_parameters, leaves_of, map_leaves
from unrolled.networks.rnn import (
    RNNParams,
    rnn_backward,
    rnn_deltas,
    rnn_forward,
    rnn_init,
    rnn_n_params,
)

BATCH, TIME, N_IN, N_HIDDEN, N_OUT = 2, 3, 5, 7, 11
HOLES = np.array([[True, False, True], [False, True, False]])  # padding in front, between, behind


def draw(seed=7, *, n_steps=TIME, dtype=np.float64):
    rng = np.random.default_rng(seed)
    params = rnn_init(N_IN, N_HIDDEN, N_OUT, rng=rng)
    params = map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 4, params)
    shapes = (BATCH, n_steps, N_IN), (BATCH, N_HIDDEN), (BATCH, n_steps, N_OUT)
    x, h0, d_logits = (rng.normal(size=shape).astype(dtype) for shape in shapes)
    return map_leaves(lambda leaf: leaf.astype(dtype), params), (x, h0), d_logits


def gradients(params, arrays, d_logits, mask=None, *, truncate=None, module=rnn):
    _, _, cache = module.rnn_forward(params, *arrays, mask=mask)
    return leaves_of(module.rnn_backward(params, cache, d_logits, truncate))


def differences(params, arrays, d_logits, mask=None):
    """Central differences of the loss ``sum(d_logits * logits)``."""

    def loss():
        return (d_logits * rnn_forward(params, *arrays, mask=mask)[0]).sum()

    leaves = {**leaves_of(params, "params"), **dict(zip(("x", "h0"), arrays, strict=True))}
    return {name: oracles.central_differences(loss, leaf) for name, leaf in leaves.items()}


def same(ours, theirs, within=1e-13):
    assert oracles.worst_difference(ours, theirs) <= within


# By hand -------------------------------------------------------------------------------------


def scalar(U, W, b, V, c):
    one = np.ones((1, 1))
    return RNNParams(U * one, W * one, b * one[0], V * one, c * one[0])


def test_two_steps_by_hand():
    params = scalar(U=2.0, W=0.5, b=0.1, V=3.0, c=-1.0)
    x, h0 = np.array([[[0.3], [-0.2]]]), np.array([[0.4]])
    logits, h, cache = rnn_forward(params, x, h0)
    first = math.tanh(2 * 0.3 + 0.5 * 0.4 + 0.1)
    second = math.tanh(2 * -0.2 + 0.5 * first + 0.1)
    np.testing.assert_allclose(h[0, :, 0], [first, second], rtol=1e-15)
    np.testing.assert_allclose(logits[0, :, 0], [3 * first - 1, 3 * second - 1], rtol=1e-15)
    derivatives = rnn_backward(params, cache, np.array([[[0.0], [1.0]]]))
    at_second, at_first = 3 * (1 - second**2), 3 * (1 - second**2) * 0.5 * (1 - first**2)
    assert derivatives.params.W.item() == pytest.approx(
        at_second * first + at_first * 0.4, rel=1e-14
    )
    assert derivatives.h0.item() == pytest.approx(at_first * 0.5, rel=1e-14)
    cut = rnn_backward(params, cache, np.array([[[0.0], [1.0]]]), truncate=1)
    assert cut.params.W.item() == pytest.approx(at_second * first, rel=1e-14)
    assert cut.h0.item() == 0


def test_counts_by_hand():
    assert rnn_n_params(3, 4, 2) == 42
    params = rnn_init(N_IN, N_HIDDEN, N_OUT, rng=np.random.default_rng(7), dtype=np.float32)
    assert count_parameters(params) == rnn_n_params(N_IN, N_HIDDEN, N_OUT)
    assert {leaf.dtype for leaf in params} == {np.dtype(np.float32)}
    assert not params.b.any()


# Laws ----------------------------------------------------------------------------------------


def test_changed_future_input_changes_no_earlier_output():
    params, (x, h0), _ = draw()
    logits, h, _ = rnn_forward(params, x, h0)
    later = x.copy()
    later[:, 2] += 1
    logits_later, h_later, _ = rnn_forward(params, later, h0)
    np.testing.assert_array_equal(logits[:, :2], logits_later[:, :2])
    np.testing.assert_array_equal(h[:, :2], h_later[:, :2])
    assert (h[:, 2] != h_later[:, 2]).all()


@pytest.mark.parametrize("truncate", [None, 2])
def test_batch_of_two_equals_two_batches_of_one(truncate):
    params, arrays, d_logits = draw()
    whole = gradients(params, arrays, d_logits, HOLES, truncate=truncate)
    halves = [
        gradients(
            params, [a[n : n + 1] for a in arrays], d_logits[n : n + 1], mask, truncate=truncate
        )
        for n, mask in enumerate(HOLES[:, None])
    ]
    joined = {
        name: sum(half[name] for half in halves)
        if name.startswith("params")
        else np.concatenate([half[name] for half in halves])
        for name in whole
    }
    same(whole, joined)


@pytest.mark.parametrize("garbage", [0.0, 1.7e308])
def test_padding_changes_nothing(garbage):
    params, (x, h0), d_logits = draw()
    padded = np.full((BATCH, TIME + 3, N_IN), garbage)
    d_padded = np.zeros((BATCH, TIME + 3, N_OUT))
    real = [1, 2, 4]  # in front, in between and behind
    padded[:, real], d_padded[:, real] = x, d_logits
    mask = np.zeros((BATCH, TIME + 3), dtype=int)
    mask[:, real] = 1
    logits, h, _ = rnn_forward(params, x, h0)
    logits_padded, h_padded, _ = rnn_forward(params, padded, h0, mask=mask)
    np.testing.assert_array_equal(h_padded[:, real], h)
    np.testing.assert_array_equal(h_padded[:, [0, 3, 5]], np.stack([h0, h[:, 1], h[:, 2]], axis=1))
    np.testing.assert_allclose(logits_padded[:, [3, 5]], logits[:, [1, 2]], rtol=1e-13)
    theirs = gradients(params, (padded, h0), d_padded, mask)
    assert not theirs["x"][:, [0, 3, 5]].any()
    theirs["x"] = theirs["x"][:, real]
    same(gradients(params, (x, h0), d_logits), theirs)


@pytest.mark.parametrize("mask", [None, HOLES], ids=["every step real", "padded steps"])
@pytest.mark.parametrize("truncate", [TIME, TIME + 1, 10**30])
def test_truncation_at_full_length_equals_none(mask, truncate):
    case = draw()
    same(gradients(*case, mask, truncate=truncate), gradients(*case, mask), within=0)


def test_window_over_all_steps_equals_the_recursion():
    """The two ways of summing, where both apply."""
    params, arrays, d_logits = draw(n_steps=13)
    _, h, _ = rnn_forward(params, *arrays)
    sums = params.W, 1 - h**2, np.True_, d_logits @ params.V.T
    np.testing.assert_allclose(
        rnn._through_a_window(*sums, 13), rnn._through_all_steps(*sums), rtol=1e-11
    )


def test_missing_state_and_mask_are_zeros_and_ones():
    params, (x, _), d_logits = draw()
    zeros, ones = np.zeros((BATCH, N_HIDDEN)), np.ones((BATCH, TIME), dtype=bool)
    same(gradients(params, (x,), d_logits), gradients(params, (x, zeros), d_logits, ones), within=0)


def test_float32_stays_float32_and_is_close():
    single = gradients(*draw(dtype=np.float32), HOLES, truncate=2)
    assert {derivative.dtype for derivative in single.values()} == {np.dtype(np.float32)}
    same(single, gradients(*draw(), HOLES, truncate=2), within=1e-5)


# Witnesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [None, HOLES], ids=["every step real", "padded steps"])
def test_backward_matches_central_differences(evidence, mask):
    case = draw()
    ours, theirs = gradients(*case, mask), differences(*case, mask)
    assert ours.keys() == theirs.keys()
    for name, derivative in ours.items():
        evidence.agrees(derivative, theirs[name], witness="central differences", within=1e-8)


def losses_with_a_copy_a_step(copies, x, h, d_logits, mask):
    """Losses J(t) of all steps, where every step has weights of its own."""
    losses = []
    for t, (U, W, b, V, c) in enumerate(copies):
        h = np.where(mask[:, t, None], np.tanh(x[:, t] @ U + h @ W + b), h)
        losses.append((d_logits[:, t] * (h @ V + c)).sum())
    return losses


@pytest.fixture(scope="module", params=[False, True], ids=["every step real", "padded steps"])
def one_by_one(request):
    """Every dJ(t)/d·(s), by central differences on copies of the weights."""
    n_steps = 5
    params, (x, h0), d_logits = draw(n_steps=n_steps)
    mask = np.ones((BATCH, n_steps), bool)
    if request.param:
        mask[:] = [[1, 0, 1, 1, 0], [0, 1, 1, 0, 1]]
    copies = [map_leaves(np.copy, params) for _ in range(n_steps)]

    def derivatives(array, t):
        return oracles.central_differences(
            lambda: losses_with_a_copy_a_step(copies, x, h0, d_logits, mask)[t], array
        )

    found = {
        (t, s, role): derivatives(getattr(copies[s], role), t)
        for t in range(n_steps)
        for s in range(n_steps)
        for role in RNNParams._fields
    }
    d_x = [derivatives(x, t) for t in range(n_steps)]
    return params, (x, h0), d_logits, mask, found, d_x, [derivatives(h0, t) for t in range(n_steps)]


@pytest.mark.parametrize("truncate", [1, 2, 3, 4, 5])
def test_truncation_drops_exactly_what_lies_too_far_back(evidence, one_by_one, truncate):
    params, arrays, d_logits, mask, found, d_x, d_h0 = one_by_one
    ours = gradients(params, arrays, d_logits, mask, truncate=truncate)
    for role in RNNParams._fields:
        kept = sum(found[t, s, role] for t, s, name in found if name == role and t - s < truncate)
        evidence.agrees(ours[f"params.{role}"], kept, witness="central differences", within=1e-8)
    kept = np.zeros_like(arrays[0])
    for t, derivative in enumerate(d_x):
        nearest = max(0, t - truncate + 1)
        kept[:, nearest:] += derivative[:, nearest:]
    evidence.agrees(ours["x"], kept, witness="central differences", within=1e-8)
    first = sum(d_h0[:truncate])  # the initial state stands in the first step
    evidence.agrees(ours["h0"], first, witness="central differences", within=1e-8)


def test_the_usual_chunks_drop_more():
    """Cutting a sequence into pieces of k steps is another thing than looking back k steps."""
    params, (x, h0), d_logits = draw(n_steps=6)
    exact = gradients(params, (x, h0), d_logits, truncate=3)
    _, h, _ = rnn_forward(params, x, h0)
    halves = [
        gradients(params, (x[:, a:b], state), d_logits[:, a:b])
        for a, b, state in ((0, 3, h0), (3, 6, h[:, 2]))
    ]
    chunked = halves[0]["params.W"] + halves[1]["params.W"]
    assert np.abs(chunked - exact["params.W"]).max() > 0.1 * np.abs(exact["params.W"]).max()


def test_deltas_of_one_loss_are_products_of_jacobians_in_their_order(evidence):
    """The factored product, powers of W times diagonals, is another number."""
    params, (x, h0), d_logits = draw(n_steps=4)
    d_logits[:, :3] = 0
    _, h, cache = rnn_forward(params, x, h0)
    jacobians = [np.diag(1 - h[0, s] ** 2) @ params.W.T for s in range(4)]  # dh(s)/dh(s-1)
    row = d_logits[0, 3] @ params.V.T
    right = row @ jacobians[3] @ jacobians[2] @ jacobians[1]
    diagonals = np.diag(np.prod(1 - h[0, 1:] ** 2, axis=0))
    factored = row @ diagonals @ np.linalg.matrix_power(params.W.T, 3)
    ours = rnn_deltas(params, cache, d_logits).h[0, 0]
    evidence.agrees(ours, right, witness="product of Jacobians", within=1e-12)
    assert np.abs(ours - factored).max() > 0.1 * np.abs(ours).max()


SLIPS = {
    "the Jacobian's factors in the wrong order": (
        "(d_h * derivative) @ W.T",
        "(d_h @ W.T) * derivative",
    ),
    "the recurrent matrix not transposed": ("(d_h * derivative) @ W.T", "(d_h * derivative) @ W"),
    "recurrent sums that stop at T - 1": (
        '"btr,bth->rh", cache.h_prev, d_a',
        '"btr,bth->rh", cache.h_prev[:, 1:], d_a[:, 1:]',
    ),
    "the loss of one step instead of the total loss": (
        "d_h[:, t - 1] += _step_back",
        "_ = _step_back",
    ),
    "a loss that looks one step less far": ("range(reach - 1)", "range(reach - 2)"),
    "a loss that looks one step farther": ("range(reach - 1)", "range(reach)"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_caught_by_central_differences(one_by_one, slip):
    copy = mutant(rnn, *SLIPS[slip])
    params, arrays, d_logits, mask, found, _, _ = one_by_one
    truncate = 3 if "looks" in slip else 5
    ours = gradients(params, arrays, d_logits, mask, truncate=truncate, module=copy)["params.W"]
    kept = sum(found[t, s, name] for t, s, name in found if name == "W" and t - s < truncate)
    assert oracles.worst_difference({"W": ours}, {"W": kept}) > 1e-3


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"x": np.zeros((2, 3, 4))}, "x must have shape (batch, time, n_in=5), got (2, 3, 4)."),
        ({"x": np.zeros((2, 0, 5))}, "x must hold at least one step of at least one sequence"),
        ({"x": np.full((2, 3, 5), np.inf)}, "x must be finite, got inf."),
        ({"x": np.ones((2, 3, 5), int)}, "x must hold float64 or float32, got int64."),
        ({"h0": np.zeros((2, 6))}, "h0 must have shape (batch=2, n_hidden=7), got (2, 6)."),
        ({"h0": np.zeros((2, 7), np.float32)}, "h0 must be float64 as params.U is, got float32."),
        ({"mask": np.ones((3, 2), bool)}, "mask must have shape (batch=2, time=3), got (3, 2)."),
        ({"mask": np.ones((2, 3))}, "mask must hold truth values, or the integers 0 and 1"),
        ({"params": None}, "params must be a named tuple RNNParams, got NoneType."),
    ],
    ids=range(9),
)
def test_what_does_not_fit_forwards_is_named(changes, complaint):
    params, (x, h0), _ = draw()
    with pytest.raises(ValueError, match=re.escape(complaint)):
        rnn_forward(**{"params": params, "x": x, "h0": h0, **changes})


def test_what_does_not_fit_backwards_is_named():
    params, arrays, d_logits = draw()
    _, h, cache = rnn_forward(params, *arrays)
    complaints = [
        ((map_leaves(np.copy, params), cache, d_logits), "cache must come from a forward pass"),
        ((params, params, d_logits), "cache must be the RNNCache of a forward pass, got RNNParams"),
        ((params, cache, d_logits[..., 1:]), "d_logits must have shape (batch=2, time=3, n_out=11"),
        ((params, cache, d_logits.astype(np.float32)), "d_logits must be float64 as x is"),
        ((params, cache, d_logits, 0), "truncate must be at least 1, got 0."),
        ((params, cache, d_logits, 1.5), "truncate must hold integers, got 1.5."),
        (
            (params, cache, np.full(d_logits.shape, 1e308)),
            "d_logits must give numbers that",
        ),
    ]
    for arguments, complaint in complaints:
        with pytest.raises(ValueError, match=re.escape(complaint)):
            rnn_backward(*arguments)
    with pytest.raises(ValueError, match="read-only"):
        h += 1
