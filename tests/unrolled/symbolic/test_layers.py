"""Layers without a memory: each displayed equation against numbers found another way."""

import numpy as np
import pytest
import sympy
from scipy import signal, special
from sympy import IndexedBase, Rational, Symbol, tanh

import oracles
from unrolled.networks import activations
from unrolled.networks.dense import DenseParams, dense_backward, dense_forward
from unrolled.networks.feedforward import dense_network_init, image_network_init
from unrolled.networks.trees import count_parameters
from unrolled.symbolic import layers
from unrolled.symbolic.layers import V, W, a, b, h, o, x, y, y_hat
from unrolled.symbolic.vectors import Delta, LossBy, Transpose, VectorEquation, sigma

N_IN, N_HIDDEN, N_OUT, BATCH = 3, 2, 5, 7
TINY = 1e-30  # what is left of forty digits


@pytest.fixture(scope="module")
def one():
    """A single example, with tanh for g."""
    return layers.components(N_IN, N_HIDDEN, N_OUT)


@pytest.fixture(scope="module")
def batch():
    return layers.components(N_IN, N_HIDDEN, N_OUT, BATCH)


def numbers(matrix):
    return np.array(sympy.Matrix([matrix]).evalf(40).tolist(), dtype=float)


def sides(equation, meaning, **indices):
    return [numbers(side) for side in equation.on(meaning, **indices).sides]


def residual(equation, meaning, **indices):
    first, *rest = equation.on(meaning, **indices).sides
    differences = [abs(entry) for side in rest for entry in sympy.Matrix([first - side])]
    assert any(abs(entry) > 1e-3 for entry in sympy.Matrix([first])), "nothing was compared"
    return max(map(float, differences))


class Plain:
    """The network in NumPy, written down by itself, with the numbers of some components."""

    def __init__(self, meaning, n_examples=1):
        self.W, self.V = numbers(meaning(W)), numbers(meaning(V))
        self.b, self.c = numbers(meaning(b)), numbers(meaning(layers.c))
        places = range(1, n_examples + 1)
        self.x = np.hstack([numbers(meaning(x.at(n))) for n in places])
        self.y = np.hstack([numbers(meaning(y.at(n))) for n in places])
        self.push = dict.fromkeys(("a", "h", "o"), 0.0)

    def loss(self):
        into = self.W @ self.x + self.b + self.push["a"]
        out = self.V @ (np.tanh(into) + self.push["h"]) + self.c + self.push["o"]
        return float(-(self.y * np.log(np.exp(out) / np.exp(out).sum(axis=0))).sum())

    def slopes(self, letter):
        """Derive by a parameter, by the input, or by something that is added to a layer."""
        if letter in self.push:
            self.push[letter] = np.zeros((len(self.b) if letter != "o" else len(self.c), 1))
            return oracles.central_differences(self.loss, self.push[letter])
        return oracles.central_differences(self.loss, getattr(self, letter))


def by_differences(evidence, equation, meaning, letter, n_examples=1, **indices):
    ours = sides(equation, meaning, **indices)[-1]
    theirs = Plain(meaning, n_examples).slopes(letter)
    evidence.agrees(ours, theirs, witness="central differences", within=1e-7)


# Forwards ------------------------------------------------------------------------------------


def test_two_inputs_and_three_neurons_by_hand():
    weights = [[1, 2], [0, -1], [-1, 1]]
    given = {f"W_{j + 1}{i + 1}": weights[j][i] for j in range(3) for i in range(2)}
    given |= {"b_1": -1, "b_2": 2, "b_3": 0, "x_1(1)": 2, "x_2(1)": 1}
    rectifier = layers.components(2, 3, 5, numbers=given, activation=lambda u: sympy.Max(0, u))
    assert numbers(rectifier(a.at(1)))[:, 0].tolist() == [3, 1, -1]
    assert numbers(rectifier(h.at(1)))[:, 0].tolist() == [3, 1, 0]
    assert numbers(rectifier(Delta(a.at(1))))[2] == 0


@pytest.mark.equation("dense-sum")
def test_every_neuron_gathers_over_its_wires(evidence, one):
    equation = layers.dense_sum()
    evidence.rendered(equation)
    plain = Plain(one)
    for neuron in range(1, N_HIDDEN + 1):
        ours = sides(equation, one, j=neuron, m=N_IN)
        by_hand = sum(w * v for w, v in zip(plain.W[neuron - 1], plain.x[:, 0], strict=True))
        theirs = by_hand + plain.b[neuron - 1, 0]
        for side in ours:
            evidence.agrees(side[0, 0], theirs, witness="a sum in Python", within=1e-14)


@pytest.mark.equation("dense-layer")
def test_all_sums_are_one_product(evidence, one):
    equation = layers.dense_layer()
    evidence.rendered(equation)
    assert residual(equation, one) == 0
    plain = Plain(one)
    theirs, _ = dense_forward(DenseParams(W=plain.W.T.copy(), b=plain.b[:, 0]), plain.x.T.copy())
    evidence.agrees(sides(equation, one)[1], theirs.T, witness="NumPy", within=1e-14)


@pytest.mark.equation("dense-activation")
def test_activation_is_applied_to_every_sum(evidence, one):
    equation = layers.dense_activation()
    evidence.rendered(equation)
    first, second = sides(equation, one)
    evidence.agrees(first, second, witness="SymPy on numbers", within=1e-15)
    evidence.agrees(second, np.tanh(sides(layers.dense_layer(), one)[1]), witness="NumPy",
                    within=1e-14)  # fmt: skip


@pytest.mark.equation("dense-count")
def test_sixty_wires_have_seventy_three_parameters(evidence):
    equation = layers.dense_count()
    evidence.rendered(equation)
    widths = IndexedBase("n")

    def count(sizes):
        summed = equation.rhs.subs(layers.L, len(sizes) - 1).doit()
        return summed.subs({widths[at]: size for at, size in enumerate(sizes)})

    assert count((4, 5, 5, 3)) == 73
    for sizes in ((4, 5, 3), (7, 2, 11)):
        made = dense_network_init(*sizes, rng=np.random.default_rng(7))
        evidence.agrees(count(sizes), count_parameters(made), witness="counted arrays", within=0)


# Backwards -----------------------------------------------------------------------------------


@pytest.mark.equation("dense-error")
def test_error_of_a_neuron_is_a_derivative_of_the_loss(evidence, one):
    equation = layers.dense_error()
    evidence.rendered(equation)
    theirs = Plain(one).slopes("a")
    for neuron in range(1, N_HIDDEN + 1):
        for side in sides(equation, one, j=neuron):
            evidence.agrees(side[0, 0], theirs[neuron - 1, 0], witness="central differences",
                            within=1e-7)  # fmt: skip


@pytest.mark.equation("dense-neuron-error")
def test_all_neurons_of_the_next_layer_answer(evidence, one):
    equation = layers.dense_neuron_error()
    evidence.rendered(equation)
    theirs = Plain(one).slopes("h")
    for neuron in range(1, N_HIDDEN + 1):
        assert residual(equation, one, i=neuron, q=N_OUT) < TINY
        ours = sides(equation, one, i=neuron, q=N_OUT)[1][0, 0]
        evidence.agrees(ours, theirs[neuron - 1, 0], witness="central differences", within=1e-7)
        assert residual(equation, one, i=neuron, q=N_OUT - 1) > 1e-4, "one wire left out"


@pytest.mark.equation("dense-delta-a")
def test_error_of_a_sum(evidence, one):
    evidence.rendered(layers.dense_delta_a())
    assert residual(layers.dense_delta_a(), one) < TINY
    by_differences(evidence, layers.dense_delta_a(), one, "a")
    logistic = layers.components(N_IN, N_HIDDEN, N_OUT, activation=sigma)
    assert residual(layers.dense_delta_a(), logistic) < TINY


@pytest.mark.equation("dense-one-weight")
def test_one_weight_joins_an_error_and_a_value(evidence, one):
    equation = layers.dense_one_weight()
    evidence.rendered(equation)
    theirs = Plain(one).slopes("W")
    for j, i in np.ndindex(N_HIDDEN, N_IN):
        ours = sides(equation, one, j=j + 1, i=i + 1)
        for side in ours:
            evidence.agrees(side[0, 0], theirs[j, i], witness="central differences", within=1e-7)


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        pytest.param("dense_delta_w", "W", marks=pytest.mark.equation("dense-delta-w")),
        pytest.param("dense_delta_b", "b", marks=pytest.mark.equation("dense-delta-b")),
        pytest.param("dense_delta_x", "x", marks=pytest.mark.equation("dense-delta-x")),
    ],
)
def test_gradients_of_a_layer(evidence, one, name, letter):
    equation = getattr(layers, name)()
    evidence.rendered(equation)
    assert residual(equation, one) < TINY
    by_differences(evidence, equation, one, letter)


@pytest.mark.equation("dense-batch")
def test_a_batch_adds_up(evidence, batch):
    equation = layers.dense_batch()
    evidence.rendered(equation)
    assert residual(equation, batch, S=BATCH) < TINY
    assert residual(equation, batch, S=BATCH - 1) > 1e-3, "one example left out"
    by_differences(evidence, equation, batch, "W", BATCH, S=BATCH)
    plain = Plain(batch, BATCH)
    layer = DenseParams(W=plain.W.T.copy(), b=plain.b[:, 0])
    _, cache = dense_forward(layer, plain.x.T.copy())
    errors = np.hstack([numbers(batch(Delta(a.at(n)))) for n in range(1, BATCH + 1)])
    theirs = dense_backward(layer, cache, errors.T.copy()).params.W.T
    evidence.agrees(sides(equation, batch, S=BATCH)[1], theirs, witness="NumPy", within=1e-13)


def test_without_the_transpose_the_equation_is_false():
    square = layers.components(2, 2, 2)
    right = layers.dense_delta_x()
    slip = right.replace(Transpose(W), W)
    assert residual(right, square) < TINY
    assert residual(slip, square) > 1e-3


# Softmax and cross-entropy -------------------------------------------------------------------


def indexed(**lists):
    """Put lists in for indexed letters, counted from 1."""
    values = {
        IndexedBase(Symbol(name))[at + 1]: value
        for name, items in lists.items()
        for at, value in enumerate(items)
    }
    return lambda side: side.doit().xreplace(values)


LOGITS = [Rational(3, 2), Rational(-2, 3), Rational(1, 5), Rational(7, 4), Rational(-1)]
FLOATS = np.array(LOGITS, float)


@pytest.mark.equation("softmax")
def test_softmax_makes_shares(evidence):
    equation = layers.softmax()
    evidence.rendered(equation)
    put = indexed(o=LOGITS)
    for place in range(1, N_OUT + 1):
        ours = put(equation.rhs.subs({layers.k: place, layers.q: N_OUT}))
        evidence.agrees(float(ours), special.softmax(FLOATS)[place - 1], witness="SciPy",
                        within=1e-14)  # fmt: skip
        theirs = activations.softmax(FLOATS)[place - 1]
        evidence.agrees(float(ours), theirs, witness="NumPy", within=1e-14)


@pytest.mark.equation("cross-entropy")
def test_cross_entropy_is_that_of_scipy(evidence):
    equation = layers.cross_entropy()
    evidence.rendered(equation)
    guesses, shares = [Rational(1, 2), Rational(1, 3), Rational(1, 6)], [Rational(1, 5)] * 3
    shares[2] = Rational(3, 5)
    put = indexed(**{r"{\hat{y}}": guesses, "y": shares})
    ours = put(equation.rhs.subs(layers.q, 3))
    truth, guess = np.array(shares, float), np.array(guesses, float)
    theirs = special.rel_entr(truth, guess).sum() + special.entr(truth).sum()
    evidence.agrees(float(ours), theirs, witness="SciPy", within=1e-14)


@pytest.mark.equation("cross-entropy-logits")
def test_loss_from_logits(evidence):
    equation = layers.cross_entropy_logits()
    evidence.rendered(equation)
    put = indexed(o=LOGITS)
    for place in range(1, N_OUT + 1):
        ours = float(put(equation.rhs.subs({layers.k: place, layers.q: N_OUT})))
        evidence.agrees(ours, -special.log_softmax(FLOATS)[place - 1], witness="SciPy",
                        within=1e-14)  # fmt: skip


@pytest.mark.equation("log-sum-exp")
def test_any_number_may_be_taken_out(evidence):
    equation = layers.log_sum_exp()
    evidence.rendered(equation)
    put = indexed(o=LOGITS)
    left, right = (put(side.subs(layers.q, N_OUT)) for side in equation.sides)
    for taken in (0, Rational(7, 4), -3):
        for side in (left, right.subs(layers.top, taken)):
            theirs = special.logsumexp(FLOATS)
            evidence.agrees(float(side), theirs, witness="SciPy", within=1e-14)


@pytest.mark.equation("softmax-jacobian")
def test_jacobian_of_the_softmax(evidence, one):
    equation = layers.softmax_jacobian()
    evidence.rendered(equation)
    assert residual(equation, one) < TINY
    logits, step = numbers(one(o.at(1)))[:, 0], 1e-5
    columns = [
        (special.softmax(logits + step * unit) - special.softmax(logits - step * unit)) / (2 * step)
        for unit in np.eye(N_OUT)
    ]
    ours = sides(equation, one)[1]
    evidence.agrees(ours, np.transpose(columns), witness="central differences", within=1e-8)


@pytest.mark.equation("dense-delta-o")
def test_softmax_and_cross_entropy_leave_a_difference(evidence, one):
    equation = layers.dense_delta_o()
    evidence.rendered(equation)
    assert len(equation.sides) == 3
    assert residual(equation, one) < TINY
    by_differences(evidence, equation, one, "o")
    guess, target = numbers(one(y_hat.at(1))), numbers(one(y.at(1)))
    assert target.sum() == pytest.approx(1), "targets that do not sum to one leave more"
    evidence.agrees(sides(equation, one)[0], guess - target, witness="NumPy", within=1e-14)


# Activations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "forward", "backward"),
    [
        pytest.param("sigmoid_slope", activations.sigmoid, activations.sigmoid_backward,
                     marks=pytest.mark.equation("sigmoid-slope")),
        pytest.param("tanh_slope", activations.tanh, activations.tanh_backward,
                     marks=pytest.mark.equation("tanh-slope")),
    ],
)  # fmt: skip
def test_slopes_are_written_with_values(evidence, name, forward, backward):
    equation = getattr(layers, name)()
    evidence.rendered(equation)
    places = np.array([-3.1, -0.7, 0.0, 0.2, 1.9])
    for side in equation.sides:
        at = side.doit() if name == "tanh_slope" else side.doit().replace(sigma, _logistic)
        ours = np.array([float(at.subs(Symbol("a"), place).evalf()) for place in places])
        theirs = (forward(places + 1e-5) - forward(places - 1e-5)) / 2e-5
        evidence.agrees(ours, theirs, witness="central differences", within=1e-9)
        theirs = backward(forward(places), np.ones(5))
        evidence.agrees(ours, theirs, witness="NumPy", within=1e-14)


def _logistic(argument):
    return 1 / (1 + sympy.exp(-argument))


# Convolution ---------------------------------------------------------------------------------

KERNEL = [Rational(2), Rational(-3), Rational(5, 7)]
ROW = [Rational(value, 11) for value in (3, -8, 13, 2, -5, 9, 4)]
PLACES = len(ROW) - len(KERNEL) + 1


def looked_at(kernel, row):
    """Let SymPy slide a kernel over a row: a composed loss, and its sums."""
    sums = [sum(k * x for k, x in zip(kernel, row[at:], strict=False)) for at in range(PLACES)]
    return sums, sum(tanh(value) * (at + 2) for at, value in enumerate(sums))


@pytest.fixture(scope="module")
def composed():
    """Derivatives of a composed loss by every sum, weight and number of the row."""
    weights = sympy.symbols(f"k1:{len(KERNEL) + 1}")
    row = sympy.symbols(f"x1:{len(ROW) + 1}")
    sums, loss = looked_at(weights, row)
    values = dict(zip([*weights, *row], [*KERNEL, *ROW], strict=True))
    at_sums = [
        (sympy.Symbol("u"), (at + 2) * tanh(sympy.Symbol("u")), total.xreplace(values))
        for at, total in enumerate(sums)
    ]
    errors = [part.diff(u).subs(u, value) for u, part, value in at_sums]
    by_weights = [loss.diff(weight).xreplace(values) for weight in weights]
    by_row = [loss.diff(pixel).xreplace(values) for pixel in row]
    return [total.xreplace(values) for total in sums], errors, by_weights, by_row


def filled(expression, errors=()):
    """Put the numbers of the row in; where nothing looked, the error is zero."""
    values = {layers.kernel[at + 1]: value for at, value in enumerate(KERNEL)}
    values |= {layers.pixel[at + 1]: value for at, value in enumerate(ROW)}
    values |= {layers.error[at]: 0 for at in range(-9, 19)}
    values |= {layers.error[at + 1]: value for at, value in enumerate(errors)}
    return expression.doit().xreplace(values)


@pytest.mark.equation("conv-row")
def test_a_kernel_slides_over_a_row(evidence, composed):
    equation = layers.conv_row()
    evidence.rendered(equation)
    ours = [
        filled(equation.rhs.subs({layers.w: 3, layers.i: at}).subs(Symbol("b"), 4))
        for at in range(1, PLACES + 1)
    ]
    theirs = signal.correlate(np.array(ROW, float), np.array(KERNEL, float), "valid") + 4
    evidence.agrees(np.array(ours, float), theirs, witness="SciPy", within=1e-14)
    evidence.agrees(ours, [value + 4 for value in composed[0]], witness="a sum in Python", within=0)


@pytest.mark.equation("conv-gradient")
def test_a_shared_weight_sums_over_its_places(evidence, composed):
    equation = layers.conv_gradient()
    evidence.rendered(equation)
    _, errors, by_weights, _ = composed
    ours = [filled(equation.rhs.subs({layers.n: PLACES, layers.p: at}), errors) for at in (1, 2, 3)]
    ours, theirs = (np.array([float(v) for v in values]) for values in (ours, by_weights))
    evidence.agrees(ours, theirs, witness="SymPy's derivative of the composed loss", within=1e-14)
    slid = signal.correlate(np.array(ROW, float), np.array(errors, float), "valid")
    evidence.agrees(ours, slid, witness="SciPy", within=1e-13)


@pytest.mark.equation("conv-delta-x")
def test_the_way_back_turns_the_kernel_round(evidence, composed):
    equation = layers.conv_delta_x()
    evidence.rendered(equation)
    _, errors, _, by_row = composed
    places = range(1, len(ROW) + 1)
    ours = [filled(equation.rhs.subs({layers.w: 3, layers.i: at}), errors) for at in places]
    ours, theirs = (np.array([float(v) for v in values]) for values in (ours, by_row))
    evidence.agrees(ours, theirs, witness="SymPy's derivative of the composed loss", within=1e-14)
    whole = signal.convolve(np.array(errors, float), np.array(KERNEL, float), "full")
    evidence.agrees(ours, whole, witness="SciPy", within=1e-13)


@pytest.mark.equation("conv-image")
def test_a_kernel_slides_over_an_image(evidence):
    equation = layers.conv_image()
    evidence.rendered(equation)
    rng = np.random.default_rng(7)
    image, kernel = rng.integers(-9, 9, (5, 7)), rng.integers(-9, 9, (3, 3))
    values = {layers.pixel[at[0] + 1, at[1] + 1]: int(v) for at, v in np.ndenumerate(image)}
    values |= {layers.kernel[at[0] + 1, at[1] + 1]: int(v) for at, v in np.ndenumerate(kernel)}
    theirs = signal.correlate(image, kernel, "valid") + 2
    ours = np.zeros_like(theirs)
    for row, column in np.ndindex(ours.shape):
        place = {layers.w: 3, layers.i: row + 1, layers.j: column + 1}
        ours[row, column] = equation.rhs.subs(place).doit().xreplace(values).subs(Symbol("b"), 2)
    evidence.agrees(ours, theirs, witness="SciPy", within=0)


@pytest.mark.equation("conv-count")
def test_parameters_of_kernels_do_not_ask_for_the_size(evidence):
    equation = layers.conv_count()
    evidence.rendered(equation)
    made = image_network_init(5, 7, 11, n_in=3, rng=np.random.default_rng(7)).kernels
    ours = equation.rhs.subs({layers.w: 5, layers.m: 3, layers.n: 7})
    evidence.agrees(ours, count_parameters(made), witness="counted arrays", within=0)


# Printing ------------------------------------------------------------------------------------


def test_a_single_example_has_no_superscript():
    assert repr(layers.dense_delta_w()) == r"\delta W = \delta a x^{\top}"
    assert repr(layers.dense_batch()).endswith(r"\delta a^{(s)} x^{(s)\top}")
    assert repr(VectorEquation(LossBy(layers.W), LossBy(layers.W))).count("W") == 2
