"""What the pages about many features and projections need of the language."""

from bookkeeping.check.arrays import Arrays
from bookkeeping.check.formulas.evaluating import Defined
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.trials import Trial


def test_a_name_works_out_its_key_once_so_that_many_cases_are_quick():
    names = Names({"t": "index", "x^{(t)}": "vector"})
    (name,) = (each for each in names.by_key.values() if each.kind == "vector")
    assert name.key is name.key
    assert names.name("x^{ (t) }") is name


def test_a_number_is_seen_also_where_other_letters_take_several_values():
    names = Names({"x": "number", "n": "number", "m": "number", "y": "number"})
    values = {"n": 3, "m": Defined(lambda of: of("n") + 1), "y": Defined(lambda of: of("x") * 12)}
    trial = Trial(names, Arrays(), values, 1e-12, at={"x": (0.5, 0.75)})
    assert trial.run("y = n m x").tried == {"x": {0.5, 0.75}, "n": {3}, "m": {4}, "y": {6, 9}}
