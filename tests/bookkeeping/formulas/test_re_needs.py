"""Functions of many arguments, with dots between them."""

import pytest

from bookkeeping.check.arrays import Arrays
from bookkeeping.check.formulas.faults import FormulaError, Untrue
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.trials import Trial

NAMES = Names({"t": "index", "x_t": "vector", "f_t": "function", "y_t": "number"})
INPUTS = {t: [t + 0.5, 7.0 * t] for t in range(1, 7)}


def weighed(step):
    return lambda *inputs: sum(k * x[0] - x[1] for k, x in enumerate(inputs)) / step


def trial(at=(4, 6)):
    outputs = {t: weighed(t)(*(INPUTS[k] for k in range(1, t + 1))) for t in range(1, 7)}
    values = {"x_t": INPUTS, "f_t": weighed, "y_t": outputs}
    return Trial(NAMES, Arrays(), values, 1e-12, {"t": at})


def test_a_function_takes_every_argument_that_dots_stand_for():
    assert trial().run(r"y_t = f_t(x_1, \dots, x_t)").error < 1e-12


@pytest.mark.parametrize("tex", [r"f_t(x_2, \dots, x_t)", r"f_t(x_1, \dots, x_{t-1})", "f_t(x_t)"])
def test_another_argument_is_noticed(tex):
    with pytest.raises(Untrue):
        trial((5, 6)).run(f"y_t = {tex}")


def test_dots_are_refused_where_they_stand_for_nothing():
    with pytest.raises(FormulaError, match="dots need at least 4 members"):
        trial((3,)).run(r"y_t = f_t(x_1, \dots, x_t)")
