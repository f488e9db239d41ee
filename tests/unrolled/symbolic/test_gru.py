"""Every equation of the GRU, held against the unrolled network, NumPy and Keras."""

import keras
import numpy as np
import pytest
import sympy

from gru_letters import RESET_AFTER, UNITS, Unit
from unrolled.networks import gru as numeric
from unrolled.symbolic import gru
from unrolled.symbolic.gru import AFTER, NETWORK, h, seen, x
from unrolled.symbolic.recurrences import delta, edges_from
from unrolled.symbolic.vectors import Delta, Hadamard, Immediate, VectorEquation, t

N_HIDDEN, TIME, N_IN = 2, 3, 5
STEPS = range(1, TIME + 1)
TINY = 1e-30  # what is left of forty digits
WITHIN = 1e-12
COMPLEX = "complex steps through the definitions of the unit"


@pytest.fixture(scope="module")
def truth():
    return gru.components(N_IN, N_HIDDEN, TIME)


@pytest.fixture(scope="module")
def truth_after():
    return gru.components(N_IN, N_HIDDEN, TIME, network=AFTER)


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


def numbers_of(components, letter):
    return np.array(components(letter).tolist(), dtype=float)


def values(components, equation, **indices):
    return np.array(equation.evaluate(components, **indices)[-1].tolist(), dtype=float)


# By hand -------------------------------------------------------------------------------------


def test_one_unit_and_one_step_by_hand():
    zero = dict.fromkeys(map(str, gru.components(1, 1, 1).graph.inputs), 0)
    components = gru.components(1, 1, 1, numbers={**zero, "h(0)": 2})
    assert float(components(h.at(1))[0]) == 1  # half of the state, and half of nothing
    assert float(components(Delta(h.at(0)))[0]) == pytest.approx(
        0.5 * float(components(Immediate(h.at(1)))[0]), rel=1e-15
    )


# The forward pass ----------------------------------------------------------------------------

DEFINED = {
    "gru-gates": {"z": gru.z, "r": gru.r, r"\bar{z}": gru.zbar, r"\bar{r}": gru.rbar},
    "gru-candidate": {r"\hat{h}": seen, r"\bar{h}": gru.gbar, r"\tilde{h}": gru.g},
    "gru-hidden-state": {"h": h},
}


def claims(labels):
    return [pytest.param(label, marks=pytest.mark.equation(label), id=label) for label in labels]


@pytest.fixture(scope="module")
def unit(truth):
    """The numbers of the network that SymPy knows, as values of letters."""
    return known_to_sympy(Unit(N_IN, N_HIDDEN, TIME), truth)


def known_to_sympy(unit, components):
    unit.given = {
        tex: column_or_matrix(components, getattr(gru, tex), matrix=tex[0] != "b")
        for tex in unit.given
    }
    unit.h0 = numbers_of(components, h.at(0))[:, 0]
    unit.x[:TIME] = [numbers_of(components, x.at(time))[:, 0] for time in STEPS]
    aims = [components._symbols["target", time] for time in STEPS]
    unit.targets = np.array([[float(components.values[a]) for a in column] for column in aims])
    return unit


def column_or_matrix(components, letter, *, matrix):
    found = numbers_of(components, letter)
    return found if matrix else found[:, 0]


def in_sympy(components, letters):
    """By its TeX each quantity that was unrolled, by the step."""
    found = {
        rf"{tex}^{{(t)}}": {time: numbers_of(components, q.at(time))[:, 0] for time in STEPS}
        for tex, q in letters.items()
    }
    if h in letters.values():
        found["h^{(t)}"][0] = numbers_of(components, h.at(0))[:, 0]
    return found


def evaluate(evidence, unit, values, at=None, witness=COMPLEX, **options):
    evidence.evaluates(
        values, background=unit.letters, at=at, witness=witness, **{"within": WITHIN, **options}
    )


@pytest.mark.parametrize("label", claims(DEFINED))
def test_forward_equations_say_what_the_network_is_unrolled_from(evidence, truth, unit, label):
    evaluate(
        evidence, unit, in_sympy(truth, DEFINED[label]), {"t": STEPS},
        "the book's own network unrolled unit by unit in SymPy",
    )  # fmt: skip


@pytest.mark.parametrize("label", claims(DEFINED))
def test_forward_equations_make_what_the_code_makes(evidence, label):
    for some in UNITS:
        states, cache = numeric.gru_forward(some.params, *some.arrays)
        rows = {"h": states, "z": cache.z, "r": cache.r, r"\tilde{h}": cache.g}
        found = {rf"{tex}^{{(t)}}": dict(enumerate(row[0], 1)) for tex, row in rows.items()}
        found["h^{(t)}"][0] = some.h0
        wanted = [rf"{tex}^{{(t)}}" for tex in DEFINED[label] if tex in rows]
        evaluate(
            evidence, some, {tex: found[tex] for tex in wanted}, {"t": some.steps},
            "the book's own gru_forward",
        )  # fmt: skip


@pytest.mark.equation("gru-hidden-state")
def test_the_states_are_those_of_keras(evidence):
    for some in UNITS:
        states, _ = some.by_keras
        evaluate(
            evidence, some, {"h^{(t)}": states}, {"t": some.steps},
            "Keras' GRU with the reset before the product",
        )  # fmt: skip


@pytest.mark.equation("gru-candidate")
def test_what_enters_the_candidate_is_what_the_states_of_keras_show(evidence):
    for some in UNITS:
        evaluate(
            evidence, some,
            {r"\bar{h}^{(t)}": some.seen_in_keras, "h^{(t)}": some.by_keras[0]},
            {"t": some.steps}, "Keras' GRU with the reset before the product", within=1e-10,
        )  # fmt: skip


@pytest.mark.equation("gru-reset-after")
def test_reset_after_the_product_is_what_keras_does_by_itself(evidence, truth_after):
    for some in RESET_AFTER:
        evaluate(
            evidence, some,
            {r"\bar{h}^{(t)}": some.seen_in_keras, "h^{(t)}": some.by_keras[0]},
            {"t": some.steps}, "Keras' GRU as it is built by itself", within=1e-10,
        )  # fmt: skip
    unit = known_to_sympy(Unit(N_IN, N_HIDDEN, TIME, after=True), truth_after)
    found = in_sympy(truth_after, {r"\hat{h}": gru.part, r"\bar{h}": gru.gbar})
    witness = "the book's own network unrolled unit by unit in SymPy"
    evaluate(evidence, unit, found, {"t": STEPS}, witness)


def test_reset_after_the_product_is_another_network(truth, truth_after):
    states = [[numbers_of(one, h.at(t)) for t in STEPS] for one in (truth, truth_after)]
    assert np.abs(np.subtract(*states)).max() > 1e-2  # with the same weights


@pytest.mark.equation("gru-parameter-count")
def test_parameters_are_counted(evidence, truth):
    sizes = [(N_IN, N_HIDDEN), (3, 7), (11, 5)]
    layers = [keras.layers.GRU(n, reset_after=False) for _, n in sizes]
    for layer, (m, _) in zip(layers, sizes, strict=True):
        layer.build((1, TIME, m))
    evidence.evaluates(
        {},
        at=[
            {"m": m, "n": n, r"\text{parameters}": layer.count_params()}
            for layer, (m, n) in zip(layers, sizes, strict=True)
        ],
        witness="the parameters of Keras' GRU, counted", within=0,
    )  # fmt: skip
    counted = sum(len(truth.symbols(parameter)) for parameter in NETWORK.parameters)
    assert counted == numeric.gru_n_params(N_IN, N_HIDDEN)


# Every delta ---------------------------------------------------------------------------------

DELTAS = {
    "gru-delta-h": {r"\delta h^{(t)}": gru.delta_h},
    "gru-deltas": {
        r"\delta \bar{z}^{(t)}": gru.delta_update,
        r"\delta \bar{h}^{(t)}": gru.delta_candidate,
        r"\delta \bar{r}^{(t)}": gru.delta_reset,
    },
}


@pytest.mark.parametrize("label", claims(DELTAS))
def test_deltas_are_derivatives_of_the_total_loss(evidence, truth, unit, label):
    first = 0 if label == "gru-delta-h" else 1
    for some in UNITS:
        assert not some.delta("h^{(t)}", some.n_steps + 1).any()  # nothing comes from behind
        evaluate(evidence, some, {}, {"t": range(first, some.n_steps + 1)})
    found = {}
    for left, derive in DELTAS[label].items():
        found[left] = {t: values(truth, derive(), t=t, T=TIME)[:, 0] for t in STEPS}
        found[left][TIME + 1] = np.zeros(N_HIDDEN)
        for time in STEPS:
            assert residual(derive(), truth, t=time, T=TIME) < TINY
    evaluate(
        evidence, unit, found, {"t": STEPS},
        "the formula that SymPy derives from the book's graph of definitions",
    )  # fmt: skip


@pytest.mark.equation("gru-delta-h")
def test_keras_has_the_delta_of_the_initial_state(evidence):
    for some in UNITS:
        found = {0: some.by_keras[1][r"\delta h^{(0)}"], 1: some.delta("h^{(t)}", 1)}
        evaluate(
            evidence, some, {r"\delta h^{(t)}": found}, {"t": [0]},
            "automatic differentiation of Keras' GRU",
        )  # fmt: skip


@pytest.mark.equation("gru-gradients")
def test_gradients_of_all_parameters(evidence, truth, unit):
    shown = [rf"\delta {tex}" for tex in ("W_h", "R_z", "R_h", "b_h")]
    for some in UNITS:
        evaluate(evidence, some, {})
        gradients = {tex: some.by_keras[1][tex] for tex in shown}
        evaluate(evidence, some, gradients, witness="automatic differentiation of Keras' GRU")
        states, cache = numeric.gru_forward(some.params, *some.arrays)
        back = numeric.gru_backward(some.params, cache, states - some.targets).params
        arrays = (back.candidate.W, back.update_gate.R, back.candidate.R, back.candidate.b)
        evaluate(
            evidence, some, {tex: array.T for tex, array in zip(shown, arrays, strict=True)},
            witness="the book's own gru_backward",
        )  # fmt: skip
    for parameter in NETWORK.parameters:
        assert residual(gru.parameter_gradient(parameter.key), truth, T=TIME) < TINY


def test_deltas_of_the_variant_follow_from_its_definitions_too(truth_after):
    for quantity in (h, gru.zbar, gru.rbar, gru.gbar, x):
        for time in STEPS:
            assert residual(delta(AFTER, quantity), truth_after, t=time, T=TIME) < TINY


def test_every_local_derivative_is_what_sympy_says(truth):
    quantities = [entry.name for entry in NETWORK.definitions] + [x]
    found = [edge for quantity in quantities for edge in edges_from(NETWORK, quantity)]
    assert len(found) == 1 + 1 + 1 + 1 + 1 + 1 + 1 + 4 + 3  # bars, gates, seen, candidate, h, x
    for edge in found:
        head, tail = (q.subs(t, 2) for q in (edge.head, edge.tail))
        rows = [
            [truth.graph.definitions[new].diff(old) for old in truth.symbols(tail)]
            for new in truth.symbols(head)
        ]
        local = edge.local.subs(t, 2).evaluate(truth)
        ours = local if edge.is_matrix else sympy.diag(*local)
        assert max(abs(entry) for entry in sympy.Matrix(rows).xreplace(truth.values) - ours) < TINY


# What is easily written, and false -----------------------------------------------------------


def test_candidate_does_not_see_the_state_that_was_not_reset(truth):
    slip = gru.parameter_gradient("R_h").replace(seen, h.at(t - 1))
    assert residual(slip, truth, T=TIME) > 1e-2


def test_no_delta_without_its_path_through_the_candidate(truth):
    whole = gru.delta_h()
    slip = VectorEquation(whole.lhs, whole.rhs.func(*whole.rhs.args[:-1]))
    assert residual(slip, truth, t=1, T=TIME) > 1e-3
    assert isinstance(whole.rhs.args[1], Hadamard)


def test_complaints(truth):
    with pytest.raises(ValueError, match=r"key must be one of W_z, R_z.*, got 'p_z'"):
        gru.parameter_gradient("p_z")
    with pytest.raises(ValueError, match="letter must stand in the network of 3 steps"):
        gru.delta_h().evaluate(truth)
