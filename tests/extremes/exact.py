"""Numbers of forty digits that know how far a float may be off, and their derivatives.

A witness is written as a formula of `Exact` numbers, in NumPy's own words (``np.tanh(x @ U + b)``
works on arrays of them). Each carries its value and two bounds of first order: how many units of
the last place its roundings may have moved a float in its stead, and how many of the smallest
float, where intermediate results fell below it. `gradients` goes back over what was computed.

Decimals are used since they are exact enough, cannot overflow here, and are computed in C.
"""

import decimal
import math
from decimal import Decimal

import numpy as np

decimal.setcontext(decimal.Context(prec=40, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[]))

_tape = None  # what was computed, while somebody wants its derivatives


class Exact:
    """One number, its value rounded to forty digits."""

    __slots__ = ("adjoint", "parents", "rounding", "size", "small", "value")

    def __init__(self, value, rounding=0.0, small=0.0, parents=()):
        self.value = value if isinstance(value, Decimal) else Decimal(value)
        self.size = float(abs(self.value))
        self.rounding, self.small = rounding, small
        self.parents, self.adjoint = (), None
        if _tape is not None:
            self.parents = parents
            _tape.append(self)

    def __add__(self, other):
        other = _exact(other)
        return Exact(
            self.value + other.value,
            self.rounding + other.rounding + max(self.size, other.size),
            self.small + other.small,
            ((self, None), (other, None)),
        )

    __radd__ = __add__

    def __neg__(self):
        return Exact(-self.value, self.rounding, self.small, ((self, (-1, 0, 0)),))

    def __sub__(self, other):
        return self + -_exact(other)

    def __rsub__(self, other):
        return _exact(other) + -self

    def __mul__(self, other):
        other = _exact(other)
        return Exact(
            self.value * other.value,
            self.size * other.rounding + other.size * self.rounding + self.size * other.size,
            self.size * other.small + other.size * self.small + 1,
            ((self, _plain(other)), (other, _plain(self))),
        )

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self * _exact(other).inverse()

    def __rtruediv__(self, other):
        return _exact(other) * self.inverse()

    def __pow__(self, power):
        return math.prod([self] * power)

    def inverse(self):
        value = 1 / self.value
        return self._mapped(value, -value * value)

    def exp(self):
        value = self.value.exp()
        return self._mapped(value, value)

    def log(self):
        return self._mapped(self.value.ln(), 1 / self.value)

    def sqrt(self):
        if not self.value:
            return Exact(0)
        value = self.value.sqrt()
        return self._mapped(value, 1 / (2 * value))

    def sigmoid(self):
        small = (-abs(self.value)).exp()
        value = (small if self.value < 0 else 1) / (1 + small)
        return self._mapped(value, small / (1 + small) ** 2, derivative_rounding=value)

    def tanh(self):
        size = abs(self.value)
        small = (-2 * size).exp()
        value = (1 - small) / (1 + small) if size > Decimal("1e-20") else size - size**3 / 3
        value = value.copy_sign(self.value)
        return self._mapped(value, 4 * small / (1 + small) ** 2, derivative_rounding=value * value)

    def __abs__(self):
        return -self if self.value < 0 else self

    def __lt__(self, other):
        return self.value < _exact(other).value

    def __gt__(self, other):
        return self.value > _exact(other).value

    def __eq__(self, other):
        return self.value == _exact(other).value

    def __hash__(self):
        return hash(self.value)

    def __bool__(self):
        return bool(self.value)

    def _mapped(self, value, derivative, derivative_rounding=None):
        """A function of this number; 1 - t * t, for instance, is as exact as 1 is."""
        steep, size = float(abs(derivative)), float(abs(value))
        loose = steep if derivative_rounding is None else float(abs(derivative_rounding)) + steep
        return Exact(
            value,
            steep * self.rounding + size,
            steep * self.small + 1,
            ((self, (derivative, loose, 1)),),
        )


def _exact(number):
    if isinstance(number, Exact):
        return number
    return Exact(float(number) if isinstance(number, np.floating) else number)


def _plain(number):
    return number.value, number.rounding, number.small


def exact(array):
    """Return an array of floats as one of exact numbers."""
    array = np.asarray(array)
    found = np.empty(array.shape, object)
    found.ravel()[:] = [Exact(float(number)) for number in array.ravel().tolist()]
    return found


def sigmoid(array):
    return np.vectorize(Exact.sigmoid, otypes=[object])(array)


def total(numbers):
    """Add up many numbers, in no particular order."""
    numbers = list(np.ravel(numbers))
    value = sum((number.value for number in numbers), Decimal(0))
    rounding = sum(number.rounding + number.size for number in numbers)
    small = sum(number.small for number in numbers)
    return Exact(value, rounding, small, tuple((number, None) for number in numbers))


def gradients(function, inputs, derivatives=None):
    """Compute a function of exact arrays, and the derivatives of ``sum(derivatives * result)``.

    Returns the results, as a list, and one array of derivatives for each input. Without derivatives
    the first result is differentiated, which must be a number.
    """
    global _tape
    _tape = []
    try:
        results = function(*inputs)
        tape, _tape = _tape, None
    finally:
        _tape = None
    for node in tape:
        node.adjoint = None
    for array in inputs:
        for number in np.ravel(array):
            number.adjoint = None
    if derivatives is None:
        pairs = [(np.ravel(results[0])[0], Exact(1))]
    else:
        pairs = [
            pair
            for result, derivative in zip(results, derivatives, strict=True)
            for pair in zip(np.ravel(result), np.ravel(derivative), strict=True)
        ]
    for node, derivative in pairs:
        node.adjoint = derivative if node.adjoint is None else node.adjoint + derivative
    for node in reversed(tape):
        if node.adjoint is None:
            continue
        for parent, derivative in node.parents:
            flow = node.adjoint if derivative is None else node.adjoint * Exact(*derivative)
            parent.adjoint = flow if parent.adjoint is None else parent.adjoint + flow
    found = []
    for array in inputs:
        found.append(np.empty(np.shape(array), object))
        found[-1].ravel()[:] = [
            Exact(0) if number.adjoint is None else number.adjoint for number in np.ravel(array)
        ]
    return list(results), found
