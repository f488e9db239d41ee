from pathlib import Path

import numpy as np
import pytest
import sympy
from sympy import Rational, expand

from bookkeeping.check.arrays import Arrays
from bookkeeping.check.formulas.faults import FormulaError
from bookkeeping.check.formulas.trials import Trial
from bookkeeping.check.notation import names_of
from lstm_letters import AT_THE_CELL, BLOCKS, Block
from unrolled.networks import lstm as numeric
from unrolled.networks.pytrees import leaves_of
from unrolled.symbolic import computation_graph, lstm
from unrolled.symbolic.lstm import NETWORK, c, f, fbar, i, ibar, o, obar, x, y, z, zbar
from unrolled.symbolic.recurrences import delta, edges_from
from unrolled.symbolic.vectors import Delta, Immediate, Jacobian, SumOver, VectorEquation, t

N_HIDDEN, TIME, N_IN = 2, 3, 5
STEPS = range(1, TIME + 1)
GATES = ("for", "in", "z", "out")
CODE = "the book's own lstm_forward, and a second program for the other letters"
BOOK = Path(__file__).parents[3] / "book"
RNG = np.random.default_rng(7)
TINY = 1e-30  # what is left of forty digits


@pytest.fixture(scope="module")
def truth():
    """The network unrolled unit by unit."""
    return lstm.components(N_IN, N_HIDDEN, TIME)


def residual(equation, components, **indices):
    """Return the largest difference of the last two sides, as a share of the largest entry."""
    sides = [
        np.array(sympy.Matrix([side]).evalf(40).tolist(), dtype=object).ravel()
        for side in equation.evaluate(components, **indices)[-2:]
    ]
    assert sides[0].shape == sides[1].shape
    scale = max(abs(sides[0]))
    assert scale > 0, "nothing was compared"
    return float(max(abs(sides[0] - sides[1])) / scale)


def numbers(matrix):
    return np.array(matrix.tolist(), dtype=float)


def numbers_of(components, letter):
    return numbers(components(letter))


# By hand -------------------------------------------------------------------------------------


def test_one_unit_and_one_step_by_hand():
    zero = dict.fromkeys(map(str, lstm.components(1, 1, 1).graph.inputs), 0)
    components = lstm.components(1, 1, 1, numbers={**zero, "c(0)": 2})
    half_open = float(np.tanh(1.0)) / 2  # every gate is one half, and the cell is halved
    assert float(components(c.at(1))[0]) == 1
    assert float(components(y.at(1))[0]) == pytest.approx(half_open, rel=1e-15)
    derivative = half_open * (1 - np.tanh(1.0) ** 2) / 2
    assert float(components(Delta(c.at(1)))[0]) == pytest.approx(derivative, rel=1e-15)
    assert float(components(Delta(c.at(0)))[0]) == pytest.approx(derivative / 2, rel=1e-15)


# The forward pass ----------------------------------------------------------------------------


def forward(values, inject=None):
    """Run the block in NumPy, written down by itself; complex numbers pass through.

    `inject` adds something to a quantity after it is computed: its derivative is a delta.
    """
    parameters, xs, ys, cs, targets = values
    inject = inject or {}

    def given(name, time, vector):
        return vector + inject.get((name, time), 0)

    def sigmoid(vector):
        return 1 / (1 + np.exp(-vector))

    state_y, state_c = given("y", 0, ys), given("c", 0, cs)
    loss, trace = 0, {}
    for time in STEPS:
        into = {
            gate: parameters[f"W_{gate}"] @ given("x", time, xs[time - 1])
            + parameters[f"R_{gate}"] @ state_y
            + parameters[f"b_{gate}"]
            for gate in GATES
        }
        fbar = given("fbar", time, into["for"] + parameters["p_for"] * state_c)
        ibar = given("ibar", time, into["in"] + parameters["p_in"] * state_c)
        zbar = given("zbar", time, into["z"])
        forget, let_in, block = sigmoid(fbar), sigmoid(ibar), np.tanh(zbar)
        state_c = given("c", time, block * let_in + state_c * forget)
        obar = given("obar", time, into["out"] + parameters["p_out"] * state_c)
        show = sigmoid(obar)
        state_y = given("y", time, show * np.tanh(state_c))
        loss = loss + ((state_y - targets[time - 1]) ** 2).sum() / 2
        entering = {"fbar": fbar, "ibar": ibar, "zbar": zbar, "obar": obar}
        gates = {"f": forget, "i": let_in, "z": block, "o": show}
        trace[time] = {**entering, **gates, "c": state_c, "y": state_y}
    return loss, trace


@pytest.fixture(scope="module")
def values(truth):
    target = [
        np.array([float(truth.values[u]) for u in truth._symbols["target", s]]) for s in STEPS
    ]
    parameters = {}
    for parameter in NETWORK.parameters:
        entries = numbers_of(truth, parameter)
        parameters[parameter.key] = entries if entries.shape[1] > 1 else entries[:, 0]
    xs = [numbers_of(truth, x.at(s))[:, 0] for s in STEPS]
    return (
        parameters,
        xs,
        numbers_of(truth, y.at(0))[:, 0],
        numbers_of(truth, c.at(0))[:, 0],
        target,
    )


def test_definitions_compute_what_numpy_computes(truth, values):
    _, trace = forward(values)
    for time in STEPS:
        for quantity in (c, y, f, i, z, o):
            ours = numbers_of(truth, quantity.at(time))[:, 0]
            np.testing.assert_allclose(ours, trace[time][quantity.key], rtol=1e-14)


FORWARD = {
    "lstm-preactivation-forget": (r"\bar f^{(t)}", fbar),
    "lstm-preactivation-input": (r"\bar i^{(t)}", ibar),
    "lstm-preactivation-block": (r"\bar z^{(t)}", zbar),
    "lstm-preactivation-output": (r"\bar o^{(t)}", obar),
    "lstm-forget-gate": ("f^{(t)}", f),
    "lstm-input-gate": ("i^{(t)}", i),
    "lstm-block-input": ("z^{(t)}", z),
    "lstm-output-gate": ("o^{(t)}", o),
    "lstm-cell": ("c^{(t)}", c),
    "lstm-block-output": ("y^{(t)}", y),
}


SHOWN = {  # the equations under the drawings of both passes, by what they compute
    **{step.paths[0][-1]: step.shown for step in lstm.lstm_forward_steps(TIME)},
    **{f"δ {step.paths[0][0]}": step.shown for step in lstm.lstm_backward_steps(TIME)[: 6 * TIME]},
    **{f"δ {key}": tex for key, tex in lstm.collected_equations().items()},
}


def claims(labels):
    return [pytest.param(label, marks=pytest.mark.equation(label), id=label) for label in labels]


@pytest.mark.parametrize("label", claims(FORWARD))
def test_forward_equations_make_what_the_code_makes(evidence, truth, block, label):
    left, quantity = FORWARD[label]
    defined = {0: block.initial.get(left)}
    defined |= {time: numbers_of(truth, quantity.at(time))[:, 0] for time in STEPS}
    evidence.evaluates(
        {left: defined},
        background=block.forward_letters,
        at={"t": STEPS},
        witness="the book's own definitions, from which SymPy derives",
        within=1e-12,
    )
    for some in BLOCKS:
        evidence.evaluates(
            {left: some.coded[left]},
            background=some.forward_letters,
            at={"t": some.steps},
            witness=CODE,
            within=1e-12,
        )
        for time in STEPS:
            evidence.evaluates(
                {left: some.coded[left]},
                tex=SHOWN[f"{quantity.key}({time})"],
                background=some.forward_letters,
                witness=CODE,
                within=1e-12,
            )


@pytest.mark.equation("hadamard")
def test_entry_of_a_product_entry_by_entry(evidence):
    rng = np.random.default_rng(7)
    for size in (3, 5):
        a, b = rng.normal(size=(2, size))
        evidence.evaluates(
            {"a": a, "b": b},
            at={"k": range(1, size + 1)},
            witness="the product a * b of NumPy",
            within=1e-15,
        )


def test_output_gate_looks_at_the_new_cell(truth):
    (right,) = (entry.equation for entry in NETWORK.definitions if entry.name == obar)
    slip = right.replace(c, c.at(t - 1))
    assert residual(slip, truth, t=2) > 1e-2


@pytest.mark.equation("lstm-parameter-count")
def test_parameters_are_counted(evidence, truth):
    counted = sum(len(truth.symbols(parameter)) for parameter in NETWORK.parameters)
    assert counted == numeric.lstm_n_params(N_IN, N_HIDDEN)
    sizes = [(N_IN, N_HIDDEN), (3, 7), (11, 5)]
    arrays = [leaves_of(numeric.lstm_init(*size, rng=RNG)).values() for size in sizes]
    counts = [sum(array.size for array in some) for some in arrays]
    evidence.evaluates(
        {},
        at=[
            {"m": m, "n": n, r"\text{parameters}": count}
            for (m, n), count in zip(sizes, counts, strict=True)
        ],
        witness="the entries of all arrays of the book's own lstm_init, counted",
        within=0,
    )
    assert numeric.lstm_n_params(128, 128, peepholes=False) == 131_584


# Every delta ---------------------------------------------------------------------------------

DELTAS = {
    "lstm-delta-y": (r"\delta y^{(t)}", lstm.delta_y),
    "lstm-delta-output": (r"\delta \bar o^{(t)}", lstm.delta_output),
    "lstm-delta-c": (r"\delta c^{(t)}", lstm.delta_c),
    "lstm-delta-forget": (r"\delta \bar f^{(t)}", lstm.delta_forget),
    "lstm-delta-input": (r"\delta \bar i^{(t)}", lstm.delta_input),
    "lstm-delta-block": (r"\delta \bar z^{(t)}", lstm.delta_block_input),
    "lstm-delta-x": (r"\delta x^{(t)}", lstm.delta_x),
}
INITIAL = {
    "lstm-delta-y0": (r"\delta y^{(t)}", lstm.delta_y0),
    "lstm-delta-c0": (r"\delta c^{(t)}", lstm.delta_c0),
}
COMPLEX = "complex steps through the definitions of the block"
DERIVED = "the formula that SymPy derives from the book's graph of definitions"


@pytest.fixture(scope="module")
def block(values):
    """The numbers of the network that SymPy knows, as values of letters."""
    parameters, xs, y0, c0, targets = values
    held = Block(N_IN, N_HIDDEN, TIME)
    held.given = {f"{key[0]}_{{{key[2:]}}}": value for key, value in parameters.items()}
    held.initial = {"y^{(t)}": y0, "c^{(t)}": c0}
    held.x[:TIME], held.targets = xs, np.array(targets)
    return held


def derived(equation, truth, **indices):
    """Evaluate what was derived, as an array."""
    found = numbers(equation.evaluate(truth, **indices)[-1])
    return found[:, 0] if found.shape[1] == 1 else found


def evaluate(evidence, block, values, at=None, witness=COMPLEX, **options):
    """Evaluate an equation on a block, with values that come from elsewhere."""
    evidence.evaluates(
        values, background=block.letters, at=at, witness=witness, within=1e-12, **options
    )


@pytest.mark.parametrize("label", claims(DELTAS))
def test_delta_is_the_derivative_of_the_total_loss(evidence, truth, block, label):
    left, derive = DELTAS[label]
    for some in BLOCKS:
        evaluate(evidence, some, {}, {"t": some.steps})
    found = {time: derived(derive(), truth, t=time, T=TIME) for time in STEPS}
    found[TIME + 1] = np.zeros(N_HIDDEN)  # behind the last step
    evaluate(evidence, block, {left: found}, {"t": STEPS}, DERIVED)
    for some in (block, BLOCKS[0]):
        if label == "lstm-delta-x":
            evaluate(evidence, some, {}, {"t": STEPS}, tex=SHOWN["δ x"])
        else:
            (quantity,) = derive().lhs.args
            for time in STEPS:
                evaluate(evidence, some, {}, tex=SHOWN[f"δ {quantity.key}({time})"])
    for time in STEPS:
        assert residual(derive(), truth, t=time, T=TIME) < TINY


@pytest.mark.parametrize("label", claims(INITIAL))
def test_initial_states_have_a_delta(evidence, truth, block, label):
    left, derive = INITIAL[label]
    for some in BLOCKS:
        evaluate(evidence, some, {})
    found = {0: derived(derive(), truth), 1: block.letters[left](1)}
    evaluate(evidence, block, {left: found}, witness=DERIVED)
    for some in BLOCKS:
        evaluate(evidence, some, {}, tex=SHOWN[f"δ {label[-2]}(0)"])
    assert residual(derive(), truth) < TINY


@pytest.mark.parametrize("parameter", NETWORK.parameters, ids=lambda parameter: parameter.key)
def test_gradient_of_a_parameter_is_the_sum_over_all_steps(truth, parameter):
    equation = lstm.parameter_gradient(parameter.key)
    assert equation.lhs == Delta(parameter)
    assert residual(equation, truth, T=TIME) < TINY


@pytest.mark.parametrize("label", claims(["lstm-gradient-W", "lstm-gradient-R", "lstm-gradient-b"]))
def test_gradients_of_the_four_boxes_have_one_equation(evidence, truth, block, label):
    letter = label[-1]
    for gate in GATES:
        for some in BLOCKS:
            known = {**some.letters, **some.of_box(gate)}
            evidence.evaluates({}, background=known, witness=COMPLEX, within=1e-12)
            shown = SHOWN[f"δ {letter}"]
            evidence.evaluates({}, tex=shown, background=known, witness=COMPLEX, within=1e-12)
        found = derived(lstm.parameter_gradient(f"{letter}_{gate}"), truth, T=TIME)
        known = {**block.letters, **block.of_box(gate)}
        values = {rf"\delta {letter}_\star": found}
        evidence.evaluates(values, background=known, witness=DERIVED, within=1e-12)


@pytest.mark.parametrize(
    "label", claims(["lstm-gradient-p-in", "lstm-gradient-p-for", "lstm-gradient-p-out"])
)
def test_gradients_of_peepholes_take_the_cell_that_the_gate_looked_at(
    evidence, truth, block, label
):
    gate = label.rpartition("-")[2]
    for some in BLOCKS:
        evaluate(evidence, some, {})
        evaluate(evidence, some, {}, tex=SHOWN["δ p"])
    found = derived(lstm.parameter_gradient(f"p_{gate}"), truth, T=TIME)
    evaluate(evidence, block, {rf"\delta p_{{{gate}}}": found}, witness=DERIVED)


@pytest.mark.equation("lstm-delta-c-last")
def test_last_step_sees_the_loss_of_the_cell(evidence):
    for block in AT_THE_CELL:
        evaluate(evidence, block, {})


UNITS = [
    *("lstm-delta-c-units", "lstm-delta-output-units"),
    *("lstm-recurrent-transpose", "lstm-two-routes"),
]


@pytest.mark.parametrize("label", claims(UNITS))
def test_chain_rule_for_one_unit(evidence, label):
    for block in BLOCKS:
        units = range(1, block.letters["n"] + 1)
        evaluate(evidence, block, {}, {"t": block.steps, "k": units})


def test_deltas_match_differences_in_the_complex_plane(truth, values):
    step = 1e-30
    quantities = (y, obar, c, fbar, ibar, zbar, x)
    wanted = [(q, s) for q in quantities for s in STEPS] + [(y, 0), (c, 0)]
    for quantity, time in wanted:
        ours = numbers_of(truth, Delta(quantity.at(time)))[:, 0]
        theirs = []
        for unit in range(len(ours)):
            push = np.zeros(len(ours), dtype=complex)
            push[unit] = 1j * step
            theirs.append(forward(values, {(quantity.key, time): push})[0].imag / step)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-14 * max(np.abs(theirs)))


def test_parameter_gradients_match_central_differences(truth, values):
    parameters, *rest = values
    for parameter in NETWORK.parameters:
        ours = numbers_of(truth, Delta(parameter)).ravel()
        theirs = np.zeros_like(ours)
        for place in range(len(ours)):
            losses = []
            for step in (1e-5, -1e-5):
                moved = parameters[parameter.key].copy()
                moved.flat[place] += step
                losses.append(forward(({**parameters, parameter.key: moved}, *rest))[0])
            theirs[place] = (losses[0] - losses[1]) / 2e-5
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-7 * max(np.abs(theirs)))


@pytest.mark.parametrize("source", ["c_1(2)", "y_2(2)", "fbar_1(2)", "W_out_21", "p_in_2"])
def test_one_composed_expression_gives_the_same(source):
    components = lstm.components(1, N_HIDDEN, 2)
    graph, total = components.graph, sympy.Symbol("J")
    exact = components.by_composition("J", source)
    assert abs(components._derivative(graph.find("source", source), total) - exact) < TINY
    assert abs(computation_graph.remainder(graph, source, "J", at=components.numbers)) < TINY


# On the edges of the drawings ----------------------------------------------------------------

NAMES = {
    quantity.key: tex
    for tex, quantity in (*FORWARD.values(), ("x^{(t)}", x))
}  # fmt: skip


def edge_trials(quantity):
    """Yield, for each use, the equation that a label of a drawing claims, and a trial of it."""
    names = names_of(BOOK, "recurrent/lstm-gradients")
    for key, (later, local) in lstm.uses_of(quantity).items():
        head = NAMES[key].replace("(t)", f"(t + {later})")
        matrix = local if local[0] in "RW" else rf"\operatorname{{diag}}\left({local}\right)"
        for some in BLOCKS:
            trial = Trial(names, Arrays(), {}, 1e-13, at={"t": some.steps}, background=some.letters)
            tex = rf"\frac{{\partial {head}}}{{\partial {NAMES[quantity.key]}}} = {matrix}"
            yield trial, tex


@pytest.mark.parametrize("quantity", [obar, o, c, y, x], ids=lambda quantity: quantity.key)
def test_local_derivatives_for_the_drawings_are_those_of_the_definitions(quantity):
    trials = list(edge_trials(quantity))
    assert len(trials) == 2 * {"o": 1, "obar": 1, "c": 5, "y": 4, "x": 4}[quantity.key]
    for trial, tex in trials:
        trial.run(tex)
        left, right = tex.split(" = ")
        for wrong in (tex.replace("t + 1", "t + 2"), f"{left} = 2 {right}", f"{left} = -{right}"):
            if wrong != tex:
                with pytest.raises(FormulaError):
                    trial.run(wrong)


# Why the chain rule may be applied like this -------------------------------------------------


def test_sum_over_the_paths_of_one_cell_is_exact():
    graph = lstm.components(1, 1, 2).graph
    for head, n_paths in (("y(1)", 2), ("c(2)", 9)):
        assert len(computation_graph.paths(graph, "c(1)", head)) == n_paths
        assert computation_graph.remainder(graph, "c(1)", head) == 0


def test_a_path_counted_twice_or_not_at_all_is_wrong():
    graph = lstm.components(1, 1, 1).graph
    direct = computation_graph.local_derivative(graph, "c(1)", "y(1)")
    whole = computation_graph.composed(graph, "c(1)", "y(1)").diff(graph.find("cell", "c(1)"))
    (by_gate,) = (
        r.product for r in computation_graph.paths(graph, "c(1)", "y(1)") if len(r.edges) > 1
    )
    into = {
        graph.find("o", name): computation_graph.composed(graph, "c(1)", name)
        for name in ("obar(1)", "o(1)")
    }
    assert expand((direct + by_gate).xreplace(into) - whole) == 0
    for wrong in (direct, direct + 2 * by_gate, by_gate):
        assert expand(wrong.xreplace(into) - whole) != 0


def test_every_local_derivative_is_what_sympy_says(truth):
    quantities = [entry.name for entry in NETWORK.definitions] + [x]
    found = [edge for quantity in quantities for edge in edges_from(NETWORK, quantity)]
    assert len(found) == 4 + 4 + 5 + 4 + 4  # from bars, gates, c, y and x
    for edge in found:
        head, tail = (q.subs(t, 2) for q in (edge.head, edge.tail))
        jacobian = sympy.Matrix(
            N_HIDDEN,
            len(truth.symbols(tail)),
            lambda row, column, head=head, tail=tail: truth.graph.definitions[
                truth.symbols(head)[row]
            ].diff(truth.symbols(tail)[column]),
        ).xreplace(truth.values)
        local = edge.local.subs(t, 2).evaluate(truth)
        ours = local if edge.is_matrix else sympy.diag(*local)
        assert max(abs(entry) for entry in jacobian - ours) < TINY


# What is often printed, and false ------------------------------------------------------------


def test_forget_peephole_on_its_own_path_and_not_the_input_gates(truth):
    slip = lstm.delta_c().replace(lstm.p_for, lstm.p_in)
    assert residual(slip, truth, t=1, T=TIME) > 1e-3
    assert residual(slip, truth, t=TIME, T=TIME) < TINY  # no next step, no such path


def test_block_input_is_not_differentiated_by_what_enters_the_input_gate(truth):
    slip = VectorEquation(Delta(zbar), lstm.delta_input().rhs)
    for time in STEPS:
        assert residual(slip, truth, t=time, T=TIME) > 0.1


def test_output_gate_needs_the_total_loss_and_not_that_of_its_step(truth):
    slip = lstm.delta_output().replace(Delta(y), Immediate(y))
    for time in range(1, TIME):
        assert residual(slip, truth, t=time, T=TIME) > 1e-3
    assert residual(slip, truth, t=TIME, T=TIME) < TINY


@pytest.mark.parametrize("gate", GATES)
def test_sums_that_stop_a_step_early_lose_the_last_or_the_first(truth, gate):
    for letter in "WRb":
        right = lstm.parameter_gradient(f"{letter}_{gate}")
        body, index, first, last = right.rhs.args
        for limits in ((first, last - 1), (first + 1, last)):
            slip = VectorEquation(right.lhs, SumOver(body, index, *limits))
            assert residual(slip, truth, T=TIME) > 1e-3


@pytest.mark.parametrize("name", ["delta_y", "delta_x"])
def test_matrices_go_back_transposed(truth, name):
    right = getattr(lstm, name)()
    if name == "delta_y":
        terms = [p for p in right.rhs.args if p.has(lstm.R_for)]
        slip = right.replace(terms[0].args[0], lstm.R_for)
        assert residual(slip, truth, t=1, T=TIME) > 1e-4
    else:
        slip = right.replace(lstm.W_for.T, lstm.W_for)
        with pytest.raises(sympy.matrices.exceptions.ShapeError):
            slip.evaluate(truth, t=1, T=TIME)


# The cell from step to step ------------------------------------------------------------------


def test_output_depends_on_its_cell_directly_and_by_the_gate(truth):
    for time in range(2, TIME + 1):
        assert residual(lstm.output_by_cell(), truth, t=time) < TINY
    slip = lstm.output_by_cell().replace(lstm.p_out, lstm.p_in)
    assert residual(slip, truth, t=2) > 1e-3


def output_by_cell(block):
    """Return how the output of any step moves with its cell, by complex steps."""

    def jacobian(t):
        size = len(block.value("c^{(t)}", t))
        pushes = 1e-30j * np.eye(size)
        moved = [block.run({("c^{(t)}", t): push})("y^{(t)}", t) for push in pushes]
        return np.imag(moved).T / 1e-30

    return jacobian


@pytest.mark.parametrize("label", claims(["lstm-output-by-cell", "lstm-cell-jacobian"]))
def test_a_push_of_the_old_cell_moves_output_and_new_cell(evidence, label):
    for some in BLOCKS:
        known = {**some.forward_letters, "Y^{(t)}": output_by_cell(some)}
        evidence.evaluates(
            {"Y^{(t)}": known["Y^{(t)}"]}, background=known,
            at={"t": some.steps[1:]}, witness=COMPLEX, within=1e-13,
        )  # fmt: skip


@pytest.mark.equation("lstm-cell-jacobian")
def test_jacobian_of_the_cell_holds_with_the_output_by_its_cell_that_sympy_derives(
    evidence, truth, block
):
    found = {t - 1: numbers(lstm.output_by_cell().evaluate(truth, t=t)[-1]) for t in STEPS[1:]}
    evidence.evaluates(
        {"Y^{(t)}": found}, background=block.forward_letters, at={"t": STEPS[1:]},
        witness=f"{COMPLEX}, and the formula for Y that SymPy derives", within=1e-13,
    )  # fmt: skip


def test_jacobian_over_two_steps_is_not_the_product_of_two(truth):
    # the product leaves out that the old output reaches the new cell past the cell between
    two = truth.jacobian(c.at(3), c.at(1))
    product = truth.jacobian(c.at(3), c.at(2)) * truth.jacobian(c.at(2), c.at(1))
    assert max(abs(entry) for entry in two - product) > 1e-3


# Steps of the passes -------------------------------------------------------------------------


def test_forward_steps_compute_each_quantity_once_from_what_is_known():
    known = {"y(0)", "c(0)", *(f"x({time})" for time in STEPS)}
    steps = lstm.lstm_forward_steps(TIME)
    assert len(steps) == 10 * TIME
    for step in steps:
        made = step.equation.lhs.node
        assert {head for _, head in step.edges} == {made}
        assert {tail for tail, _ in step.edges} <= known
        assert made not in known
        assert set(step.local) == set(step.edges)
        known.add(made)
    assert steps[6].name == "step 1: the cell"
    assert steps[6].edges == (
        ("z(1)", "c(1)"),
        ("i(1)", "c(1)"),
        ("c(0)", "c(1)"),
        ("f(1)", "c(1)"),
    )


def test_backward_steps_use_known_deltas_and_one_path_for_each_term():
    steps = lstm.lstm_backward_steps(TIME)
    assert len(steps) == 6 * TIME + 15 + TIME + 2
    known = {"J"}
    for step in steps:
        of = step.equation.lhs.args[0]
        ends = [path[-1] for path in step.paths]
        assert set(ends) <= known
        is_sum = type(step.equation.rhs).__name__ == "Plus"
        n_terms = TIME if ends and of in NETWORK.parameters else 1
        assert len(ends) == (len(step.equation.rhs.args) if is_sum else n_terms)
        known.add(getattr(of, "node", of.key))
    assert len({step.name for step in steps}) == len(steps)


def test_backward_steps_in_order():
    steps = lstm.lstm_backward_steps(TIME)
    assert [step.equation.lhs.args[0].node for step in steps[:7]] == [
        *(f"{key}(3)" for key in ("y", "obar", "c", "fbar", "ibar", "zbar")),
        "y(2)",
    ]
    (cell,) = (step for step in steps if step.name == "step 2: δ of the cell")
    assert cell.paths == (
        ("c(2)", "y(2)"),
        ("c(2)", "obar(2)"),
        ("c(2)", "c(3)"),
        ("c(2)", "ibar(3)"),
        ("c(2)", "fbar(3)"),
    )
    assert repr(cell.local["c(2)", "fbar(3)"]) == "p_{for}"
    assert steps[0].paths == (("y(3)", "J(3)", "J"),)


def test_equations_of_the_steps_are_true(truth):
    for step in (*lstm.lstm_forward_steps(TIME), *lstm.lstm_backward_steps(TIME)):
        assert residual(step.equation, truth) < TINY


# Complaints ----------------------------------------------------------------------------------


def test_complaints(truth):
    with pytest.raises(ValueError, match=r"key must be one of W_for, R_for.*, got 'p_z'"):
        lstm.parameter_gradient("p_z")
    with pytest.raises(ValueError, match="n_steps must be at least 1, got 0"):
        lstm.lstm_forward_steps(0)
    with pytest.raises(ValueError, match="n_steps must hold integers, got"):
        lstm.lstm_backward_steps(2.0)
    with pytest.raises(ValueError, match="n_hidden must be at least 1, got 0"):
        lstm.components(3, 0, 2)
    with pytest.raises(ValueError, match=r"numbers must be a quantity of the graph, got 'q'"):
        lstm.components(1, 1, 1, numbers={"q": 1})
    with pytest.raises(ValueError, match=r"letter must stand in the network of 3 steps, got c\^"):
        lstm.delta_c().evaluate(truth)
    with pytest.raises(ValueError, match="through must name the ends of all paths"):
        delta(NETWORK, c, through=[y, obar])
    with pytest.raises(ValueError, match=r"old must occur in the equation, got p_\{out\}"):
        lstm.delta_forget().replace(lstm.p_out, lstm.p_in)


def test_jacobian_at_a_point_is_that_of_the_numbers():
    components = lstm.components(1, 1, 1, numbers={"b_for": Rational(1, 2)})
    (entry,) = components(Jacobian(c.at(1), c.at(0)))
    graph = components.graph
    assert abs(computation_graph.remainder(graph, "c(0)", "c(1)", at=components.numbers)) < TINY
    assert abs(entry - components.by_composition("c(1)", "c(0)")) < TINY
