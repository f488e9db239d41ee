"""Letters that stand for a quantity of a graph, and derivatives with something held."""

import numpy as np
import pytest

from bookkeeping.check.arrays import Arrays
from bookkeeping.check.formulas.evaluating import Defined
from bookkeeping.check.formulas.faults import FormulaError, Unreadable, Untrue
from bookkeeping.check.formulas.names import Names
from bookkeeping.check.formulas.plain import Plain
from bookkeeping.check.formulas.trials import Trial

NAMES = Names(
    {
        "f": "node", "s": "node", "u": "node", "v": "node", "j": "index", "x_j": "number",
        r"\mathcal{U}": "function", r"\mathcal{P}": "function", "P": "set", "x": "number",
        "y": "number", "r": "number",
    }
)  # fmt: skip
FIRST, LEFT, RIGHT, LAST = (("x_j", j) for j in range(4))
EDGES = [(FIRST, LEFT), (FIRST, RIGHT), (LEFT, RIGHT), (LEFT, LAST), (RIGHT, LAST)]


def definition(of, j):
    x = [lambda: 0.3, lambda: np.sin(of("x_j", 0)), lambda: of("x_j", 0) * of("x_j", 1),
         lambda: of("x_j", 1) ** 2 * of("x_j", 2)][j]  # fmt: skip
    return x()


def uses(node):
    return frozenset(head for tail, head in EDGES if tail == node)


def paths(start, end):
    if start == end:
        return frozenset({()})
    return frozenset(((start, v), *rest) for v in uses(start) for rest in paths(v, end))


def trial(values, operations=None, **more):
    return Trial(NAMES, operations or Arrays(), values, 1e-13, **more)


GRAPH = {"f": LAST, "s": FIRST, "x_j": Defined(definition)}


@pytest.mark.parametrize("operations", [Arrays(), Plain()])
def test_a_sum_runs_over_the_nodes_of_a_set(operations):
    tex = r"\frac{df}{ds} = \sum_{v \in \mathcal{U}(s)} \frac{df}{dv} \frac{\partial v}{\partial s}"
    values = {r"\mathcal{U}": uses, "f": LAST, "s": FIRST}
    given = trial(values, operations, background=GRAPH)
    given.run(tex)
    for changed in (tex.replace("d", r"\partial ", 2), tex.replace(r"\partial ", "d")):
        with pytest.raises(Untrue):
            given.run(changed)


def test_a_product_runs_over_the_edges_of_a_path():
    tex = (
        r"\frac{df}{ds} = \sum_{P \in \mathcal{P}(s, f)} \prod_{(u, v) \in P} "
        r"\frac{\partial v}{\partial u}"
    )
    given = trial({r"\mathcal{P}": paths, "f": LAST, "s": FIRST}, background=GRAPH)
    given.run(tex)
    with pytest.raises(Untrue):
        given.run(tex.replace(r"\partial ", "d"))
    with pytest.raises(Untrue):
        trial({**given.values, r"\mathcal{P}": lambda s, f: frozenset(list(paths(s, f))[1:])},
              background=GRAPH).run(tex)  # fmt: skip


def test_a_node_may_be_a_quantity_itself_and_a_vector():
    matrix = np.random.default_rng(7).normal(size=(3, 2))
    values = {
        "s": np.array([0.3, -0.7]), "u": Defined(lambda of: np.tanh(matrix @ of("s"))),
        "f": Defined(lambda of: of("u") ** 2),
    }  # fmt: skip
    tex = r"\frac{df}{ds} = \frac{\partial f}{\partial u} \frac{\partial u}{\partial s}"
    trial(values).run(tex)
    with pytest.raises(FormulaError):
        trial(values).run(tex.replace("u", "s", 1))


def test_a_node_that_stands_for_another_letter_has_its_value():
    given = trial({"f": LAST}, background=GRAPH)
    given.run("f = x_3")
    with pytest.raises(Untrue):
        given.run("f = x_2")


def test_what_is_held_belongs_to_a_partial_derivative():
    tex = r"\left.\frac{\partial f}{\partial x}\right|_{r} = r - 2 x"
    values = {"x": 0.3, "y": 1.1, "r": 1.4, "f": Defined(lambda of: of("x") * of("y"))}
    given = trial(values, holding={"r": {"y": Defined(lambda of: of("r") - of("x"))}})
    given.run(tex.replace("r - 2 x", "y - x"))
    with pytest.raises(Unreadable, match="expected ∂ where something is held"):
        given.run(tex.replace(r"\partial ", "d"))
