"""Reviews from the grammar and from a file: each form by hand, laws, and what is refused."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.language.reviews import (
    FORMS,
    GENERAL,
    PADDING,
    TOPICS,
    UNKNOWN,
    build_vocabulary,
    encode,
    read_reviews,
    split_words,
    with_pairs,
    write_reviews,
)

GOOD = {*GENERAL.good, *(word for topic in TOPICS.values() for word in topic.adjectives.good)}
BAD = {*GENERAL.bad, *(word for topic in TOPICS.values() for word in topic.adjectives.bad)}
PADDED = {"[pad]": 0, "[unknown]": 1, "not": 2, "good": 3}


def rng(seed=7):
    return np.random.default_rng(seed)


def opinions(review):
    """Say of each adjective, in order, whether it praises."""
    return [token in GOOD for token in review.tokens if token in GOOD | BAD]


# By hand -------------------------------------------------------------------------------------


def test_every_review_has_the_form_of_its_kind():
    for kind, form in FORMS.items():
        words = split_words(re.sub(r"\{\w+\}", "gap", form))
        pattern = " ".join(r"\w+" if word == "gap" else re.escape(word) for word in words)
        for review in write_reviews(43, rng=rng(), kinds=[kind]):
            assert re.fullmatch(rf"({pattern} ?)+", " ".join(review.tokens)), review
            assert review.kind == kind


def test_each_kind_says_what_its_writer_thinks():
    for kind, agrees in (("negated", [False]), ("distant", [False]), ("turned", [False, True]),
                         ("story", [False, False, False, True])):  # fmt: skip
        for review in write_reviews(43, rng=rng(), kinds=[kind]):
            said = [praises == bool(review.label) for praises in opinions(review)]
            assert said == agrees * (len(said) // len(agrees))


def test_nine_plain_sentences_in_ten_agree_with_their_writer():
    reviews = write_reviews(2003, rng=rng(), kinds=["plain"])
    agree = [praises == review.label for review in reviews for praises in opinions(review)]
    assert np.mean(agree) == pytest.approx(0.9, abs=4 * (0.09 / len(agree)) ** 0.5)
    assert {len(opinions(review)) for review in reviews} == {2, 3, 4}


def test_words_belong_to_one_topic_or_to_all_and_never_to_both_opinions():
    assert not GOOD & BAD
    owned = Counter(
        word
        for topic in TOPICS.values()
        for word in (*topic.things, *topic.adjectives.good, *topic.adjectives.bad)
    )
    assert set(owned.values()) == {1}
    for review in write_reviews(211, rng=rng()):
        mine = TOPICS[review.topic]
        allowed = {*mine.things, *mine.adjectives.good, *mine.adjectives.bad}
        assert not set(review.tokens) & owned.keys() - allowed
        things = [token for token in review.tokens if token in mine.things]
        assert len(things) == len(set(things))


def test_four_reviews_in_five_are_plain_and_half_are_favourable():
    reviews = write_reviews(5003, rng=rng())
    shares = Counter(review.kind for review in reviews)
    assert shares["plain"] / 5003 == pytest.approx(0.8, abs=0.03)
    for kind in FORMS.keys() - {"plain"}:
        assert shares[kind] / 5003 == pytest.approx(0.05, abs=0.02)
    assert np.mean([review.label for review in reviews]) == pytest.approx(0.5, abs=0.03)


def test_words_and_marks_are_tokens():
    assert split_words("It’s dull, isn't it? A well-made T-shirt!") == (
        "it’s", "dull", ",", "isn't", "it", "?", "a", "well-made", "t-shirt", "!",
    )  # fmt: skip
    assert split_words("  ") == ()


def test_pairs_follow_the_tokens():
    assert with_pairs(("not", "good", ".")) == ("not", "good", ".", "not good", "good .")
    assert with_pairs(("good",)) == ("good",)
    assert with_pairs(()) == ()


def test_the_vocabulary_begins_with_two_tokens_of_its_own_and_goes_on_by_frequency():
    texts = [("b", "a", "c"), ("c", PADDING, "d", "d", "c")]
    assert list(build_vocabulary(texts)) == [PADDING, UNKNOWN, "c", "d", "a", "b"]
    assert list(build_vocabulary([])) == [PADDING, UNKNOWN]


def test_ids_by_hand():
    ids, mask = encode([("good",), ("not", "so", "good")], PADDED)
    assert ids.tolist() == [[3, 0, 0], [2, 1, 3]]
    assert mask.tolist() == [[True, False, False], [True, True, True]]


# Laws ----------------------------------------------------------------------------------------


@given(st.lists(st.lists(st.sampled_from("abcde"), min_size=1), min_size=1))
def test_ids_and_mask_give_the_texts_back(texts):
    vocabulary = build_vocabulary(texts)
    names = list(vocabulary)
    ids, mask = encode(texts, vocabulary)
    read = [[names[one] for one in row[real]] for row, real in zip(ids, mask, strict=True)]
    assert read == texts
    assert (ids[~mask] == 0).all()


def test_the_same_seed_writes_the_same_reviews():
    assert write_reviews(31, rng=rng(3)) == write_reviews(31, rng=rng(3))
    assert write_reviews(31, rng=rng(3)) != write_reviews(31, rng=rng(4))
    assert write_reviews(0, rng=rng()) == []


def test_a_file_of_two_columns_is_read(tmp_path):
    file = tmp_path / "reviews.tsv"
    file.write_bytes("\ufeff1\tA triumph!\r\n0\tIt is\u2028dull.\t(Really.)\n".encode())
    first, second = read_reviews(file)
    assert first == (("a", "triumph", "!"), 1, "", "")
    assert second == (("it", "is", "dull", ".", "(", "really", ".", ")"), 0, "", "")


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"1\tgood\n2\tbad\n", "line 2, must be 0 or 1, a tab and the text of a review, got '2"),
        (b"1 good\n", "line 1, must be 0 or 1, a tab"),
        (b"1\tgood\n\n0\tbad", "line 2, must be"),
        (b"1\t \n", "line 1, must be"),
        (b"", "line 1, must be"),
        (b"1\tna\xefve", "must be a file in UTF-8, got"),
    ],
)
def test_a_line_of_another_form_is_named(tmp_path, content, complaint):
    file = tmp_path / "reviews.tsv"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(complaint)):
        read_reviews(file)


def test_what_does_not_fit_is_named():
    complaints = [
        (lambda: write_reviews(3, rng=rng(), kinds=["told"]), "kinds must be some of plain, neg"),
        (lambda: write_reviews(3, rng=rng(), kinds=[]), "kinds must be some of plain, neg"),
        (lambda: write_reviews(-1, rng=rng()), "n_reviews must be at least 0, got -1"),
        (lambda: write_reviews(3, rng=7), "rng must be a numpy.random.Generator, got int"),
        (lambda: encode([], PADDED), "texts must each have a token, got none"),
        (lambda: encode([("good",), ()], PADDED), "got an empty one at place 1"),
    ]
    for call, complaint in complaints:
        with pytest.raises(ValueError, match=re.escape(complaint)):
            call()
