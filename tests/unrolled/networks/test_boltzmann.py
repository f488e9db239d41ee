"""Restricted Boltzmann machines against all their states, listed one by one."""

import itertools
import math

import numpy as np
import pytest
from scipy.special import expit

import oracles
from unrolled.networks import boltzmann as rbm
from unrolled.networks.boltzmann import BoltzmannParams
from unrolled.networks.pytrees import leaves_of

N_VISIBLE, N_HIDDEN, BATCH = 3, 5, 7


def drawn(dtype=float):
    rng = np.random.default_rng(7)
    W, b, c = (rng.normal(size=shape) for shape in ((N_VISIBLE, N_HIDDEN), N_VISIBLE, N_HIDDEN))
    return BoltzmannParams(*(leaf.astype(dtype) for leaf in (W, b, c)))


def data():
    return np.random.default_rng(11).integers(2, size=(BATCH, N_VISIBLE)).astype(float)


def energy(params, v, h):
    """Add up term by term."""
    pairs = sum(v[i] * params.W[i, j] * h[j] for i in range(len(v)) for j in range(len(h)))
    return (
        -pairs
        - sum(map(math.prod, zip(v, params.b, strict=True)))
        - sum(map(math.prod, zip(h, params.c, strict=True)))
    )


def joint(params):
    """Return the probability of each pair of states."""
    sizes = params.W.shape
    states = [list(itertools.product((0, 1), repeat=n)) for n in sizes]
    weights = {(v, h): math.exp(-energy(params, v, h)) for v in states[0] for h in states[1]}
    total = math.fsum(weights.values())
    return {pair: weight / total for pair, weight in weights.items()}, total


# By hand and by listing ----------------------------------------------------------------------


def test_one_unit_each_by_hand():
    params = BoltzmannParams(np.array([[2.0]]), np.array([-1.0]), np.array([0.5]))
    assert rbm.hidden_probabilities(params, [[1.0]])[0, 0] == pytest.approx(
        1 / (1 + math.exp(-2.5))
    )
    assert rbm.visible_probabilities(params, [[0.0]])[0, 0] == pytest.approx(1 / (1 + math.e))
    assert rbm.log_partition(params) == pytest.approx(
        math.log(1 + math.exp(-1) + math.exp(0.5) + math.exp(1.5))
    )


def test_probabilities_and_free_energy_are_those_of_the_list():
    params = drawn()
    shares, total = joint(params)
    assert rbm.log_partition(params) == pytest.approx(math.log(total), rel=1e-13)
    for v in itertools.product((0, 1), repeat=N_VISIBLE):
        own = {h: p for (w, h), p in shares.items() if w == v}
        likely = math.fsum(own.values())
        on = [sum(p for h, p in own.items() if h[j]) / likely for j in range(N_HIDDEN)]
        state = np.array([v], dtype=float)
        np.testing.assert_allclose(rbm.hidden_probabilities(params, state)[0], on, rtol=1e-12)
        log_share = -rbm.free_energy(params, state)[0] - rbm.log_partition(params)
        assert log_share == pytest.approx(math.log(likely), rel=1e-12)
    for h in itertools.product((0, 1), repeat=N_HIDDEN):
        own = {v: p for (v, g), p in shares.items() if g == h}
        on = [sum(p for v, p in own.items() if v[i]) / sum(own.values()) for i in range(N_VISIBLE)]
        found = rbm.visible_probabilities(params, np.array([h], dtype=float))[0]
        np.testing.assert_allclose(found, on, rtol=1e-12)


@pytest.mark.equation("rbm-energy")
@pytest.mark.equation("rbm-hidden")
def test_energy_and_hidden_units(evidence):
    params = drawn()
    shares, total = joint(params)
    for v in ((1, 0, 1), (0, 1, 1)):
        own = [(h, p) for (w, h), p in shares.items() if w == v]
        likely = math.fsum(p for _, p in own)
        p = [sum(q for h, q in own if h[j]) / likely for j in range(N_HIDDEN)]
        letters = {"W": params.W, "c": params.c, "v": np.array(v, float)}
        evidence.evaluates({**letters, r"\sigma": expit, "p": np.array(p)}, label="rbm-hidden",
                           within=1e-13, witness="all states, listed one by one")  # fmt: skip
        for h, share in own[::11]:
            evidence.evaluates(
                {**letters, "b": params.b, "h": np.array(h, float),
                 "E": lambda _v, _h, share=share: -math.log(share * total)},
                label="rbm-energy", within=1e-13, witness="logarithms of listed probabilities",
            )  # fmt: skip


@pytest.mark.equation("rbm-gradient")
def test_exact_gradient_is_the_difference_of_two_means(evidence):
    params, v = drawn(), data()
    shares, _ = joint(params)
    cases = {"model": shares, "data": {}}
    for row in map(tuple, v.astype(int).tolist()):
        own = {pair: p for pair, p in shares.items() if pair[0] == row}
        for pair, p in own.items():
            cases["data"].setdefault(pair, 0.0)
            cases["data"][pair] += p / math.fsum(own.values()) / len(v)
    evidence.evaluates(
        {"g": rbm.exact_gradient(params, v).W},
        at={"i": range(1, N_VISIBLE + 1), "j": range(1, N_HIDDEN + 1)},
        chance={
            rf"\text{{{name}}}": [
                (p, {"v": np.array(v, float), "h": np.array(h, float)}) for (v, h), p in own.items()
            ]
            for name, own in cases.items()
        },
        witness="the book's own gradient, and all states listed one by one", within=1e-12,
    )  # fmt: skip


# Laws ----------------------------------------------------------------------------------------


def test_exact_gradient_matches_differences():
    params, v = drawn(), data()
    ours = leaves_of(rbm.exact_gradient(params, v))
    for name, leaf in leaves_of(params).items():

        def loss(leaf=leaf):
            return rbm.free_energy(params, v).mean() + rbm.log_partition(params)

        np.testing.assert_allclose(ours[name], oracles.central_differences(loss, leaf), atol=1e-7)


def test_a_long_chain_estimates_the_exact_gradient():
    params, rng = drawn(), np.random.default_rng(7)
    many = np.repeat(data(), 3000, axis=0)
    found = rbm.contrastive_divergence(params, many, n_steps=40, rng=rng)
    for ours, theirs in zip(found, rbm.exact_gradient(params, data()), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=0.015)


def test_one_step_points_downhill():
    params, rng = drawn(), np.random.default_rng(7)
    found = rbm.contrastive_divergence(params, np.repeat(data(), 3000, axis=0), rng=rng)
    exact = rbm.exact_gradient(params, data())
    assert sum(np.sum(a * b) for a, b in zip(found, exact, strict=True)) > 0


def test_training_makes_the_data_likely():
    bars = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]], float)
    rng = np.random.default_rng(7)
    start = rbm.boltzmann_init(4, 3, rng=rng)
    after = rbm.train_boltzmann(
        start, np.repeat(bars, 25, axis=0), n_epochs=200, learning_rate=0.5, rng=rng
    )

    def likelihood(params):
        return float((-rbm.free_energy(params, bars) - rbm.log_partition(params)).mean())

    assert likelihood(start) == pytest.approx(-4 * math.log(2), abs=0.02)
    assert -4 * math.log(2) + 0.9 < likelihood(after) < -2 * math.log(2)


def test_stack_has_the_widths_asked_for_and_one_generator_one_outcome():
    v = np.random.default_rng(11).random((23, 5))
    first, again = (
        rbm.pretrain(v, [7, 3], n_epochs=2, rng=np.random.default_rng(7)) for _ in range(2)
    )
    assert [layer.W.shape for layer in first] == [(5, 7), (7, 3)]
    for ours, theirs in zip(first, again, strict=True):
        np.testing.assert_array_equal(ours.W, theirs.W)
        np.testing.assert_array_equal(ours.b, theirs.b)


# Complaints ----------------------------------------------------------------------------------


def test_what_does_not_fit_is_named():
    params, rng = drawn(), np.random.default_rng(7)
    for call, says in (
        (lambda: rbm.hidden_probabilities(params, np.zeros((2, 4))), "v must have shape"),
        (lambda: rbm.visible_probabilities(params, np.zeros((2, 3))), "h must have shape"),
        (lambda: rbm.free_energy(params, np.zeros((0, 3))), "v must hold at least one"),
        (lambda: rbm.free_energy(params, np.full((1, 3), np.nan)), "v must be finite"),
        (lambda: rbm.free_energy(params, np.zeros((1, 3), np.float32)), "v must be float64"),
        (lambda: rbm.contrastive_divergence(params, data(), rng=7), "rng must be"),
        (lambda: rbm.contrastive_divergence(params, data(), n_steps=0, rng=rng), "n_steps must"),
        (
            lambda: rbm.train_boltzmann(params, 2 * data(), n_epochs=1, rng=rng),
            "v must be at least",
        ),
        (lambda: rbm.train_boltzmann(params, data(), n_epochs=0, rng=rng), "n_epochs must"),
        (lambda: rbm.boltzmann_init(0, 3, rng=rng), "n_visible must"),
        (lambda: rbm.pretrain(data()[0], [3], n_epochs=1, rng=rng), "v must have shape"),
    ):
        with pytest.raises(ValueError, match=says):
            call()


def test_too_many_states_are_refused():
    wide = rbm.boltzmann_init(3, 17, rng=np.random.default_rng(7))
    with pytest.raises(ValueError, match="at most 16 hidden units, got 17"):
        rbm.log_partition(wide)
    with pytest.raises(ValueError, match="at most 16 hidden units, got 17"):
        rbm.exact_gradient(wide, data())
