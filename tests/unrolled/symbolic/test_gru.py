"""Every equation of the GRU, held against the unrolled network, NumPy and Keras."""

import keras
import numpy as np
import pytest
import sympy
import tensorflow as tf

from unrolled.networks import gru as numeric
from unrolled.networks import gru_after as numeric_after
from unrolled.networks.gru import GRUGate, GRUParams
from unrolled.networks.gru_after import GRUAfterParams
from unrolled.symbolic import gru
from unrolled.symbolic.gru import AFTER, NETWORK, h, seen, x
from unrolled.symbolic.lines import beneath, in_lines
from unrolled.symbolic.recurrences import delta, edges_from
from unrolled.symbolic.vectors import Delta, Hadamard, Immediate, OneMinus, VectorEquation, t

N_HIDDEN, TIME, N_IN = 2, 3, 5
STEPS = range(1, TIME + 1)
TINY = 1e-30  # what is left of forty digits
WITHIN = 1e-12


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
        for side in equation.on(components, **indices).sides[-2:]
    ]
    assert sides[0].shape == sides[1].shape
    scale = max(abs(sides[0]))
    assert scale > 0, "nothing was compared"
    return float(max(abs(sides[0] - sides[1])) / scale)


def numbers_of(components, letter):
    return np.array(components(letter).tolist(), dtype=float)


def values(components, equation, **indices):
    return np.array(equation.on(components, **indices).rhs.tolist(), dtype=float)


def weights(components):
    """The parameters as NumPy has them: rows, so that matrices are transposed."""
    gates = [
        GRUGate(
            *(numbers_of(components, getattr(gru, f"{role}_{of}")).T for role in "WR"),
            numbers_of(components, getattr(gru, f"b_{of}"))[:, 0],
        )
        for of in "zrh"
    ]
    if components.network is AFTER:
        return GRUAfterParams(*gates, numbers_of(components, gru.b_R)[:, 0])
    return GRUParams(*gates)


def arrays(components):
    inputs = np.array([[numbers_of(components, x.at(time))[:, 0] for time in STEPS]])
    targets = [components._symbols["target", time] for time in STEPS]
    aims = np.array([[[float(components.values[unit]) for unit in column] for column in targets]])
    return inputs, numbers_of(components, h.at(0)).T, aims


def by_numpy(components):
    """States, gates and gradients from `unrolled.networks`."""
    params, (inputs, h0, aims) = weights(components), arrays(components)
    if components.network is AFTER:
        states, cache = numeric_after.gru_after_forward(params, inputs, h0)
        return states, cache, numeric_after.gru_after_backward(params, cache, states - aims)
    states, cache = numeric.gru_forward(params, inputs, h0)
    return states, cache, numeric.gru_backward(params, cache, states - aims)


def by_keras(components):
    """States, and the gradients of weights, inputs and initial state, from Keras alone."""
    params, (inputs, h0, aims) = weights(components), arrays(components)
    after = components.network is AFTER
    layer = keras.layers.GRU(N_HIDDEN, return_sequences=True, reset_after=after, dtype="float64")
    layer.build((1, TIME, N_IN))
    W, R, b = (np.concatenate([gate[n] for gate in params[:3]], axis=-1) for n in range(3))
    if after:
        b = np.stack([b, np.concatenate([np.zeros(2 * N_HIDDEN), params.b_R])])
    layer.set_weights([W, R, b])
    inputs, h0 = tf.constant(inputs), tf.constant(h0)
    with tf.GradientTape() as tape:
        tape.watch([inputs, h0])
        states = layer(inputs, initial_state=h0)
        loss = tf.reduce_sum((states - aims) ** 2) / 2
    slopes = tape.gradient(loss, [*(w.value for w in layer.trainable_variables), inputs, h0])
    return states.numpy(), [slope.numpy() for slope in slopes]


# By hand -------------------------------------------------------------------------------------


def test_one_unit_and_one_step_by_hand():
    zero = dict.fromkeys(map(str, gru.components(1, 1, 1).graph.inputs), 0)
    components = gru.components(1, 1, 1, numbers={**zero, "h(0)": 2})
    assert float(components(h.at(1))[0]) == 1  # half of the state, and half of nothing
    assert float(components(Delta(h.at(0)))[0]) == pytest.approx(
        0.5 * float(components(Immediate(h.at(1)))[0]), rel=1e-15
    )


# The forward sweep ---------------------------------------------------------------------------

GATES = (gru.preactivation_update, gru.preactivation_reset, gru.update_gate, gru.reset_gate)
CANDIDATE = (gru.reset_state, gru.preactivation_candidate, gru.candidate)


@pytest.mark.equation("gru-gates")
@pytest.mark.equation("gru-candidate")
@pytest.mark.equation("gru-hidden-state")
def test_forward_equations_compute_what_numpy_and_keras_compute(evidence, truth):
    evidence.rendered(beneath(*(make() for make in GATES)), "gru-gates")
    evidence.rendered(beneath(*(make() for make in CANDIDATE)), "gru-candidate")
    evidence.rendered(gru.hidden_state(), "gru-hidden-state")
    _, cache, _ = by_numpy(truth)
    keras_states, _ = by_keras(truth)
    for time in STEPS:
        for make in (*GATES, *CANDIDATE, gru.hidden_state):
            assert residual(make(), truth, t=time) < TINY
        for make, theirs in ((gru.update_gate, cache.z), (gru.reset_gate, cache.r),
                             (gru.candidate, cache.g)):  # fmt: skip
            ours = values(truth, make(), t=time)[:, 0]
            evidence.agrees(ours, theirs[0, time - 1], witness="NumPy", within=WITHIN)
        ours = values(truth, gru.hidden_state(), t=time)[:, 0]
        evidence.agrees(ours, keras_states[0, time - 1], witness="Keras", within=WITHIN)


@pytest.mark.equation("gru-reset-after")
def test_reset_after_the_product_is_what_keras_does_by_itself(evidence, truth, truth_after):
    evidence.rendered(beneath(*gru.reset_after()))
    for time in STEPS:
        for equation in gru.reset_after():
            assert residual(equation, truth_after, t=time) < TINY
    keras_states, slopes = by_keras(truth_after)
    states = np.array([numbers_of(truth_after, h.at(time))[:, 0] for time in STEPS])
    evidence.agrees(states, keras_states[0], witness="Keras", within=WITHIN)
    numpy_states, _, gradients = by_numpy(truth_after)
    evidence.agrees(states, numpy_states[0], witness="NumPy", within=WITHIN)
    evidence.agrees(gradients.x, slopes[3], witness="Keras", within=WITHIN)
    evidence.agrees(
        gradients.params.b_R, slopes[2][1, 2 * N_HIDDEN :], witness="Keras", within=WITHIN
    )
    before = np.array([numbers_of(truth, h.at(time))[:, 0] for time in STEPS])
    assert np.abs(before - states).max() > 1e-2  # with the same weights, another network


@pytest.mark.equation("gru-parameter-count")
def test_parameters_are_counted(evidence, truth):
    equation = gru.parameter_count()
    evidence.rendered(equation)
    m, n = (sympy.Symbol(letter, integer=True, positive=True) for letter in "mn")
    ours = equation.rhs.subs({m: N_IN, n: N_HIDDEN}).doit()
    counted = sum(len(truth.symbols(parameter)) for parameter in NETWORK.parameters)
    evidence.agrees(int(ours), counted, witness="a count", within=0)
    layer = keras.layers.GRU(N_HIDDEN, reset_after=False)
    layer.build((1, TIME, N_IN))
    evidence.agrees(int(ours), layer.count_params(), witness="Keras", within=0)


# Every delta ---------------------------------------------------------------------------------

DELTAS = (gru.delta_h, gru.delta_update, gru.delta_candidate, gru.delta_reset)


@pytest.mark.equation("gru-delta-h")
@pytest.mark.equation("gru-deltas")
def test_deltas_are_derivatives_of_the_total_loss(evidence, truth):
    evidence.rendered(in_lines(gru.delta_h()), "gru-delta-h")
    evidence.rendered(beneath(*(make() for make in DELTAS[1:])), "gru-deltas")
    for time in STEPS:
        for make in DELTAS:
            assert residual(make(), truth, t=time, T=TIME) < TINY
    _, _, gradients = by_numpy(truth)
    _, slopes = by_keras(truth)
    evidence.agrees(
        values(truth, gru.delta_h0())[:, 0], slopes[4][0], witness="Keras", within=WITHIN
    )
    for time in STEPS:
        ours = values(truth, gru.delta_x(), t=time, T=TIME)[:, 0]
        evidence.agrees(ours, slopes[3][0, time - 1], witness="Keras", within=WITHIN)
        evidence.agrees(ours, gradients.x[0, time - 1], witness="NumPy", within=WITHIN)
    sums = [
        sum(values(truth, make(), t=time, T=TIME) for time in STEPS)[:, 0]
        for make in (gru.delta_update, gru.delta_reset, gru.delta_candidate)
    ]
    evidence.agrees(np.concatenate(sums), slopes[2].ravel(), witness="Keras", within=WITHIN)


@pytest.mark.equation("gru-gradients")
def test_gradients_of_all_parameters(evidence, truth):
    evidence.rendered(
        beneath(*(gru.parameter_gradient(key) for key in ("W_h", "R_z", "R_h", "b_h")))
    )
    _, _, gradients = by_numpy(truth)
    _, (d_W, d_R, d_b, *_) = by_keras(truth)
    for place, (of, gate) in enumerate(zip("zrh", gradients.params, strict=True)):
        here = slice(place * N_HIDDEN, (place + 1) * N_HIDDEN)
        for role, theirs, mine in (("W", d_W[:, here], gate.W), ("R", d_R[:, here], gate.R)):
            ours = values(truth, gru.parameter_gradient(f"{role}_{of}"), T=TIME).T
            evidence.agrees(ours, theirs, witness="Keras", within=WITHIN)
            evidence.agrees(ours, mine, witness="NumPy", within=WITHIN)
        ours = values(truth, gru.parameter_gradient(f"b_{of}"), T=TIME)[:, 0]
        evidence.agrees(ours, d_b[here], witness="Keras", within=WITHIN)
    assert len(gru.parameter_gradients()) == 9


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
        local = edge.local.subs(t, 2).on(truth)
        ours = local if edge.is_matrix else sympy.diag(*local)
        assert max(abs(entry) for entry in sympy.Matrix(rows).xreplace(truth.values) - ours) < TINY


# What is easily written, and false -----------------------------------------------------------


def test_the_gate_the_other_way_round_is_another_network(truth):
    slip = gru.hidden_state().replace(gru.z, OneMinus(gru.z))
    assert residual(VectorEquation(slip.lhs, slip.rhs), truth, t=2) > 1e-2


def test_candidate_does_not_see_the_state_that_was_not_reset(truth):
    slip = gru.parameter_gradient("R_h").replace(seen, h.at(t - 1))
    assert residual(slip, truth, T=TIME) > 1e-2


def test_no_delta_without_its_route_through_the_candidate(truth):
    whole = gru.delta_h()
    slip = VectorEquation(whole.lhs, whole.rhs.func(*whole.rhs.args[:-1]))
    assert residual(slip, truth, t=1, T=TIME) > 1e-3
    assert isinstance(whole.rhs.args[1], Hadamard)


def test_complaints(truth):
    with pytest.raises(ValueError, match=r"key must be one of W_z, R_z.*, got 'p_z'"):
        gru.parameter_gradient("p_z")
    with pytest.raises(ValueError, match="letter must stand in the network of 3 steps"):
        gru.delta_h().on(truth)
