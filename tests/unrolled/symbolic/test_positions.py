"""Masks and positions: each displayed equation against loops, complex numbers and the library."""

import cmath
import math

import numpy as np
import pytest
import sympy
from sympy import Integer, Rational

from unrolled.networks.attention import scaled_dot_product_attention
from unrolled.networks.masks import look_ahead_mask, padding_mask
from unrolled.networks.positions import sinusoidal_positions
from unrolled.symbolic import positions as symbolic
from unrolled.symbolic.positions import allowed, base, d, frequency, i, j, n, omega, p, r, scores

N_QUERIES, N_KEYS, WIDTH, N_POSITIONS = 3, 5, 14, 11
MASK_TEX = (
    r"m_{ij} = \begin{cases} 1 & \text{if } j \le i \text{ and } j \le \ell \\"
    r" 0 & \text{otherwise} \end{cases}"
)
TURN_TEX = (
    r"\begin{aligned} R_r &= \begin{pmatrix} D_0 & & \\ & \ddots & \\"
    r" & & D_{d/2-1} \end{pmatrix} \\"
    r" D_i &= \begin{pmatrix} \cos(\omega_i r) & \sin(\omega_i r) \\"
    r" -\sin(\omega_i r) & \cos(\omega_i r) \end{pmatrix} \end{aligned}"
)
ROTARY_TEX = r"(R_p\, q) \cdot (R_{p+r}\, k) = q \cdot (R_r\, k)"


@pytest.mark.equation("masked-weights")
def test_weights_are_shared_among_what_may_be_seen(evidence):
    equation = symbolic.masked_weights()
    evidence.rendered(equation)
    rng = np.random.default_rng(7)
    query, key = rng.normal(size=(N_QUERIES, 2)), rng.normal(size=(N_KEYS, 2))
    mask = rng.random((N_QUERIES, N_KEYS)) < 0.6
    mask[:, 1] = True
    compared = query @ key.T / np.sqrt(2)
    numbers = {
        letter[row + 1, column + 1]: float(table[row, column])
        for letter, table in ((allowed, mask), (scores, compared))
        for row in range(N_QUERIES)
        for column in range(N_KEYS)
    }
    ours = [
        [
            float(equation.rhs.subs({i: row + 1, j: column + 1, n: N_KEYS}).doit().subs(numbers))
            for column in range(N_KEYS)
        ]
        for row in range(N_QUERIES)
    ]
    _, theirs = scaled_dot_product_attention(query, key, key, mask)
    evidence.agrees(ours, theirs, witness="NumPy", within=1e-14)
    kept = np.where(mask, np.exp(compared), 0)
    by_rows = kept / kept.sum(axis=1, keepdims=True)
    evidence.agrees(ours, by_rows, witness="exponentials, row by row", within=1e-14)


@pytest.mark.equation("combined-mask", tex=MASK_TEX)
@pytest.mark.parametrize("length", [0, 3, 7])
def test_both_masks_hide_what_one_of_them_hides(evidence, length):
    ours = (padding_mask([length], 7) & look_ahead_mask(7))[0]
    places = range(1, 8)
    theirs = [[one <= other and one <= length for one in places] for other in places]
    evidence.agrees(ours.astype(int), np.array(theirs, int), witness="two loops", within=0)


@pytest.mark.equation("sinusoidal-positions")
def test_printed_entries_are_those_of_the_array(evidence):
    equations = symbolic.sinusoidal_positions()
    evidence.rendered(equations)
    ours = np.empty((N_POSITIONS, WIDTH))
    for place in range(N_POSITIONS):
        for pair in range(WIDTH // 2):
            for odd, equation in enumerate(equations.equations):
                entry = equation.rhs.subs({p: place, i: pair, d: WIDTH, base: 10_000})
                ours[place, 2 * pair + odd] = float(entry.evalf(30))
    theirs = sinusoidal_positions(N_POSITIONS, WIDTH)
    evidence.agrees(ours, theirs, witness="NumPy, entry by entry", within=1e-14)
    turning = [
        cmath.exp(1j * place / 10_000 ** (2 * pair / WIDTH))
        for place in range(N_POSITIONS)
        for pair in range(WIDTH // 2)
    ]
    waves = np.array([[turn.imag, turn.real] for turn in turning]).reshape(ours.shape)
    evidence.agrees(ours, waves, witness="complex numbers", within=1e-13)


@pytest.mark.equation("position-wavelength")
def test_a_pair_is_back_after_its_wavelength(evidence):
    equation = symbolic.wavelength()
    evidence.rendered(equation)
    for pair in range(WIDTH // 2):
        rate = base ** (-Rational(2 * pair, WIDTH))
        given = {i: pair, d: WIDTH}
        first, second = (side.subs(given) for side in equation.sides[1:])
        evidence.identity(first.subs(frequency[pair], rate) - second)
        length = float(second.subs(base, 10_000))
        moved = math.sin(length / 10_000 ** (2 * pair / WIDTH) + 0.3)
        evidence.agrees(moved, math.sin(0.3), witness="sine a wavelength on", within=1e-13)
        half = math.sin(length / 2 / 10_000 ** (2 * pair / WIDTH) + 0.3)
        assert half == pytest.approx(-math.sin(0.3)), "half a wavelength is not one"


@pytest.mark.equation("position-shift")
def test_a_shift_is_a_turn_that_knows_no_place(evidence):
    equation = symbolic.position_shift()
    evidence.rendered(equation)
    matrix = equation.rhs.args[0]
    assert matrix.free_symbols == {omega, r}
    later, turned = equation.lhs, equation.rhs.doit()
    for one, other in zip(later, turned, strict=True):
        evidence.identity(sympy.expand_trig(sympy.expand(one - other)))
    positions = sinusoidal_positions(N_POSITIONS, WIDTH)
    for pair in range(WIDTH // 2):
        rate = 10_000 ** (-2 * pair / WIDTH)
        block = np.array(matrix.subs({omega: rate, r: 4}).evalf(), float)
        columns = positions[:, 2 * pair : 2 * pair + 2]
        evidence.agrees(columns[:-4] @ block.T, columns[4:], witness="NumPy", within=1e-13)


@pytest.mark.equation("position-turn", tex=TURN_TEX)
@pytest.mark.parametrize("distance", [-3, 0, 4])
def test_one_matrix_of_blocks_moves_every_position_on(evidence, distance):
    blocks = [
        symbolic.rotation(distance * 10_000 ** (-2 * pair / WIDTH)) for pair in range(WIDTH // 2)
    ]
    matrix = np.array(sympy.diag(*blocks), float)
    places = sinusoidal_positions(N_POSITIONS, WIDTH)
    here = range(max(0, -distance), N_POSITIONS - max(0, distance))
    ours = np.array([matrix @ places[place] for place in here])
    theirs = places[[place + distance for place in here]]
    evidence.agrees(ours, theirs, witness="positions, looked up", within=1e-13)


@pytest.mark.equation("position-pair")
def test_two_pairs_have_their_distance_in_common(evidence):
    equation = symbolic.position_pair()
    evidence.rendered(equation)
    evidence.identity(sympy.expand_trig(sympy.expand(equation.residual)).simplify())
    numbers = {omega: Rational(3, 7), p: 5, r: -2}
    turns = [cmath.exp(1j * 3 / 7 * place) for place in (5, 3)]
    theirs = (turns[0] * turns[1].conjugate()).real
    for side in equation.sides:
        evidence.agrees(float(side.subs(numbers)), theirs, witness="complex numbers", within=1e-14)


@pytest.mark.equation("position-dot")
def test_products_of_positions_know_the_distance_only(evidence):
    equation = symbolic.position_dot()
    evidence.rendered(equation)
    positions = sinusoidal_positions(N_POSITIONS, WIDTH)
    products = positions @ positions.T
    rates = {frequency[pair]: 10_000 ** (-2 * pair / WIDTH) for pair in range(WIDTH // 2)}
    for distance in range(-4, 5):
        ours = float(equation.rhs.subs({d: WIDTH, r: Integer(distance)}).doit().subs(rates))
        theirs = products.diagonal(distance)
        evidence.agrees(np.full(len(theirs), ours), theirs, witness="NumPy", within=1e-12)
    assert products[0, 0] == pytest.approx(WIDTH / 2)


@pytest.mark.equation("rotary-scores", tex=ROTARY_TEX)
def test_turned_queries_and_keys_know_the_distance_only(evidence):
    q, k = (sympy.Matrix(sympy.symbols(f"{letter}_1:3", real=True)) for letter in "qk")
    place, other, distance = (symbolic.rotation(omega * x) for x in (p, p + r, r))
    left, right = (place * q).dot(other * k), q.dot(distance * k)
    evidence.identity(sympy.simplify(sympy.expand_trig(sympy.expand(left - right))))
    numbers = {omega: 0.7, p: 3, r: 5, **dict(zip([*q, *k], (2, -1, 0.5, 3), strict=True))}
    turned = (2 - 1j) * cmath.exp(-1j * 0.7 * 3), (0.5 + 3j) * cmath.exp(-1j * 0.7 * 8)
    theirs = (turned[0] * turned[1].conjugate()).real
    for side in (left, right):
        evidence.agrees(float(side.subs(numbers)), theirs, witness="complex numbers", within=1e-13)
