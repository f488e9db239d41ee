"""Masks and positions: each equation against SciPy, Keras, complex numbers and the library."""

import cmath
import math

import keras
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import softmax

from unrolled.networks.attention import scaled_dot_product_attention
from unrolled.networks.masks import look_ahead_mask, padding_mask
from unrolled.networks.positions import sinusoidal_positions

SINUSOIDS = [(8, 50.0), (10, 11.0)]  # d_model of a token, and base of the sinusoids
PLACES, DISTANCES = (1, 4, 7), (2, 5, -3)


def counted(table):
    """By the numbers of row and column, counted from one, each entry of a table."""
    return {(r + 1, c + 1): float(entry) for (r, c), entry in np.ndenumerate(table)}


@pytest.mark.equation("masked-weights")
def test_weights_are_shared_among_what_may_be_seen(evidence):
    rng = np.random.default_rng(7)
    for n_queries, n_keys in ((3, 5), (2, 7)):
        query, key = rng.normal(size=(n_queries, 2)), rng.normal(size=(n_keys, 2))
        mask = rng.random((n_queries, n_keys)) < 0.6
        mask[:, 1] = True
        scores = query @ key.T / math.sqrt(2)
        by_scipy = np.zeros_like(scores)
        for row, seen in enumerate(mask):
            by_scipy[row, seen] = softmax(scores[row, seen])
        _, weights = scaled_dot_product_attention(query, key, key, mask)
        for found, witness in (
            (by_scipy, "SciPy's softmax of the scores that are left when the others are taken out"),
            (weights, "the book's own scaled_dot_product_attention"),
        ):
            evidence.evaluates(
                {
                    "a_{ij}": counted(found), "m_{ij}": counted(mask), "s_{ij}": counted(scores),
                    "n": n_keys,
                },
                at={"i": range(1, n_queries + 1), "j": range(1, n_keys + 1)},
                witness=witness, within=1e-14,
            )  # fmt: skip


def seen_in_keras(n_tokens, length):
    """Return which weights of a layer of Keras are not zero under both of its masks."""
    tokens = np.random.default_rng(7).normal(size=(1, n_tokens, 2))
    real = np.repeat(np.arange(n_tokens)[None, None] < length, n_tokens, axis=1)
    layer = keras.layers.MultiHeadAttention(1, 2, seed=7)
    _, weights = layer(
        tokens, tokens, attention_mask=real, use_causal_mask=True, return_attention_scores=True
    )
    return weights[0, 0].numpy() > 0


@pytest.mark.equation("combined-mask")
@pytest.mark.parametrize("n_tokens", [5, 7])
def test_both_masks_hide_what_one_of_them_hides(evidence, n_tokens):
    places = range(1, n_tokens + 1)
    for length in (0, 1, 3, n_tokens):
        both = (padding_mask([length], n_tokens) & look_ahead_mask(n_tokens))[0]
        found = {"the book's own padding_mask and look_ahead_mask": both}
        if length:  # Keras weighs all keys alike where none may be seen
            found["the masks of Keras' MultiHeadAttention"] = seen_in_keras(n_tokens, length)
        for witness, mask in found.items():
            evidence.evaluates(
                {"m_{ij}": counted(mask), r"\ell": length}, at={"i": places, "j": places},
                witness=witness, within=0,
            )  # fmt: skip


class Sinusoids:
    """Positions as numbers on the unit circle, each multiplied on from one place to the next."""

    def __init__(self, d_model, base):
        self.d_model, self.base = d_model, base
        self.pairs = range(d_model // 2)
        self.steps = [cmath.exp(1j * self.frequency(pair)) for pair in self.pairs]

    def frequency(self, pair):
        return math.exp(-2 * pair / self.d_model * math.log(self.base))

    def position(self, place):
        """Return the row of a place: imaginary and real parts, pair by pair."""
        rotated = [step**place for step in self.steps]
        return np.array([[number.imag, number.real] for number in rotated]).ravel()

    def rotation(self, distance):
        """Return the matrix that moves many positions on best, by least squares."""
        here = np.array([self.position(place) for place in range(40)])
        there = np.array([self.position(place + distance) for place in range(40)])
        return np.linalg.lstsq(here, there)[0].T


@pytest.mark.equation("sinusoidal-positions")
@pytest.mark.parametrize(("d_model", "base"), SINUSOIDS)
def test_printed_entries_are_those_of_the_array(evidence, d_model, base):
    sinusoids = Sinusoids(d_model, base)
    array = sinusoidal_positions(11, d_model, base=base)
    for position, witness in (
        (sinusoids.position, "powers of numbers on the unit circle"),
        (array.__getitem__, "the book's own sinusoidal_positions"),
    ):
        evidence.evaluates(
            {r"\mathrm{PE}_p": position, "B": base, "d": d_model},
            at={"p": range(11), "i": sinusoids.pairs}, witness=witness, within=1e-14,
        )  # fmt: skip


def first_return(frequency):
    """Search for the place where a sine first comes back to zero from below."""
    step = 0.3 / frequency
    place = step
    while not math.sin(frequency * place) < 0 <= math.sin(frequency * (place + step)):
        place += step
    return brentq(lambda x: math.sin(frequency * x), place, place + step, xtol=1e-13, rtol=1e-14)


@pytest.mark.equation("position-wavelength")
@pytest.mark.parametrize(("d_model", "base"), SINUSOIDS)
def test_a_pair_is_back_after_its_wavelength(evidence, d_model, base):
    sinusoids = Sinusoids(d_model, base)
    evidence.evaluates(
        {
            r"\lambda_i": lambda i: first_return(sinusoids.frequency(i)),
            r"\omega_i": sinusoids.frequency, "B": base, "d": d_model,
        },
        at={"i": sinusoids.pairs}, witness="the first return of the sine, found by SciPy's brentq",
        within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("position-shift")
@pytest.mark.equation("position-pair")
def test_what_is_said_of_one_pair_holds_at_any_place(evidence):
    for label in ("position-shift", "position-pair"):
        evidence.evaluates(
            {}, at={r"\omega": (0.7, 0.23), "p": (3, 11), "r": (5, -2)}, label=label,
            witness="its other side, at places and frequencies that have nothing in common",
            within=1e-14,
        )  # fmt: skip


@pytest.mark.equation("position-turn")
@pytest.mark.parametrize(("d_model", "base"), SINUSOIDS)
def test_one_matrix_of_blocks_moves_every_position_on(evidence, d_model, base):
    sinusoids = Sinusoids(d_model, base)
    for distance in DISTANCES:
        found = sinusoids.rotation(distance)
        blocks = {i: found[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] for i in sinusoids.pairs}
        evidence.evaluates(
            {
                "R_r": sinusoids.rotation, "D_i": blocks, r"\omega_i": sinusoids.frequency,
                "r": distance, "d": d_model,
            },
            at={"i": sinusoids.pairs}, within=1e-11,
            witness="the matrix that least squares finds between positions and those moved on",
        )  # fmt: skip


@pytest.mark.equation("position-dot")
@pytest.mark.parametrize(("d_model", "base"), SINUSOIDS)
def test_products_of_positions_know_the_distance_only(evidence, d_model, base):
    sinusoids = Sinusoids(d_model, base)
    array = sinusoidal_positions(13, d_model, base=base)
    for position, places, witness in (
        (sinusoids.position, PLACES, "powers of numbers on the unit circle"),
        (array.__getitem__, (3, 4, 7), "the book's own sinusoidal_positions"),
    ):
        evidence.evaluates(
            {r"\mathrm{PE}_p": position, r"\omega_i": sinusoids.frequency, "d": d_model},
            at={"p": places, "r": DISTANCES}, witness=witness, within=1e-13,
        )  # fmt: skip
    assert array[0] @ array[0] == pytest.approx(d_model / 2)


@pytest.mark.equation("rotary-scores")
@pytest.mark.parametrize(("d_model", "base"), SINUSOIDS)
def test_rotated_queries_and_keys_know_the_distance_only(evidence, d_model, base):
    query, key = np.random.default_rng(7).normal(size=(2, d_model))
    evidence.evaluates(
        {"R_r": Sinusoids(d_model, base).rotation, "q": query, "k": key},
        at={"p": PLACES, "r": DISTANCES}, within=1e-10,
        witness="the matrices that least squares finds between positions and those moved on",
    )  # fmt: skip
