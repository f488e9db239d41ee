r"""Layers without a memory: densely connected ones, softmax with cross-entropy, convolutions.

The densely connected network is described once, as `unrolled.symbolic.recurrences` describes
recurrent ones: what is a time step there is an example of a batch here. Its equations follow from
the definitions; those of a single example leave the superscript out. Functions named after an
equation return a `VectorEquation`, which `components` evaluates, or an `Equation` between indexed
letters.
"""

from collections.abc import Callable
from typing import Any

from sympy import Derivative, IndexedBase, Sum, Symbol, exp, log, symbols, tanh

from unrolled.symbolic.equations import Equation, named, product, ratio, total
from unrolled.symbolic.recurrences import Components, Definition, WholeVector
from unrolled.symbolic.recurrences import delta as delta_in
from unrolled.symbolic.recurrences import gradient as gradient_in
from unrolled.symbolic.rnn import NETWORK as RECURRENT
from unrolled.symbolic.vectors import (
    Activation,
    Delta,
    Diag,
    Entry,
    Jacobian,
    Juxtaposed,
    LossBy,
    MatrixProduct,
    Meaning,
    Negative,
    Parameter,
    Quantity,
    SumOver,
    T,
    Transpose,
    Unit,
    VectorEquation,
    sigma,
    t,
)

__all__ = [
    "NETWORK",
    "Alone",
    "LossByOne",
    "components",
    "conv_count",
    "conv_delta_x",
    "conv_gradient",
    "conv_image",
    "conv_row",
    "cross_entropy",
    "cross_entropy_logits",
    "dense_activation",
    "dense_batch",
    "dense_count",
    "dense_delta_a",
    "dense_delta_b",
    "dense_delta_o",
    "dense_delta_w",
    "dense_delta_x",
    "dense_error",
    "dense_layer",
    "dense_neuron_error",
    "dense_one_weight",
    "dense_sum",
    "log_sum_exp",
    "sigmoid_slope",
    "softmax",
    "softmax_jacobian",
    "tanh_slope",
]

W, V, b, c = (Parameter(letter, letter) for letter in "WVbc")
x, a, h, o = (Quantity(letter, letter) for letter in "xaho")
y_hat, y = RECURRENT.seen_by_loss, RECURRENT.aim
G, F = Activation("g"), Activation("f")

i, j, k, layer, m, p, q = symbols("i j k l m p q", integer=True)
r, s, S, w, n, L = symbols("r s S w n L", integer=True)
top = Symbol("M")

NETWORK = RECURRENT._replace(
    definitions=(
        Definition(a, W @ x + b, "what enters the hidden layer"),
        Definition(h, G(a), "the hidden layer"),
        Definition(o, V @ h + c, "the logits"),
        Definition(y_hat, F(o), "the estimate"),
    ),
    parameters=(W, b, V, c),
    axes={
        "W": ("n_hidden", "n_in"),
        "b": ("n_hidden",),
        "V": ("n_out", "n_hidden"),
        "c": ("n_out",),
        "x": ("n_in",),
        "a": ("n_hidden",),
        "h": ("n_hidden",),
        "o": ("n_out",),
        "y_hat": ("n_out",),
        "target": ("n_out",),
    },
    states=(),
    stations=("a", "h", "o", "y_hat"),
    writes_diag=False,
)
"""Two layers, softmax and cross-entropy; its steps are the examples of a batch."""


class Alone(Quantity):
    """A quantity of the only example there is: printed without a superscript."""

    def __new__(cls, key: Any, tex: Any, time: Any = 1) -> "Alone":
        """Name it for the code and for the page."""
        return super().__new__(cls, key, tex, time)

    def _latex(self, printer: Any) -> str:
        return str(self.args[1].name)

    def _unit_latex(self, index: str, time: str) -> str:
        return f"{self.args[1].name}_{{{index}}}"

    def _transpose_latex(self, time: str) -> str:
        return f"{self.args[1].name}^{{\\top}}"


class LossByOne(LossBy):
    """Derivative of the loss by one unit of a vector, or by one entry of a matrix."""

    def on(self, meaning: Meaning) -> Any:
        """Take it from the derivatives by all of them."""
        of, *place = self.args[0].args
        return type(self.args[0])(LossBy(of), *place).on(meaning)


def components(
    n_in: int = 2,
    n_hidden: int = 3,
    n_out: int = 5,
    n_examples: int = 1,
    *,
    activation: Callable[[Any], Any] = tanh,
    **options: Any,
) -> Components:
    """Write the network out unit by unit, with numbers in it: what equations are evaluated on.

    Parameters
    ----------
    n_in, n_hidden, n_out : int, optional
        Widths; f is softmax and the loss the cross-entropy, summed over the batch.
    n_examples : int, optional
        Size of the batch.
    activation : callable, optional
        What the letter g stands for: a function of one SymPy expression.
    **options
        As for `unrolled.symbolic.recurrences.Components`.

    Returns
    -------
    Components

    Raises
    ------
    ValueError
        As `Components`.
    """
    sizes = {"n_in": n_in, "n_hidden": n_hidden, "n_out": n_out}
    functions: dict[str, Any] = {"g": activation, "f": WholeVector(_shares)}
    return Components(NETWORK, sizes, n_examples, functions=functions, **options)


# Forwards ------------------------------------------------------------------------------------


def dense_sum() -> VectorEquation:
    """Add up what arrives at one neuron: a weight for each wire, and a bias."""
    wires = SumOver(Juxtaposed(Entry(W, j, i), Unit(_alone(x), i)), i, 1, m)
    return VectorEquation(Unit(_alone(a), j), wires + Unit(b, j))


def dense_layer() -> VectorEquation:
    """Write all sums of a layer at once."""
    return _of_one(_definition(a))


def dense_activation() -> VectorEquation:
    """Apply the activation to every sum."""
    return _of_one(_definition(h))


def dense_count() -> Equation:
    """Count weights and biases of L layers; layer 0 is the input."""
    width = IndexedBase("n")
    pieces = product(total(width[layer - 1], 1), width[layer])
    return Equation(named(r"\text{parameters}"), Sum(pieces, (layer, 1, L)))


# Backwards -----------------------------------------------------------------------------------


def dense_error() -> VectorEquation:
    """Write the derivative of the loss by the sum of one neuron as its error."""
    return VectorEquation(Unit(Delta(_alone(a)), j), LossByOne(Unit(_alone(a), j)))


def dense_neuron_error() -> VectorEquation:
    """Collect what a neuron's output has to answer for from all neurons of the next layer."""
    wires = Juxtaposed(Entry(V, j, i), Unit(Delta(_alone(o)), j))
    return VectorEquation(Unit(Delta(_alone(h)), i), SumOver(wires, j, 1, q))


def dense_delta_a() -> VectorEquation:
    """Go back through the activation."""
    return _of_one(delta_in(NETWORK, a))


def dense_one_weight() -> VectorEquation:
    """Derive by one weight: the error at its end times the value at its beginning."""
    pair = Juxtaposed(Unit(Delta(_alone(a)), j), Unit(_alone(x), i))
    return VectorEquation(LossByOne(Entry(W, j, i)), pair)


def dense_delta_w() -> VectorEquation:
    """Derive by all weights of a layer."""
    return _share_of_one(W)


def dense_delta_b() -> VectorEquation:
    """Derive by the biases of a layer."""
    return _share_of_one(b)


def dense_delta_x() -> VectorEquation:
    """Hand the errors on to what came in."""
    return _of_one(delta_in(NETWORK, x))


def dense_batch() -> VectorEquation:
    """Add up over a batch of S examples, which share the weights."""
    return VectorEquation(*(side.xreplace({t: s, T: S}) for side in gradient_in(NETWORK, W).sides))


# Softmax and cross-entropy -------------------------------------------------------------------


def softmax() -> Equation:
    """Turn logits into shares."""
    logit, guess = IndexedBase("o"), IndexedBase(Symbol(r"{\hat{y}}"))
    return Equation(guess[k], ratio(exp(logit[k]), Sum(exp(logit[j]), (j, 1, q))))


def cross_entropy() -> Equation:
    """Say how badly shares fit a target."""
    share, guess = IndexedBase("y"), IndexedBase(Symbol(r"{\hat{y}}"))
    return Equation(Symbol("J"), -Sum(product(share[k], log(guess[k])), (k, 1, q)))


def cross_entropy_logits() -> Equation:
    """Write the loss of class k with the logits: no share is computed, none can be zero."""
    logit = IndexedBase("o")
    return Equation(Symbol("J"), total(log(Sum(exp(logit[j]), (j, 1, q))), -logit[k]))


def log_sum_exp() -> Equation:
    """Take out the largest logit, so that no exponential is above one."""
    logit = IndexedBase("o")
    whole = log(Sum(exp(logit[j]), (j, 1, q)))
    return Equation(whole, total(top, log(Sum(exp(total(logit[j], -top)), (j, 1, q)))))


def softmax_jacobian() -> VectorEquation:
    """Derive every share by every logit."""
    guess = _alone(y_hat)
    spread = MatrixProduct(guess, Transpose(guess))
    return VectorEquation(Jacobian(guess, _alone(o)), Diag(guess) + Negative(spread))


def dense_delta_o() -> VectorEquation:
    """Go back through cross-entropy and softmax at once: what is left is a difference."""
    by_chain = _of_one(delta_in(NETWORK, o))
    return VectorEquation(*by_chain.sides, _alone(y_hat) - _alone(y))


# Activations ---------------------------------------------------------------------------------


def sigmoid_slope() -> Equation:
    """Write the slope of the logistic function with its value."""
    at = Symbol("a")
    return Equation(Derivative(sigma(at), at), product(sigma(at), total(1, -sigma(at))))


def tanh_slope() -> Equation:
    """Write the slope of the hyperbolic tangent with its value."""
    at = Symbol("a")
    return Equation(Derivative(tanh(at), at), total(1, -(tanh(at) ** 2)))


# Convolution ---------------------------------------------------------------------------------

kernel, pixel, error = IndexedBase("K"), IndexedBase("x"), IndexedBase(Symbol(r"{\delta a}"))
output = IndexedBase("a")


def conv_row() -> Equation:
    """Let a kernel of w weights look at place i of a row of numbers."""
    bias = Symbol("b")
    seen = Sum(product(kernel[p], pixel[i + p - 1]), (p, 1, w))
    return Equation(output[i], total(seen, bias))


def conv_gradient() -> Equation:
    """Derive by one shared weight: a sum over all n places that used it."""
    shared = IndexedBase(Symbol(r"{\delta K}"))
    return Equation(shared[p], Sum(product(error[i], pixel[i + p - 1]), (i, 1, n)))


def conv_delta_x() -> Equation:
    """Derive by one number of the row: a sum over all weights that looked at it."""
    came_in = IndexedBase(Symbol(r"{\delta x}"))
    return Equation(came_in[i], Sum(product(kernel[p], error[total(i, -p, 1)]), (p, 1, w)))


def conv_image() -> Equation:
    """Let a kernel of w by w weights look at place i, j of an image."""
    pair = product(kernel[p, r], pixel[i + p - 1, j + r - 1])
    seen = Sum(pair, (p, 1, w), (r, 1, w))
    return Equation(output[i, j], total(seen, Symbol("b")))


def conv_count() -> Equation:
    """Count the weights of kernels of w by w from m channels to n, and a bias for each."""
    return Equation(named(r"\text{parameters}"), product(total(product(w**2, m), 1), n))


# Private -------------------------------------------------------------------------------------


def _shares(logits: Any) -> Any:
    weights = logits.applyfunc(exp)
    return weights / sum(weights)


def _alone(quantity: Quantity) -> Alone:
    return Alone(quantity.args[0], quantity.args[1])


def _of_one(equation: VectorEquation) -> VectorEquation:
    """Write an equation for the only example there is."""
    sides = equation.sides
    names = {q: _alone(q) for side in sides for q in side.atoms(Quantity)}
    return VectorEquation(*(side.xreplace(names) for side in sides))


def _definition(quantity: Quantity) -> VectorEquation:
    return next(entry.equation for entry in NETWORK.definitions if entry.name == quantity)


def _share_of_one(parameter: Parameter) -> VectorEquation:
    """Give the gradient that a single example sees."""
    summed = gradient_in(NETWORK, parameter)
    return _of_one(VectorEquation(summed.lhs, summed.rhs.args[0]))
