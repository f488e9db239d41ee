import numpy as np
import pytest

import oracles
from mutants import mutant
from unrolled.networks import gru_reset_after
from unrolled.networks.gru import gru_forward, gru_init
from unrolled.networks.gru_reset_after import (
    GRUResetAfterParams,
    gru_reset_after_forward,
    gru_reset_after_init,
)
from unrolled.networks.pytrees import leaves_of, map_leaves

BATCH, TIME, N_IN, N_HIDDEN = 2, 3, 5, 7


def draw():
    rng = np.random.default_rng(7)
    params = gru_reset_after_init(N_IN, N_HIDDEN, rng=rng)
    params = map_leaves(lambda leaf: leaf + rng.normal(size=leaf.shape) / 2, params)
    x, h0 = rng.normal(size=(BATCH, TIME, N_IN)), rng.normal(size=(BATCH, N_HIDDEN))
    return params, (x, h0), rng.normal(size=(BATCH, TIME, N_HIDDEN))


def gradients(params, arrays, d_h, module=gru_reset_after):
    _, cache = module.gru_reset_after_forward(params, *arrays)
    return leaves_of(module.gru_reset_after_backward(params, cache, d_h))


def differences(params, arrays, d_h):
    def loss():
        return (d_h * gru_reset_after_forward(params, *arrays)[0]).sum()

    leaves = {**leaves_of(params, "params"), **dict(zip(("x", "h0"), arrays, strict=True))}
    return {name: oracles.central_differences(loss, leaf) for name, leaf in leaves.items()}


def test_one_unit_by_hand():
    one = np.ones((1, 1))
    gate = gru_init(1, 1, rng=np.random.default_rng(7)).update_gate
    gates = [gate._replace(W=n * one, R=-n * one, b=np.array([0.1])) for n in (1.0, 2.0, 3.0)]
    h, _ = gru_reset_after_forward(
        GRUResetAfterParams(*gates, np.array([0.7])), np.array([[[0.3]]]), np.array([[0.5]])
    )
    z, r = (1 / (1 + np.exp(-total)) for total in (0.3 - 0.5 + 0.1, 0.6 - 1.0 + 0.1))
    g = np.tanh(0.9 + r * (-1.5 + 0.7) + 0.1)
    assert h.item() == pytest.approx(z * 0.5 + (1 - z) * g, rel=1e-15)


def test_with_an_open_reset_gate_both_variants_agree():
    params, (x, h0), _ = draw()
    open_gate = params.reset_gate._replace(b=np.full(N_HIDDEN, 100.0))
    params = params._replace(reset_gate=open_gate, b_R=np.zeros(N_HIDDEN))
    before = gru_forward(
        gru_init(N_IN, N_HIDDEN, rng=np.random.default_rng(7))._make(params[:3]), x, h0
    )
    np.testing.assert_allclose(gru_reset_after_forward(params, x, h0)[0], before[0], rtol=1e-13)


def test_backward_matches_central_differences(evidence):
    case = draw()
    ours, theirs = gradients(*case), differences(*case)
    assert ours.keys() == theirs.keys()
    for name, derivative in ours.items():
        evidence.agrees(derivative, theirs[name], witness="central differences", within=1e-8)


SLIPS = {
    "the reset before the product on the way back": (
        "d_part @ candidate.R.T",
        "d_g @ candidate.R.T",
    ),
    "the reset gate's derivative by the old state": (
        "d_g * part[:, t] * r",
        "d_g * h_prev[:, t] * r",
    ),
    "a bias that is not reset": ("d_part.sum(axis=(0, 1))", "d_g.sum(axis=(0, 1))"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_caught_by_central_differences(slip):
    case = draw()
    ours = gradients(*case, module=mutant(gru_reset_after, *SLIPS[slip]))
    assert oracles.worst_difference(ours, differences(*case)) > 1e-3


def test_complaints():
    params, (x, h0), d_h = draw()
    with pytest.raises(ValueError, match="x must have shape"):
        gru_reset_after_forward(params, x[:, :, 1:], h0)
    with pytest.raises(ValueError, match="cache must be the GRUResetAfterCache of a forward pass"):
        gru_reset_after.gru_reset_after_backward(params, (), d_h)
