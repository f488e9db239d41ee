"""What the pages on many dimensions and on Fisher's discriminant ask of the language."""

import pytest

from bookkeeping.check.arrays import Arrays
from bookkeeping.check.formulas.faults import FormulaError
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.trials import Trial


def trial(declared, values, within=1e-14, **more):
    return Trial(Names(declared), Arrays(), values, within, **more)


def test_a_root_is_square_unless_its_degree_is_given():
    tried = trial({"D": "number"}, {"D": 3})
    tried.run(r"\sqrt{D} \sqrt{D} = D")
    tried.run(r"\sqrt[3]{D} \sqrt[3]{D} \sqrt[3]{D} = D")
    with pytest.raises(FormulaError):
        tried.run(r"\sqrt[3]{D} \sqrt{D} = D")


@pytest.mark.parametrize("between", [",", r", \qquad", r"\\"])
def test_every_statement_of_an_equation_is_tried(between):
    tried = trial({"a": "number", "b": "number"}, {"a": 3, "b": 5})
    tried.run(rf"a = 3 {between} b = 5")
    for wrong in (rf"a = 4 {between} b = 5", rf"a = 3 {between} b = 6"):
        with pytest.raises(FormulaError):
            tried.run(wrong)
