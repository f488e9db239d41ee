"""What the pages about many features and projections need of the language."""

from bookkeeping.formulas.names import Names


def test_a_name_works_out_its_key_once_so_that_many_cases_are_quick():
    names = Names({"t": "index", "x^{(t)}": "vector"})
    (name,) = (each for each in names.by_key.values() if each.kind == "vector")
    assert name.key is name.key
    assert names.name("x^{ (t) }") is name
