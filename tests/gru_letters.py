"""A GRU described once, by its definitions, and the values of all its letters.

The definitions are written for columns; a printed formula, the book's code and Keras are held
against them.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy.special import expit

from recurrent_letters import Recurrent, logistic
from unrolled.networks.gru import GRUGate, GRUParams
from unrolled.networks.gru_reset_after import GRUResetAfterParams

BARS = {gate: rf"\bar{{{gate}}}^{{(t)}}" for gate in "zrh"}
PARAMETERS = [f"{letter}_{gate}" for gate in "zrh" for letter in "WRb"]
CANDIDATE, SEEN = r"\tilde{h}^{(t)}", r"\hat{h}^{(t)}"


def _entering(of, t, gate, seen):
    """Sum up what enters a gate or the candidate, which may see another state."""
    return of(f"W_{gate}") @ of("x^{(t)}", t) + of(f"R_{gate}") @ seen + of(f"b_{gate}")


DEFINITIONS = {
    BARS["z"]: lambda of, t: _entering(of, t, "z", of("h^{(t)}", t - 1)),
    BARS["r"]: lambda of, t: _entering(of, t, "r", of("h^{(t)}", t - 1)),
    "z^{(t)}": lambda of, t: logistic(of(BARS["z"], t)),
    "r^{(t)}": lambda of, t: logistic(of(BARS["r"], t)),
    SEEN: lambda of, t: of("h^{(t)}", t - 1) * of("r^{(t)}", t),
    BARS["h"]: lambda of, t: _entering(of, t, "h", of(SEEN, t)),
    CANDIDATE: lambda of, t: np.tanh(of(BARS["h"], t)),
    "h^{(t)}": lambda of, t: (
        of(CANDIDATE, t) + of("z^{(t)}", t) * (of("h^{(t)}", t - 1) - of(CANDIDATE, t))
    ),
}
RESET_LATER = {
    SEEN: lambda of, t: of("b_R") + of("R_h") @ of("h^{(t)}", t - 1),
    BARS["h"]: lambda of, t: (
        of("b_h") + of("W_h") @ of("x^{(t)}", t) + of(SEEN, t) * of("r^{(t)}", t)
    ),
}


class Unit(Recurrent):
    """A GRU with numbers in it, and the loss of a sequence.

    Parameters
    ----------
    n_in, n_hidden, n_steps : int
        Sizes.
    seed : int, optional
        Of all numbers.
    after : bool, optional
        Whether the reset comes after the matrix product.
    """

    def __init__(self, n_in, n_hidden, n_steps, seed=7, *, after=False):
        super().__init__()
        self.n_steps, self.after = n_steps, after
        self.steps = range(1, n_steps + 1)
        rng = np.random.default_rng(seed)
        shapes = {"W": (n_hidden, n_in), "R": (n_hidden, n_hidden), "b": n_hidden}
        self.given: dict[str, Any] = {
            tex: rng.normal(scale=0.6, size=shapes[tex[0]])
            for tex in [*PARAMETERS, *["b_R"] * after]
        }
        self.h0 = rng.normal(size=n_hidden)
        # one step more, so that also the last one has a next
        self.x = rng.normal(size=(n_steps + 1, n_in))
        self.targets = rng.normal(size=(n_steps, n_hidden))
        self.definitions = DEFINITIONS | (RESET_LATER if after else {})

    def defined(self, of, tex, *at):
        """Return a letter by its definition, from others."""
        if tex in self.given:
            return self.given[tex]
        if tex == "x^{(t)}":
            return self.x[at[0] - 1]
        if (tex, *at) == ("h^{(t)}", 0):
            return self.h0
        if tex == "J^{(t)}":
            (t,) = at  # no loss looks at the initial state
            return ((of("h^{(t)}", t) - self.targets[t - 1]) ** 2).sum() / 2 if t else 0.0
        if tex == "J":
            return sum(of("J^{(t)}", t) for t in self.steps)
        return self.definitions[tex](of, *at)

    @cached_property
    def letters(self):
        """By its TeX each letter, with the losses and with those of a δ."""
        n_hidden, n_in = self.given["W_z"].shape
        sizes = {"n": n_hidden, "m": n_in, "T": self.n_steps, r"\sigma": expit}
        deltas = {rf"\delta {tex}": partial(self.delta, tex) for tex in ["h^{(t)}", *BARS.values()]}
        deltas |= {rf"\delta {tex}": self.delta(tex) for tex in ("W_h", "R_z", "R_h", "b_h")}
        moving = self.moving("x^{(t)}", "J^{(t)}", "J", *self.definitions)
        return {**self.given, **moving, **sizes, **deltas}

    @cached_property
    def params(self):
        """The parameters as the book's code has them, where matrices are transposed."""
        gates = [GRUGate(*(self.given[f"{letter}_{of}"].T for letter in "WRb")) for of in "zrh"]
        return GRUResetAfterParams(*gates, self.given["b_R"]) if self.after else GRUParams(*gates)

    @property
    def arrays(self):
        """The inputs and the initial state as the book's code has them."""
        return self.x[None, :-1], self.h0[None]

    @cached_property
    def by_keras(self):
        """States by the step, and the derivatives of the loss, from Keras alone."""
        n_in, n_hidden = self.params.update_gate.W.shape
        layer = keras.layers.GRU(
            n_hidden, return_sequences=True, reset_after=self.after, dtype="float64"
        )
        layer.build((1, self.n_steps, n_in))
        W, R, b = (np.concatenate([gate[n] for gate in self.params[:3]], axis=-1) for n in range(3))
        if self.after:  # Keras has a second bias for the two gates, too
            b = np.stack([b, np.concatenate([np.zeros(2 * n_hidden), self.given["b_R"]])])
        layer.set_weights([W, R, b])
        inputs, h0 = map(tf.constant, self.arrays)
        with tf.GradientTape() as tape:
            tape.watch([inputs, h0])
            states = layer(inputs, initial_state=h0)
            loss = tf.reduce_sum((states - self.targets) ** 2) / 2
        derivatives = tape.gradient(loss, [*(w.value for w in layer.trainable_variables), h0])
        d_W, d_R, d_b, d_h0 = (derivative.numpy() for derivative in derivatives)
        gradients = {r"\delta h^{(0)}": d_h0[0]}
        for place, of in enumerate("zrh"):
            here = slice(place * n_hidden, (place + 1) * n_hidden)
            gradients |= {rf"\delta W_{of}": d_W[:, here].T, rf"\delta R_{of}": d_R[:, here].T}
            gradients[rf"\delta b_{of}"] = d_b.reshape(-1, 3 * n_hidden)[0, here]
        return dict(enumerate([self.h0, *states.numpy()[0]])), gradients

    def seen_in_keras(self, t):
        """Return what enters the candidate, as the states of Keras show it."""
        states, _ = self.by_keras
        h, before = states[t], states[t - 1]
        kept = expit(_entering(lambda tex, *at: self.defined(None, tex, *at), t, "z", before))
        return np.arctanh((h - kept * before) / (1 - kept))


UNITS = [Unit(5, 2, 3), Unit(2, 3, 5, seed=11)]
RESET_AFTER = [Unit(5, 2, 3, after=True), Unit(2, 3, 5, seed=11, after=True)]
