"""The simple recurrent network in the letters of the book, as values that follow one another.

What is `Defined` moves when what it is worked out from moves, so that a printed derivative can be
computed. Beside it stands the same network as one plain function, `run`.
"""

import numpy as np

from bookkeeping.check.formulas.evaluating import Defined

SIZES = [(5, 2, 7, 3), (3, 5, 2, 4), (2, 3, 5, 2)]  # inputs, hidden units, outputs, steps
KEYS = "UWbVc"
STEP = 1e-30  # in the complex plane, where nothing cancels


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum()


def numbers(sizes, seed=7):
    """Draw every number that the network is given, by its letter and its step."""
    m, n, q, T = sizes
    rng = np.random.default_rng(seed)
    drawn = {"U": (n, m), "W": (n, n), "b": n, "V": (q, n), "c": q, ("h", 0): n}
    drawn |= {("x", t): m for t in range(1, T + 1)}
    given = {letter: rng.normal(scale=0.6, size=size) for letter, size in drawn.items()}
    return given | {("y", t): rng.dirichlet(np.ones(q)) for t in range(1, T + 1)}


def run(given, push=None):
    """Run the network, with something added to some of its quantities, and return them all."""
    values, push = dict(given), push or {}
    for letter, more in push.items():
        if letter in values:
            values[letter] = values[letter] + more
    values["J"] = 0
    for t in range(1, last_step(given) + 1):
        made = {
            "a": lambda t=t: values["U"] @ values["x", t] + values["W"] @ values["h", t - 1]
            + values["b"],
            "h": lambda t=t: np.tanh(values["a", t]),
            "o": lambda t=t: values["V"] @ values["h", t] + values["c"],
            "y_hat": lambda t=t: softmax(values["o", t]),
            "J": lambda t=t: -(values["y", t] * np.log(values["y_hat", t])).sum(),
        }  # fmt: skip
        for letter, value in made.items():
            values[letter, t] = value() + push.get((letter, t), 0)
        values["J"] += values["J", t]
    return values


def last_step(given):
    return max(letter[1] for letter in given if letter[0] == "x")


def delta(given, letter):
    """Differentiate the total loss by each entry of a quantity, by steps in the complex plane."""
    shape = np.shape(run(given)[letter])
    derivatives = np.empty(shape)
    for place in np.ndindex(shape):
        nudge = np.zeros(shape, dtype=complex)
        nudge[place] = STEP * 1j
        derivatives[place] = run(given, {letter: nudge})["J"].imag / STEP
    return derivatives


def over_time(values, letter, first=1):
    """Return the values of a quantity by its step."""
    return {t: values[letter, t] for t in range(first, last_step(values) + 1)}


def in_print(given):
    """Return every letter of the pages with its value, the errors and gradients too."""
    values, m_n_q = run(given), (given["U"].shape[1], given["b"].size, given["c"].size)
    printed = {key: given[key] for key in KEYS} | dict(zip("mnq", m_n_q, strict=True))
    printed |= {rf"\delta {key}": delta(given, key) for key in KEYS}
    printed |= {f"{letter}^{{(t)}}": over_time(values, letter) for letter in ("x", "a", "o", "J")}
    printed |= {
        "h^{(t)}": over_time(values, "h", 0), r"\hat{y}^{(t)}": over_time(values, "y_hat"),
        "y^{(t)}": over_time(values, "y"), "J": values["J"], "T": last_step(given),
        "f": softmax, "g": np.tanh,
    }  # fmt: skip
    for letter, first in (("h", 0), ("x", 1), ("o", 1)):
        steps = range(first, last_step(given) + 1)
        printed[rf"\delta {letter}^{{(t)}}"] = {t: delta(given, (letter, t)) for t in steps}
    return printed


def defined(given, shared=""):
    """Return the letters of the network, each worked out from those it is defined by.

    Every step may have a copy of the `shared` parameter; then all copies are equal to it.
    """
    printed = {key: given[key] for key in KEYS}
    printed |= {"x^{(t)}": over_time(given, "x"), "y^{(t)}": over_time(given, "y")}
    T, start = last_step(given), given["h", 0]
    if shared:
        whole = printed[r"\theta"] = given[shared].reshape(len(given[shared]), -1)
        printed[r"\theta^{(t)}"] = Defined(lambda of, t: of(r"\theta").reshape(whole.shape))

    def own(of, key, t):
        return of(r"\theta^{(t)}", t) if key == shared else of(key)

    def sums(of, t):
        new = own(of, "U", t) @ of("x^{(t)}", t)
        return new + own(of, "W", t) @ of("h^{(t)}", t - 1) + own(of, "b", t)

    def logits(of, t):
        return own(of, "V", t) @ of("h^{(t)}", t) + own(of, "c", t)

    def loss(of, t):
        return -(of("y^{(t)}", t) * np.log(of(r"\hat{y}^{(t)}", t))).sum()

    return printed | {
        "a^{(t)}": Defined(sums),
        "h^{(t)}": Defined(lambda of, t: np.tanh(of("a^{(t)}", t)) if t else start),
        "o^{(t)}": Defined(logits),
        r"\hat{y}^{(t)}": Defined(lambda of, t: softmax(of("o^{(t)}", t))),
        "J^{(t)}": Defined(loss),
        "J": Defined(lambda of: sum(of("J^{(t)}", t) for t in range(1, T + 1))),
        "T": T,
    }
