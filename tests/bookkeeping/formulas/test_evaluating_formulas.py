"""What an equation evaluates to, by arithmetic with lists and by NumPy's, and what is refused."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from bookkeeping.check.arrays import Arrays
from bookkeeping.check.formulas.evaluating import Defined
from bookkeeping.check.formulas.faults import FormulaError, Misfit, Untrue, Unusable
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.plain import Plain
from bookkeeping.check.formulas.trials import Trial

LETTERS = {
    "i": "index", "j": "index", "k": "index", "t": "index", "n": "number", "m": "number",
    "a": "number", "A": "matrix", "B": "matrix", "x": "vector", "y": "vector", "u": "row",
    "z": "number", "f": "function", "g": "function", "h^{(t)}": "vector", "J": "number",
    "w": "vector", "q": "random number", "r": "random number", r"\varepsilon": "number",
    "B_i": "matrix", "S": "set", "s_i": "number", r"\mathcal D": "set", "c": "number",
    "o": "number", "b": "number", "v": "number",
}  # fmt: skip
NAMES = Names(LETTERS)
chance = random.Random(7)


def table(rows, columns):
    return [[chance.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)]


A, B = table(3, 5), table(5, 2)
X, Y, U = [0.3, -0.7, 1.1], [0.2, 0.9, -0.4], [0.5, -1.3, 0.8, 0.1, 0.7]
SQUARE = [[2.0, 0.3, -0.1], [0.7, 1.5, 0.4], [-0.6, 0.2, 1.9]]


def run(tex, values, operations=None, within=1e-12, **options):
    return Trial(NAMES, operations or Arrays(), values, within, **options).run(tex)


TRUE = [
    (r"A B = C".replace("C", "A B"), {"A": A, "B": B}, {}),
    (r"\left(A B\right)^{\top} = B^{\top} A^{\top}", {"A": A, "B": B}, {}),
    (r"x^{\top} y = \sum_{k=1}^{3} x_k y_k", {"x": X, "y": Y}, {}),
    (r"\lVert x \rVert^2 = \langle x, x \rangle", {"x": X}, {}),
    (r"\left(x \odot y\right)_k = x_k y_k", {"x": X, "y": Y}, {"at": {"k": [1, 2, 3]}}),
    (r"u A^{\top} = \left(A u^{\top}\right)^{\top}", {"A": A, "u": U}, {}),
    (r"A^{-1} A x = x", {"A": SQUARE, "x": X}, {}),
    (r"\operatorname{tr}\left(A B\right) = \operatorname{tr}\left(B A\right)",
     {"A": SQUARE, "B": [[1.0, 2, 3], [4, 5, 7], [8, 9, 11]]}, {}),
    (r"\operatorname{diag}(x) y = x \odot y", {"x": X, "y": Y}, {}),
    (r"\sum_{k=1}^{3} \operatorname{softmax}(x)_k = 1", {"x": X}, {}),
    (r"\int_0^{\pi} \sin(z)\, dz = 2", {}, {}),
    (r"\int_0^{\infty} z^2 e^{-z}\, dz = 2", {}, {}),
    (r"\frac{d}{da} \tanh(a) = 1 - \tanh^2(a)", {}, {"at": {"a": [0.3, -1.2]}}),
    (r"\lim_{\varepsilon \to 0} \frac{\sin(a + \varepsilon) - \sin(a)}{\varepsilon} = \cos(a)", {},
     {"at": {"a": [0.3, 1.4]}, "within": 1e-9}),
    (r"1 + 2 + \dots + n = \frac{n (n + 1)}{2}", {}, {"at": {"n": [5, 11]}}),
    (r"\sum_{i \ne j} s_i s_j = \Big(\sum_{i=1}^{4} s_i\Big)^2 - \sum_{i=1}^{4} s_i^2",
     {"s_i": {1: 0.3, 2: 0.5, 3: -0.9, 4: 1.7}}, {"ranges": {"i": range(1, 5), "j": range(1, 5)}}),
    (r"\max_{1 \le k \le 3} x_k = -\min_{1 \le k \le 3} \left(-x_k\right)", {"x": X}, {}),
    (r"\sum_{k \in S} k = 10", {"S": {2, 3, 5}}, {}),
    (r"\binom{n}{2} = \frac{n!}{2\, (n - 2)!}", {}, {"at": {"n": [5, 7]}}),
    (r"z = \begin{cases} 1 & \text{if } n \le 3 \\ 0 & \text{otherwise} \end{cases}", {},
     {"at": [{"n": 3, "z": 1}, {"n": 4, "z": 0}]}),
    (r"\begin{pmatrix} A & A \\ A & 0 \end{pmatrix} \begin{pmatrix} x \\ y \end{pmatrix}"
     r" = \begin{pmatrix} A (x + y) \\ A x \end{pmatrix}".replace(r"A & 0", r"A & -A + A"),
     {"A": SQUARE, "x": X, "y": Y}, {}),
]  # fmt: skip


@pytest.mark.parametrize("operations", [Arrays(), Plain()], ids=["NumPy", "lists"])
@pytest.mark.parametrize(("tex", "values", "options"), TRUE)
def test_what_is_true_holds(tex, values, options, operations):
    options = dict(options)
    assert run(tex, values, operations, **options).error <= options.get("within", 1e-12)


FALSE = [
    (r"\left(A B\right)^{\top} = A^{\top} B^{\top}", {"A": A, "B": B}, {}, Misfit),
    (r"x^{\top} y = \sum_{k=1}^{2} x_k y_k", {"x": X, "y": Y}, {}, Untrue),
    (r"A^{-2} A x = x", {"A": SQUARE, "x": X}, {}, Untrue),
    (r"A x = A^{\top} x", {"A": SQUARE, "x": X}, {}, Untrue),
    (r"\frac{d}{da} \tanh(a) = 1 - \tanh^3(a)", {}, {"at": {"a": [0.3]}}, Untrue),
    (r"x = x + z", {"x": X, "z": math.nan}, {}, Untrue),
    (r"x y = z", {"x": X, "y": Y, "z": 2.0}, {}, Misfit),
    (r"A + x = A", {"A": SQUARE, "x": X}, {}, Misfit),
    (r"x = z", {"x": X, "z": 2.0}, {}, Misfit),
    (r"x_4 = z", {"x": X, "z": 1.0}, {}, Misfit),
    (r"a = z", {"a": 1.0}, {}, Unusable),
    (r"a = a", {"a": 1.0, "z": 2.0}, {}, Unusable),
    (r"a = z", {"a": X, "z": 1.0}, {}, Unusable),
    (r"A x = x", {"A": X, "x": X}, {}, Unusable),
    (r"1 + 2 + \dots + n = 6", {"n": 3}, {}, Unusable),
    (r"a \le z", {"a": 1.0, "z": 2.0}, {}, Unusable),
    (r"a \ge z", {"a": 1.0, "z": 2.0}, {}, Untrue),
    (r"n > 3 \iff n \ge 3", {}, {"at": {"n": [2, 3, 4]}}, Untrue),
    (r"n > 3 \iff n > 3", {}, {"at": {"n": [2, 4]}}, Unusable),
    (r"n > 3 \iff n > 3", {}, {"at": {"n": [4, 5]}}, Unusable),
    (r"\sum_{i \ne j} s_i = 1", {"s_i": {1: 1.0}}, {}, Unusable),
    (r"\mathbb{E}[a] = a", {"a": 1.0}, {"chance": [(1.0, {"q": 1.0})]}, FormulaError),
    (r"\mathbb{E}[q] = a", {"a": 1.0}, {}, Unusable),
    (r"\prod_{k=3}^{1} s_k = 1", {"s_i": {1: 1.0, 2: 1.0, 3: 1.0}}, {}, Misfit),
    (r"\frac{\partial a}{\partial z} = 1", {"a": 1.0, "z": 2.0}, {}, Unusable),
]


@pytest.mark.parametrize(("tex", "values", "options", "fault"), FALSE)
def test_what_does_not_hold_or_cannot_is_refused(tex, values, options, fault):
    with pytest.raises(fault):
        run(tex, values, **options)


def test_a_total_derivative_follows_what_a_partial_one_holds():
    values = {
        "c": 0.7,
        "o": Defined(lambda of: math_tanh(0.4 * of("c") + 0.1)),
        "v": Defined(lambda of: of("o") * math_tanh(of("c"))),
        "a": 0.4,
        "b": 0.1,
    }
    partial = r"\frac{\partial v}{\partial c} = o \left(1 - \tanh^2(c)\right)"
    assert run(partial, {}, background=values).error < 1e-15
    total = (
        r"\frac{d v}{d c} = \frac{\partial v}{\partial c}"
        r" + \frac{\partial v}{\partial o} \frac{\partial o}{\partial c}"
    )
    assert run(total, {}, background=values).error < 1e-15
    with pytest.raises(Untrue):
        run(total.replace("d v", r"\partial v", 1).replace("d c", r"\partial c", 1), {},
            background=values)  # fmt: skip


def math_tanh(value):
    return np.tanh(value)


def test_a_derivative_goes_through_steps_of_time():
    rng = np.random.default_rng(3)
    weights, start = rng.normal(size=(3, 3)), rng.normal(size=3)
    values = {
        "h^{(t)}": Defined(lambda of, t: np.tanh(of("A") @ of("h^{(t)}", t - 1)) if t else start),
        "A": weights,
        "J": Defined(lambda of: (of("h^{(t)}", 3) ** 2).sum()),
    }
    tex = r"\frac{d h^{(t)}}{d h^{(t - 1)}} = \operatorname{diag}\left(1 - (h^{(t)})^2\right) A"
    assert run(tex, {}, background=values, at={"t": [1, 2, 3]}).error < 1e-14
    with pytest.raises(Untrue):
        run(tex.replace(") A", r") A^{\top}"), {}, background=values, at={"t": [1, 2, 3]})
    chain = (
        r"\frac{d J}{d h_k^{(1)}} = \sum_{j=1}^{3} \frac{d J}{d h_j^{(2)}} "
        r"\frac{d h_j^{(2)}}{d h_k^{(1)}}"
    )
    assert run(chain, {}, background=values, at={"k": [1, 2, 3]}).error < 1e-14


def test_chance_is_enumerated_exactly_and_by_parts():
    coin = [(0.25, -1.0), (0.75, 2.0)]
    parts = {"q": [(p, {"q": v}) for p, v in coin], "r": [(p, {"r": v + 1}) for p, v in coin]}
    parts = {r"\mathcal D": parts["q"], r"\varepsilon": parts["r"]}
    assert run(r"\mathbb{E}[q r] = \mathbb{E}[q] \mathbb{E}[r]", {}, chance=parts).error < 1e-15
    tex = r"\operatorname{Var}(q + r) = \operatorname{Var}(q) + \operatorname{Var}(r)"
    assert run(tex, {}, chance=parts).error < 1e-15
    assert run(r"\Pr(q > 0) = z", {"z": 0.75}, chance=parts).error == 0
    assert run(r"\operatorname{Cov}(q, q) = \operatorname{Var}(q)", {}, chance=parts).error < 1e-15
    with pytest.raises(Untrue):
        run(r"\mathbb{E}[q^2] = \mathbb{E}[q]^2", {}, chance=parts)
    assert run(r"\mathbb{E}_{\mathcal D}[q r] = \mathbb{E}[q] r", {"r": 0.3}, chance=parts)


def test_an_assignment_is_compared_with_what_is_there_afterwards():
    tex = r"w \leftarrow w - a y"
    values = {"w": X, "a": 0.5, "y": Y}
    new = [x - 0.5 * y for x, y in zip(X, Y, strict=True)]
    assert run(tex, values, after={"w": new}).error < 1e-15
    with pytest.raises(Untrue):
        run(tex.replace("- a", "+ a"), values, after={"w": new})


def test_what_means_the_same_is_told_from_what_happens_to_agree():
    from bookkeeping.check.formulas.reading import read

    trial = Trial(NAMES, Arrays(), {"a": 1.5, "z": 1.5}, 1e-12)
    same = [read(tex, NAMES) for tex in ("a = z a", "a = a z")]
    assert trial.means_the_same(*same)
    other = [read(tex, NAMES) for tex in ("a = z", "a = a")]
    assert not trial.means_the_same(*other)


def test_lists_and_numpy_agree_on_every_operation():
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(3, 3))
    plain, arrays = Plain(), Arrays()
    for name in ("inverse", "transpose", "spectral_norm"):
        ours = getattr(plain, name)(plain.take(matrix.tolist(), "matrix"))
        theirs = getattr(arrays, name)(matrix)
        np.testing.assert_allclose(np.array(ours), theirs, rtol=1e-10)
