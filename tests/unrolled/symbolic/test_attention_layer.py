"""The page about the multi-head layer: each displayed equation as it is typed, against others."""

import itertools

import numpy as np
import pytest

from unrolled.networks.attention import scaled_dot_product_attention_backward

STEP = 1e-30  # of a complex step: its square is nothing beside one
SIZES = [(2, 3, 5, 7), (7, 5, 3, 2), (4, 4, 4, 4)]  # queries, keys, their width, that of values


def complex_steps(loss, array):
    """Derivative of a loss by each entry of an array, exact to rounding."""
    derivatives = np.empty(array.shape)
    for place in np.ndindex(array.shape):
        moved = array.astype(complex)
        moved[place] += STEP * 1j
        derivatives[place] = loss(moved).imag / STEP
    return derivatives


def softmax(scores):
    raised = np.exp(scores)
    return raised / raised.sum(axis=1, keepdims=True)


def permutation(size, seed=7):
    """A permutation matrix that is not its own inverse."""
    rng = np.random.default_rng(seed)
    found = (np.eye(size)[rng.permutation(size)] for _ in itertools.count())
    return next(P for P in found if (P != P.T).any())


# Another order -------------------------------------------------------------------------------


@pytest.mark.equation("permutation-steps")
@pytest.mark.parametrize(("n", "d_k", "d_v", "h"), [(5, 3, 7, 4), (3, 5, 2, 6), (4, 4, 4, 4)])
def test_every_step_of_the_proof_holds(evidence, n, d_k, d_v, h):
    rng = np.random.default_rng(11)
    evidence.evaluates(
        {
            "Q": rng.normal(size=(n, d_k)), "K": rng.normal(size=(n, d_k)),
            "V": rng.normal(size=(n, d_v)), "S": rng.normal(size=(n, n)),
            "A": rng.normal(size=(n, n)), "h": h,
            "Z_i": dict(enumerate(rng.normal(size=(h, n, d_v)), 1)),
        },
        at={"P": [permutation(n), permutation(n, seed=11)]},
        witness="random matrices in the place of queries, keys, values, scores and weights",
        within=1e-13,
    )  # fmt: skip


def test_two_steps_need_a_permutation():
    mixing = np.array([[1.0, 1, 0], [0, 1, 0], [0, 0, 1]])  # invertible, but no new order
    rng = np.random.default_rng(7)
    S, A, V = rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), rng.normal(size=(3, 7))
    for P, holds in ((mixing, False), (permutation(3), True)):
        assert np.allclose(softmax(P @ S @ P.T), P @ softmax(S) @ P.T) is holds
        assert np.allclose(P @ A @ P.T @ P @ V, P @ A @ V) is holds


# The way back --------------------------------------------------------------------------------


class OneHead:
    """Random numbers behind the letters of a head, and the derivatives of a loss by each.

    Each derivative comes from complex steps: what is computed from a letter moves with it. The
    loss is no linear function of the context.
    """

    def __init__(self, n_q, n_k, d_k, d_v):
        rng = np.random.default_rng(7)
        shapes = {"Q": (n_q, d_k), "K": (n_k, d_k), "V": (n_k, d_v)}
        self.derivatives = rng.normal(size=(n_q, d_v))
        self.values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        self.values = {name: self.computed(name, {}) for name in "QKVSAZ"}

    def computed(self, name, moved):
        """Return the array behind a letter, after some have been moved."""
        if name in moved or name in {"Q", "K", "V"}:
            return {**self.values, **moved}[name]
        if name == "S":
            query, key = self.computed("Q", moved), self.computed("K", moved)
            return query @ key.T / np.sqrt(query.shape[1])
        if name == "A":
            return softmax(self.computed("S", moved))
        return self.computed("A", moved) @ self.computed("V", moved)

    def loss(self, name, array):
        return np.sum(self.derivatives * np.sin(self.computed("Z", {name: array})))

    def delta(self, name):
        return complex_steps(lambda array: self.loss(name, array), self.values[name])

    def letters(self, names):
        """Return the values of some letters by their TeX; δA is the derivative by A."""
        known = {
            **self.values, "d_k": self.values["Q"].shape[1],
            r"\mathbf{1}": np.ones(len(self.values["K"])),
        }  # fmt: skip
        known |= {rf"\delta {name}": self.delta(name) for name in self.values}
        typed = (
            name.replace("δ", r"\delta ").replace("1", r"\mathbf{1}") for name in names.split()
        )
        return {name: known[name] for name in typed}


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(
    "names",
    [
        pytest.param("δV A δZ", marks=pytest.mark.equation("attention-delta-values")),
        pytest.param("δA δZ V", marks=pytest.mark.equation("attention-delta-weights")),
        pytest.param("δS A δA 1", marks=pytest.mark.equation("attention-delta-scores")),
        pytest.param("δQ δS K d_k", marks=pytest.mark.equation("attention-delta-queries")),
        pytest.param("δK δS Q d_k", marks=pytest.mark.equation("attention-delta-keys")),
    ],
)
def test_derivatives_of_one_head(evidence, sizes, names):
    evidence.evaluates(
        OneHead(*sizes).letters(names),
        witness="automatic differentiation of one head by complex steps",
        within=1e-13,
    )


def test_the_code_sends_back_the_same():
    head = OneHead(*SIZES[0])
    query, key, value, weights = (head.values[name] for name in "QKVA")
    ours = scaled_dot_product_attention_backward(query, key, value, weights, head.delta("Z"))
    for name, mine in zip("QKV", ours, strict=True):
        np.testing.assert_allclose(mine, head.delta(name), atol=1e-14)


def test_derivatives_of_the_scores_sum_to_zero_in_every_row():
    for sizes in SIZES:
        np.testing.assert_allclose(OneHead(*sizes).delta("S").sum(axis=1), 0, atol=1e-14)


@pytest.mark.equation("attention-map-gradients")
@pytest.mark.parametrize(("n", "before", "after"), [(3, 5, 7), (5, 7, 2), (4, 4, 4)])
def test_a_projection_of_tokens_sends_back_to_weights_bias_and_tokens(evidence, n, before, after):
    rng = np.random.default_rng(7)
    X, W, b = rng.normal(size=(n, before)), rng.normal(size=(before, after)), rng.normal(size=after)
    derivatives = rng.normal(size=(n, after))

    def loss(H):
        return np.sum(derivatives * np.sin(H))

    evidence.evaluates(
        {
            r"\delta W": complex_steps(lambda moved: loss(X @ moved + b), W),
            r"\delta b": complex_steps(lambda moved: loss(X @ W + moved), b),
            r"\delta X": complex_steps(lambda moved: loss(moved @ W + b), X),
            r"\delta H": complex_steps(loss, X @ W + b),
            "X": X, "W": W, r"\mathbf{1}": np.ones(n),
        },
        witness="automatic differentiation by complex steps",
        within=1e-13,
    )  # fmt: skip


@pytest.mark.equation("self-attention-delta")
@pytest.mark.parametrize(("n", "h", "d_k"), [(3, 2, 5), (5, 3, 2), (6, 2, 3)])
def test_in_self_attention_three_derivatives_add_up(evidence, n, h, d_k):
    rng = np.random.default_rng(7)
    X, derivatives = rng.normal(size=(n, h * d_k)), rng.normal(size=(n, h * d_k))
    projections = {role: rng.normal(size=(h * d_k, h * d_k)) / 3 for role in "QKV"}
    mapped = {role: X @ W for role, W in projections.items()}

    def loss(parts):
        heads = zip(*(np.split(part, h, axis=1) for part in parts.values()), strict=True)
        context = [softmax(q @ k.T / np.sqrt(d_k)) @ v for q, k, v in heads]
        return np.sum(derivatives * np.sin(np.hstack(context)))

    evidence.evaluates(
        {
            r"\delta X": complex_steps(
                lambda x: loss({r: x @ W for r, W in projections.items()}), X
            ),
            **{
                rf"\delta {role}": complex_steps(
                    lambda moved, role=role: loss({**mapped, role: moved}), mapped[role]
                )
                for role in "QKV"
            },
            **{f"W^{role}": W for role, W in projections.items()},
        },
        witness="automatic differentiation of a whole layer by complex steps",
        within=1e-13,
    )
