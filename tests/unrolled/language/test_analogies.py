"""Analogies: a plane solved by hand, laws, SciPy and scikit-learn, and what is refused."""

import math
import re
from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import distance
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import NearestNeighbors

from unrolled.language.analogies import (
    CAPITALS,
    RELATIONS,
    RelationScore,
    answers,
    capital_sentences,
    cos_add,
    cos_mul,
    known_pairs,
    like_third,
    nearest_to,
    offset_agreement,
    offset_plane,
    questions_of,
    score_relations,
)
from unrolled.language.intervals import wilson_interval

N_WORDS, N_DIMS = 11, 3
QUESTIONS = np.array([[0, 1, 2, 3], [4, 7, 5, 10], [2, 0, 2, 6]])
METHODS = pytest.mark.parametrize("method", [cos_add, cos_mul, like_third])


def draw(seed=7, n_words=N_WORDS):
    return np.random.default_rng(seed).normal(size=(n_words, N_DIMS))


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


# By hand -------------------------------------------------------------------------------------

PLANE = {"e": (1, 0), "ne": (1, 1), "n": (0, 2), "nw": (-3, 3), "w": (-1, 0)}
WORDS = list(PLANE)
COMPASS = np.array(list(PLANE.values()), dtype=float)
TURN = np.array([[0, 1, 2, 3], [2, 3, 0, 1]])  # e is to ne as n is to nw, and the other way round
ROOT = math.sqrt(0.5)


def test_scores_in_a_plane_by_hand():
    """With norm one, ne - e + n is (r - 1, r + 1), of norm root 3, where r is the root of 1/2."""
    corner = ROOT * (ROOT - 1), ROOT * (ROOT + 1)
    expected = [ROOT - 1, sum(corner), ROOT + 1, corner[1] - corner[0], 1 - ROOT]
    ours = cos_add(COMPASS, TURN)[0]
    np.testing.assert_allclose(ours, np.array(expected) / math.sqrt(3), rtol=1e-14)
    much, half, little = (1 + ROOT) / 2, 1 / 2, (1 - ROOT) / 2
    expected = [
        much * half / (1 + 0.25), 1 * much / (much + 0.25), much * 1 / (half + 0.25),
        half * much / (little + 0.25), little * half / (0 + 0.25),
    ]  # fmt: skip
    np.testing.assert_allclose(cos_mul(COMPASS, TURN, epsilon=0.25)[0], expected, rtol=1e-14)
    np.testing.assert_allclose(like_third(COMPASS, TURN)[0], [0, ROOT, 1, ROOT, 0], atol=1e-15)


def test_the_answer_is_a_word_of_the_question_unless_that_is_excluded():
    scores = cos_add(COMPASS, TURN)
    assert [WORDS[n] for n in answers(scores, TURN, exclude=False)] == ["n", "e"]
    assert [WORDS[n] for n in answers(scores, TURN)] == ["nw", "ne"]


def test_two_pairs_ask_two_questions():
    pairs = [("e", "ne"), ("n", "nw"), ("e", "up")]
    assert known_pairs(pairs, WORDS) == pairs[:2]
    assert questions_of(pairs, WORDS).tolist() == [[2, 3, 0, 1], [0, 1, 2, 3]]
    assert questions_of(pairs[1:], WORDS).shape == (0, 4)


def test_accuracy_by_hand():
    relations = {
        "turn": [("e", "ne"), ("n", "nw")],
        "mixed": [("e", "w"), ("n", "ne")],
        "unknown": [("e", "ne"), ("up", "down")],
    }
    assert score_relations(WORDS, COMPASS, relations=relations) == {
        "turn": RelationScore(2, 2, 1.0, wilson_interval(1, 2)),
        "mixed": RelationScore(2, 2, 0.0, wilson_interval(0, 2)),
    }


def test_nearest_words_of_a_sum():
    target = np.array([-0.3, 1.7])
    assert [WORDS[n] for n in nearest_to(COMPASS, target, 5)] == ["n", "nw", "ne", "w", "e"]
    assert [WORDS[n] for n in nearest_to(COMPASS, target, 2, leave_out=[2, 1])] == ["nw", "w"]


def test_offsets_that_turn_agree_by_the_cosine_of_their_angle():
    first, second = np.array([[0.0, 0], [5, 5]]), np.array([[3.0, 0], [6, 6]])
    assert offset_agreement(first, second) == pytest.approx(ROOT)
    assert offset_agreement(second, first) == pytest.approx(ROOT)
    assert offset_agreement(first, [[3.0, 0], [4, 4]]) == pytest.approx(-ROOT)


def test_parallel_offsets_lie_level_in_their_plane():
    first = np.array([[0.0, 0, 0], [0, 4, 0], [0, 0, 1]])
    plane = offset_plane(first, first + np.array([2, 0, 0]))
    np.testing.assert_allclose(plane[:, 1] - plane[:, 0], [[2, 0]] * 3, atol=1e-15)
    np.testing.assert_allclose(plane[:, 0, 0], 0, atol=1e-15)
    assert plane[1, 0, 1] - plane[0, 0, 1] > 3.9  # the words differ most in the second coordinate


def test_pairs_are_of_different_words_and_none_stands_twice():
    for name, pairs in RELATIONS.items():
        words = [word for pair in pairs for word in pair]
        assert len(set(pairs)) == len(pairs) > 4, name
        assert all(one != other for one, other in pairs), name
        assert all(word == word.lower() for word in words), name


# The small world -----------------------------------------------------------------------------


def exact_rows():
    """Compute PMI rows of the small world by counting, sentence by sentence."""
    together, alone = Counter(), Counter()
    for sentence in capital_sentences():
        for one, other in permutations(sentence.split(), 2):
            together[one, other] += 1
            alone[one] += 1
    whole, words = sum(together.values()), sorted(alone)

    def pmi(one, other):
        met = together[one, other]
        return max(0.0, math.log(met * whole / (alone[one] * alone[other]))) if met else 0.0

    return {one: np.array([pmi(one, other) for other in words]) for one in words}


@pytest.mark.equation("analogy-parallelogram")
def test_capital_minus_country_is_the_same_in_a_world_told_alike(evidence):
    rows = exact_rows()
    places = ("Japan", "Tokyo", "Vietnam", "Hanoi")
    evidence.evaluates(
        {rf"w_{{\mathrm{{{place}}}}}": rows[place.lower()] for place in places},
        witness="pointwise mutual information, counted word by word", within=1e-13,
    )  # fmt: skip


def test_every_question_of_the_small_world_is_answered_whatever_is_excluded():
    rows = exact_rows()
    pairs = [(country, capital) for country, (capital, _) in CAPITALS.items()]
    for exclude in (True, False):
        found = score_relations(
            list(rows), np.stack(list(rows.values())), relations={"capital": pairs}, exclude=exclude
        )["capital"]
        assert (found.n_pairs, found.n_questions, found.accuracy) == (5, 20, 1.0)
        assert found.interval == wilson_interval(1.0, 5)  # of pairs, not of questions


# Laws ----------------------------------------------------------------------------------------


@METHODS
def test_norms_of_vectors_do_not_matter(method):
    factors = np.random.default_rng(8).uniform(0.1, 10, (N_WORDS, 1))
    scores = method(draw(), QUESTIONS)
    assert scores.shape == (3, N_WORDS)
    np.testing.assert_allclose(method(draw() * factors, QUESTIONS), scores, rtol=1e-12)


@METHODS
def test_rotating_all_vectors_changes_nothing(method):
    turned = draw() @ np.linalg.qr(draw(9, N_DIMS))[0]
    np.testing.assert_allclose(method(turned, QUESTIONS), method(draw(), QUESTIONS), rtol=1e-11)


@METHODS
def test_one_question_at_a_time_gives_the_same(method):
    single = [method(draw(), [question])[0] for question in QUESTIONS]
    np.testing.assert_allclose(method(draw(), QUESTIONS), single, rtol=1e-13)


def test_the_word_at_the_end_of_a_parallelogram_is_found():
    for seed in range(50):
        rows = unit(draw(seed))
        rows[3] = 7 * (rows[1] - rows[0] + rows[2])
        scores = cos_add(rows, [[0, 1, 2, 3]])[0]
        assert scores.argmax() == 3
        assert scores[3] == pytest.approx(1, abs=1e-12)


@given(st.integers(2, 9))
def test_every_pair_is_asked_for_with_every_other(n_pairs):
    words = [f"{side}{n}" for n in range(n_pairs) for side in "ab"]
    rows = questions_of(list(zip(words[::2], words[1::2], strict=True)), words)
    assert len(np.unique(rows, axis=0)) == len(rows) == n_pairs * (n_pairs - 1)
    assert (rows[:, 1] == rows[:, 0] + 1).all()
    assert (rows[:, 3] == rows[:, 2] + 1).all()
    assert (rows[:, 0] != rows[:, 2]).all()


def test_float32_gives_the_same_answers():
    single = draw().astype(np.float32)
    scores = cos_add(single, QUESTIONS)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, cos_add(draw(), QUESTIONS), atol=1e-6)


# Witnesses -----------------------------------------------------------------------------------


@pytest.mark.equation("cos-add")
@pytest.mark.parametrize("question", [(0, 1, 2), (4, 7, 5)])
def test_scores_of_3cosadd_are_cosines_of_scipy(evidence, question):
    rows = unit(draw())
    a, b, c = question
    target = rows[b] - rows[a] + rows[c]
    scores = {x: 1 - distance.cosine(rows[x], target) for x in range(N_WORDS)}
    evidence.evaluates(
        {"w_x": dict(enumerate(rows)), "q": target, "s_x": scores},
        at={"a": [a], "b": [b], "c": [c], "x": range(N_WORDS)},
        witness="SciPy's cosine distance", within=1e-13,
    )  # fmt: skip
    ours = cos_add(3 * rows, [[a, b, c, 0]])[0]
    theirs = np.array(list(scores.values()))
    evidence.agrees(ours, theirs, witness="SciPy's cosine distance", within=1e-13)


@pytest.mark.equation("cos-mul")
@pytest.mark.parametrize(("question", "epsilon"), [((0, 1, 2), 1e-3), ((4, 7, 5), 0.2)])
def test_scores_of_3cosmul_by_logarithms(evidence, question, epsilon):
    rows = unit(draw())
    a, b, c = question
    similar = (cosine_similarity(rows) + 1) / 2
    logs = np.log(similar[b]) + np.log(similar[c]) - np.log(similar[a] + epsilon)
    others = range(8, N_WORDS)  # words that are not asked about
    pairs = {(x, y): similar[x, y] for x in others for y in question}
    evidence.evaluates(
        {
            "w_x": dict(enumerate(rows)), "p_{xy}": pairs, "m_x": dict(enumerate(np.exp(logs))),
            r"\varepsilon": epsilon,
        },
        at={"a": [a], "b": [b], "c": [c], "x": others, "y": question},
        witness="scikit-learn's cosine similarity, multiplied by logarithms", within=1e-12,
    )  # fmt: skip
    ours = cos_mul(5 * rows, [[a, b, c, 0]], epsilon=epsilon)[0]
    evidence.agrees(ours, np.exp(logs), witness="scikit-learn's cosine similarity", within=1e-12)


@pytest.mark.equation("offset-agreement")
@pytest.mark.parametrize("n_pairs", [3, 7])
def test_agreement_is_a_mean_of_scipys_cosines(evidence, n_pairs):
    first, second = draw(7, n_pairs), draw(8, n_pairs)
    mean = float(np.mean(1 - distance.pdist(second - first, "cosine")))
    evidence.evaluates(
        {
            "C": mean, "n": n_pairs,
            "o_i": dict(enumerate(second - first, start=1)),
        },
        ranges={"i": range(1, n_pairs + 1), "j": range(1, n_pairs + 1)},
        witness="SciPy's cosine distance of each two", within=1e-12,
    )  # fmt: skip
    ours = np.array([offset_agreement(first, second)])
    evidence.agrees(ours, np.array([mean]), witness="SciPy's cosine distance", within=1e-12)


def test_the_plane_keeps_mean_offset_and_the_widest_spread_beside_it():
    first, second = draw(7, 23), draw(8, 23)
    plane = offset_plane(first, second)
    mean = (second - first).mean(axis=0)
    offset = (plane[:, 1] - plane[:, 0]).mean(axis=0)
    np.testing.assert_allclose(offset, [np.linalg.norm(mean), 0], atol=1e-13)
    aside = np.eye(N_DIMS) - np.outer(mean, mean) / (mean @ mean)
    spread = PCA(1).fit(np.concatenate([first, second]) @ aside).explained_variance_[0]
    assert plane[..., 1].var(ddof=1) == pytest.approx(spread, rel=1e-12)


def test_nearest_words_are_those_of_scikit_learn():
    search = NearestNeighbors(metric="cosine").fit(draw())
    target = draw(5, 1)[0]
    theirs = search.kneighbors([target], 7, return_distance=False)[0]
    np.testing.assert_array_equal(nearest_to(draw(), target, 7), theirs)


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (
            lambda: cos_add(draw(), [[0, 1, 2]]),
            "questions must have shape (n_questions, four_words=",
        ),
        (
            lambda: cos_add(draw(), [[0, 1, 2, 11]]),
            "questions must be at least 0 and at most 10, got",
        ),
        (lambda: cos_add(draw(), [[0.0, 1, 2, 3]]), "questions must hold integers, got 0.0."),
        (
            lambda: cos_add(draw()[0], QUESTIONS),
            "vectors must have shape (n_words, n_dims), got (3,",
        ),
        (lambda: like_third(np.zeros((4, 2)), [[0, 1, 2, 3]]), "must have no row of zeros"),
        (lambda: cos_add(np.full((4, 2), np.nan), [[0, 1, 2, 3]]), "must be finite, got nan"),
        (lambda: cos_mul(draw(), QUESTIONS, epsilon=0), "epsilon must be above 0, got 0"),
        (
            lambda: answers(np.ones((2, 11)), QUESTIONS),
            "must have shape (n_questions=2, four_words=",
        ),
        (lambda: nearest_to(draw(), np.zeros(3), 2), "must have no row of zeros"),
        (lambda: nearest_to(draw(), np.ones(3), 9, leave_out=[0, 1, 2]), "at most 8, got 9."),
        (
            lambda: nearest_to(draw(), np.ones(3), 1, leave_out=[11]),
            "leave_out must be at least 0 a",
        ),
    ],
    ids=range(11),
)
def test_what_does_not_fit_is_named(call, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        call()


def test_no_target_is_named():
    rows = np.array(
        [[math.cos(angle), math.sin(angle)] for angle in (0, math.pi / 3, -math.pi / 3)]
    )
    with pytest.raises(ValueError, match="b - a \\+ c different from zero, got 0 with it"):
        cos_add(rows, [[0, 1, 2, 0]])
