"""An LSTM described once, by its definitions, and the values of all its letters.

The definitions are written for columns and with a sum for each box; a printed formula, the book's
code and what SymPy derives are held against them. Every derivative of the loss is a complex step
through the definitions, which knows no formula of the way back.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

import numpy as np
from scipy.special import expit, logit

from recurrent_letters import Recurrent, logistic
from unrolled.networks.lstm import BlockInput, Gate, LSTMParams, lstm_forward

BOXES = {"z": "z", "i": "in", "f": "for", "o": "out"}  # by its letter, the subscript of its weights
BARS = {gate: rf"\bar {letter}^{{(t)}}" for letter, gate in BOXES.items()}
NEURONS = ["x^{(t)}", "y^{(t)}", "c^{(t)}", *BARS.values()]
PARAMETERS = [
    f"{letter}_{{{gate}}}"
    for letter in "WRbp"
    for gate in BOXES.values()
    if (letter, gate) != ("p", "z")
]


def _entering(of, t, gate, cell):
    """Sum up what enters a box: its subscript, and the step of the cell that it looks at."""
    summed = of(f"W_{{{gate}}}") @ of("x^{(t)}", t) + of(f"R_{{{gate}}}") @ of("y^{(t)}", t - 1)
    summed = summed + of(f"b_{{{gate}}}")
    return summed if cell is None else summed + of(f"p_{{{gate}}}") * of("c^{(t)}", cell)


DEFINITIONS = {
    r"\bar z^{(t)}": lambda of, t: _entering(of, t, "z", None),
    r"\bar i^{(t)}": lambda of, t: _entering(of, t, "in", t - 1),
    r"\bar f^{(t)}": lambda of, t: _entering(of, t, "for", t - 1),
    r"\bar o^{(t)}": lambda of, t: _entering(of, t, "out", t),
    "z^{(t)}": lambda of, t: np.tanh(of(r"\bar z^{(t)}", t)),
    "i^{(t)}": lambda of, t: logistic(of(r"\bar i^{(t)}", t)),
    "f^{(t)}": lambda of, t: logistic(of(r"\bar f^{(t)}", t)),
    "o^{(t)}": lambda of, t: logistic(of(r"\bar o^{(t)}", t)),
    "c^{(t)}": lambda of, t: (
        of("i^{(t)}", t) * of("z^{(t)}", t) + of("f^{(t)}", t) * of("c^{(t)}", t - 1)
    ),
    "y^{(t)}": lambda of, t: np.tanh(of("c^{(t)}", t)) * of("o^{(t)}", t),
}


class Block(Recurrent):
    """A block with numbers in it, and a loss.

    Parameters
    ----------
    n_in, n_hidden, n_steps : int
        Sizes.
    seed : int, optional
        Of all numbers.
    cell_in_loss : bool, optional
        Whether the loss of the last step looks at the cell too.
    peepholes : bool, optional
        Whether the gates look at the cell.
    """

    def __init__(self, n_in, n_hidden, n_steps, seed=7, *, cell_in_loss=False, peepholes=True):
        super().__init__()
        self.n_steps, self.cell_in_loss = n_steps, cell_in_loss
        self.steps = range(1, n_steps + 1)
        rng = np.random.default_rng(seed)
        shapes = {"W": (n_hidden, n_in), "R": (n_hidden, n_hidden), "b": n_hidden, "p": n_hidden}
        self.given: dict[str, Any] = {
            tex: rng.normal(size=shapes[tex[0]]) * (peepholes or tex[0] != "p")
            for tex in PARAMETERS
        }
        self.initial = {tex: rng.normal(size=n_hidden) for tex in ("y^{(t)}", "c^{(t)}")}
        # one step more, so that also the last one has a next
        self.x = rng.normal(size=(n_steps + 1, n_in))
        self.targets = rng.normal(size=(n_steps, n_hidden))

    def defined(self, of, tex, *at):
        """Return a letter by its definition, from others."""
        if tex in self.given:
            return self.given[tex]
        if tex == "x^{(t)}":
            return self.x[at[0] - 1]
        if at == (0,) and tex in self.initial:
            return self.initial[tex]
        if tex == "J^{(t)}":
            (t,) = at
            loss = ((of("y^{(t)}", t) - self.targets[t - 1]) ** 2).sum() / 2
            looks = self.cell_in_loss and t == self.n_steps
            return loss + (of("c^{(t)}", t) ** 3).sum() if looks else loss
        if tex == "J":
            return sum(of("J^{(t)}", t) for t in self.steps)
        return DEFINITIONS[tex](of, *at)

    @cached_property
    def forward_letters(self):
        """By its TeX each letter of the way forward."""
        n_hidden, n_in = self.given["W_{z}"].shape
        sizes = {"n": n_hidden, "m": n_in, "T": self.n_steps}
        return {**self.given, **self.moving("x^{(t)}", *DEFINITIONS), **sizes, r"\sigma": expit}

    @cached_property
    def letters(self):
        """The same, with the losses and with those of a δ."""
        deltas = {rf"\delta {tex}": partial(self.delta, tex) for tex in NEURONS}
        peepholes = [tex for tex in PARAMETERS if tex[0] == "p"]
        deltas |= {rf"\delta {tex}": self.delta(tex) for tex in peepholes}
        return {**self.forward_letters, **self.moving("J^{(t)}", "J"), **deltas}

    @cached_property
    def params(self):
        """The parameters as the book's code has them, where matrices are transposed."""
        gates = [
            [self.given[f"{letter}_{{{gate}}}"].T for letter in ("WRb" if gate == "z" else "WRbp")]
            for gate in BOXES.values()
        ]
        return LSTMParams(BlockInput(*gates[0]), *(Gate(*gate) for gate in gates[1:]))

    @property
    def arrays(self):
        """The inputs and the initial states as the book's code has them."""
        return self.x[None, :-1], self.initial["y^{(t)}"][None], self.initial["c^{(t)}"][None]

    @cached_property
    def coded(self):
        """What `lstm_forward` makes of the numbers: by its TeX each letter, by the step."""
        y, c, cache = lstm_forward(self.params, *self.arrays)
        rows = {"y": y[0], "c": c[0], **{gate: getattr(cache, gate)[0] for gate in BOXES}}
        bars = {rf"\bar {gate}": logit(rows[gate]) for gate in "ifo"}
        rows |= {r"\bar z": np.arctanh(rows["z"]), **bars}
        steps = {f"{letter}^{{(t)}}": dict(enumerate(row, 1)) for letter, row in rows.items()}
        for tex, state in self.initial.items():
            steps[tex][0] = state
        return steps

    def of_box(self, gate):
        """Return what the star stands for, in one of the boxes."""
        weights = {
            rf"\delta {letter}_\star": self.delta(f"{letter}_{{{gate}}}") for letter in "WRb"
        }
        return {**weights, r"\delta \bar\star^{(t)}": partial(self.delta, BARS[gate])}


BLOCKS = [Block(5, 2, 3), Block(2, 3, 5, seed=11)]
AT_THE_CELL = [Block(5, 2, 3, cell_in_loss=True), Block(2, 3, 5, seed=11, cell_in_loss=True)]
