import math
import re
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.language.parses import (
    allowed_governors,
    is_projective,
    n_projective_trees,
    projective_trees,
    tree_probabilities,
)

PHRASE = ["atama-ga", "akai", "sakana-o", "taberu", "neko"]
GRAMMAR = {
    ("akai", "atama-ga"), ("taberu", "atama-ga"), ("neko", "atama-ga"), ("sakana-o", "akai"),
    ("neko", "akai"), ("taberu", "sakana-o"), ("neko", "taberu"),
}  # fmt: skip
FIVE = [(2, 3, 4, 5, 0), (2, 5, 4, 5, 0), (4, 3, 4, 5, 0), (5, 3, 4, 5, 0), (5, 5, 4, 5, 0)]
ENGLISH = {("verb", "noun"), ("verb", "phrase"), ("noun", "phrase"), ("phrase", "phrase")}


# Witnesses -----------------------------------------------------------------------------------


def chain(governors, unit):
    """Walk from a unit to the root: the units on the path, without end on a circle."""
    seen = []
    while unit and unit not in seen:
        seen.append(unit)
        unit = governors[unit - 1]
    return seen if not unit else None


def makes_tree(governors):
    units = range(1, len(governors) + 1)
    return governors.count(0) == 1 and all(chain(governors, unit) for unit in units)


def keeps_together(governors):
    """Whether all units between a unit and its governor belong, in the end, to the governor."""
    return all(
        governor in chain(governors, between)
        for unit, governor in enumerate(governors, 1)
        if governor
        for between in range(min(unit, governor) + 1, max(unit, governor))
    )


def by_brute_force(n, allowed=None):
    """Try every assignment of governors, the unit's own and circles among them."""
    every = product(*(allowed or [range(n + 1)] * n))
    return [g for g in every if makes_tree(g) and keeps_together(g)]


def circles_cross(one, other):
    """Whether two half circles over a line have a point in common besides their ends."""
    (c, r), (d, s) = ((Fraction(a + b, 2), Fraction(abs(b - a), 2)) for a, b in (one, other))
    if c == d:
        return False
    x = (r * r - s * s + d * d - c * c) / (2 * (d - c))  # the line through both points of crossing
    return r * r - (x - c) ** 2 > 0


def head_final(n):
    return [tuple(range(unit + 1, n + 1)) or (0,) for unit in range(1, n + 1)]


# By hand -------------------------------------------------------------------------------------


def test_grammar_of_the_phrase_leaves_six_and_projectivity_five():
    allowed = allowed_governors(PHRASE, GRAMMAR, final=True)
    assert allowed == [(2, 4, 5), (3, 5), (4,), (5,), (0,)]
    assert math.prod(map(len, allowed)) == 6
    assert projective_trees(allowed) == FIVE
    assert [t for t in product(*allowed) if not is_projective(t)] == [(4, 5, 4, 5, 0)]


def test_five_units_have_fourteen_head_final_trees():
    assert len(projective_trees(head_final(5))) == n_projective_trees(5) == 14
    assert sum(map(is_projective, product(*head_final(5)))) == 14


def test_two_english_phrases_have_five_readings():
    allowed = allowed_governors(["verb", "noun", "phrase", "phrase"], ENGLISH, final=False)
    assert allowed == [(0,), (1,), (1, 2), (1, 2, 3)]
    crossing = {(0, 1, 1, 2)}
    assert set(projective_trees(allowed)) == set(product(*allowed)) - crossing


def test_a_relative_clause_behind_an_adverb_crosses():
    # A parcel arrived yesterday that nobody had ordered: the last unit belongs to the first.
    assert not is_projective((2, 0, 2, 1))


def test_an_arc_over_the_root_crosses_the_arc_of_the_root():
    assert not is_projective((3, 0, 2))
    assert (3, 0, 2) not in projective_trees([(3,), (0,), (2,)])


# Laws ----------------------------------------------------------------------------------------

PHRASES = st.integers(1, 5).flatmap(
    lambda n: st.tuples(
        *(st.sets(st.sampled_from([g for g in range(n + 1) if g != u])) for u in range(1, n + 1))
    )
)


@given(PHRASES)
@settings(max_examples=60)
def test_trees_are_those_of_brute_force(allowed):
    trees = projective_trees(allowed)
    assert trees == sorted(by_brute_force(len(allowed), allowed))


@given(st.integers(2, 6).flatmap(lambda n: st.tuples(*[st.integers(0, n)] * n)))
@settings(max_examples=200)
def test_crossing_and_keeping_together_are_the_same(governors):
    if makes_tree(governors):
        assert is_projective(governors) == keeps_together(governors)
    else:
        with pytest.raises(ValueError, match="tree must"):
            is_projective(governors)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_mirrored_grammar_has_mirrored_trees(n):
    initial = [tuple(range(1, unit)) or (0,) for unit in range(1, n + 1)]
    mirrored = {
        tuple((n + 1 - g) % (n + 1) for g in reversed(tree)) for tree in projective_trees(initial)
    }
    assert mirrored == set(projective_trees(head_final(n)))


def test_probabilities_follow_the_products():
    weights = {
        (1, 2): 0.5,
        (1, 4): 0.3,
        (1, 5): 0.2,
        (2, 3): 0.7,
        (2, 5): 0.3,
        (3, 4): 1,
        (4, 5): 1,
    }
    shares = tree_probabilities(FIVE, weights)
    assert math.fsum(shares) == pytest.approx(1, rel=1e-15)
    assert shares[0] / shares[3] == pytest.approx(0.5 / 0.2, rel=1e-14)
    assert shares[1] / shares[2] == pytest.approx(0.5 * 0.3 / (0.3 * 0.7), rel=1e-14)


def test_tiny_and_huge_weights_lose_nothing():
    trees = projective_trees(head_final(5))
    flat = {(u, g): 1e-300 for u in range(1, 5) for g in range(u + 1, 6)}
    assert tree_probabilities(trees, flat) == pytest.approx([1 / 14] * 14, rel=1e-12)
    assert tree_probabilities([(2, 0), (0, 1)], {(1, 2): 1e300, (2, 1): 0}) == [1.0, 0.0]


# Equations -----------------------------------------------------------------------------------


@pytest.mark.equation("arcs-cross")
def test_arcs_cross_when_their_half_circles_do(evidence):
    # Unit 3 belongs to 6, and so on: arcs that begin together, end together, nest, touch and cross.
    governors = (3, 7, 6, 6, 7, 7, 0, 7, 7, 9, 8)
    arcs = [sorted(arc) for arc in enumerate(governors, 1) if arc[1]]
    pairs = [
        {"i": i, "k": k}
        for i, k in product(range(1, len(arcs) + 1), repeat=2)
        if arcs[i - 1][0] <= arcs[k - 1][0]
    ]
    evidence.evaluates(
        {
            "c_{ik}": lambda i, k: int(circles_cross(arcs[i - 1], arcs[k - 1])),
            "l_i": lambda i: arcs[i - 1][0],
            "r_i": lambda i: arcs[i - 1][1],
        },
        at=pairs,
        witness="half circles over a line, crossed in exact fractions",
        within=1e-12,
    )
    assert any(circles_cross(*pair) for pair in combinations(arcs, 2))


def brute_counts(most):
    return {n: sum(map(keeps_together, product(*head_final(n)))) for n in range(1, most + 1)}


COUNTS = brute_counts(8)


@pytest.mark.equation("tree-recurrence")
@pytest.mark.equation("tree-count")
def test_trees_are_counted_by_recurrence_and_closed_form(evidence):
    for label in ("tree-recurrence", "tree-count"):
        evidence.evaluates(
            {"T_n": COUNTS},
            at={"n": range(2, 9)},
            label=label,
            witness="all assignments of governors, kept where no unit stands apart from its own",
            within=1e-12,
        )
    assert [n_projective_trees(n) for n in range(1, 9)] == [*COUNTS.values()]


@pytest.mark.equation("tree-growth")
def test_one_unit_more_multiplies_the_trees_by_nearly_four(evidence):
    evidence.evaluates(
        {"T_n": COUNTS},
        at={"n": range(1, 8)},
        witness="all assignments of governors, kept where no unit stands apart from its own",
        within=1e-12,
    )
    assert n_projective_trees(1001) / n_projective_trees(1000) == pytest.approx(4, rel=2e-3)


@pytest.mark.equation("phrase-readings")
def test_phrases_have_as_many_readings_as_nltk_finds(evidence):
    from nltk import CFG, ChartParser

    parser = ChartParser(
        CFG.fromstring("""
            clause -> "fed" ducks | clause phrase
            ducks -> "ducks" | ducks phrase
            phrase -> "with" thing
            thing -> "bread" | thing phrase
        """)
    )
    found = {
        m: sum(1 for _ in parser.parse(["fed", "ducks", *["with", "bread"] * m])) for m in range(6)
    }
    evidence.evaluates(
        {"R_m": found, "T_n": COUNTS},
        at={"m": range(6)},
        witness="NLTK's chart parser on a phrase structure grammar",
        within=1e-12,
    )
    for m, readings in found.items():
        kinds = ["verb", "noun", *["phrase"] * m]
        trees = projective_trees(allowed_governors(kinds, ENGLISH, final=False))
        assert len(trees) == readings


@pytest.mark.equation("reading-probability")
@pytest.mark.parametrize(
    ("readings", "weights"),
    [
        (
            FIVE,
            {(1, 2): 5, (1, 4): 3, (1, 5): 2, (2, 3): 7, (2, 5): 4, (3, 4): 3, (4, 5): 2},
        ),
        (((2, 3, 0), (3, 3, 0)), {(1, 2): 5, (1, 3): 3, (2, 3): 7}),
    ],
)
def test_probability_of_a_reading_is_its_share_of_the_draws(evidence, readings, weights):
    """Governors drawn one by one, kept where they make one of the readings."""
    n_units, n_readings = len(readings[0]), len(readings)
    counts = dict.fromkeys(readings, 0)
    for draw in product(
        *(
            [g for (u, g), w in weights.items() if u == unit for _ in range(w)]
            for unit in range(1, n_units)
        )
    ):
        if (*draw, 0) in counts:
            counts[(*draw, 0)] += 1
    shares = [Fraction(count, sum(counts.values())) for count in counts.values()]
    evidence.evaluates(
        {
            "P_j": lambda j: float(shares[j - 1]),
            "w": lambda i, g: weights[int(i), int(g)],
            "g_{ji}": lambda j, i: readings[j - 1][i - 1],
            "n": n_units,
            "R": n_readings,
        },
        at={"j": range(1, n_readings + 1)},
        witness="all draws of governors from urns, kept where they make a reading",
        within=1e-12,
    )
    ours = tree_probabilities(readings, weights)
    assert ours == pytest.approx([float(share) for share in shares], rel=1e-14)


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: allowed_governors([], set(), final=True), "kinds must hold at least one unit"),
        (lambda: allowed_governors("cat", set(), final=True), "kinds must hold strings, got 'cat'"),
        (lambda: allowed_governors(["cat"], {("a", "b", "c")}, final=True), "a governor and a dep"),
        (lambda: allowed_governors(["cat"], {"ab"}, final=True), "a pair must hold strings"),
        (lambda: projective_trees([]), "allowed must hold at least one unit, got none."),
        (lambda: projective_trees([{0}, {3}]), "allowed[1] must hold positions up to 2, got 3."),
        (lambda: projective_trees([{0}, {2}]), "allowed[1] must not hold the unit itself, got 2."),
        (lambda: projective_trees([{-1}]), "allowed[0] must be at least 0"),
        (lambda: is_projective(()), "tree must have exactly one root, got ()."),
        (lambda: is_projective((0, 0)), "tree must have exactly one root, got (0, 0)."),
        (lambda: is_projective((0, 3, 2)), "tree must lead from every unit to the root"),
        (lambda: is_projective((0, 2)), "tree must lead from every unit to the root"),
        (lambda: is_projective((0, 0.5)), "tree must hold integers"),
        (lambda: n_projective_trees(0), "n_units must be at least 1"),
        (lambda: n_projective_trees(2.5), "n_units must hold integers"),
        (lambda: tree_probabilities([], {}), "trees must hold at least one tree, got none."),
        (lambda: tree_probabilities([(2, 0)], {}), "weights must hold the pair (1, 2)"),
        (lambda: tree_probabilities([(2, 0)], {(1, 2): -1}), "got -1 for (1, 2)."),
        (lambda: tree_probabilities([(2, 0)], {(1, 2): math.nan}), "got nan for (1, 2)."),
        (lambda: tree_probabilities([(2, 0)], {(1, 2): 0}), "all above zero, got none."),
    ],
    ids=range(20),
)
def test_what_does_not_fit_is_named(call, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        call()
