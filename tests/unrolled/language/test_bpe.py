import json
import os
import pickle
import re
import unicodedata
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer as LibraryTokenizer
from tokenizers import models, pre_tokenizers, trainers

from unrolled.language.bpe import (
    BYTES,
    Merge,
    Tokenizer,
    count_words,
    learn_merges,
    merge_pair,
    readable,
    spell,
    split_words,
)
from unrolled.language.corpora import OWN, open_corpus

SPECIAL = ("[PAD]", "[BOS]", "[EOS]")
PENCIL = {"the": 5, "then": 3, "hen": 2, "ten": 2, "other": 1}
few_letters = st.text("abn é", min_size=1, max_size=23)
corpora = st.lists(few_letters, min_size=1, max_size=11)


@pytest.fixture(scope="module")
def lines():
    """Lines of the book's own corpus, whatever else this machine holds."""
    return [line for pair in open_corpus(OWN).pairs for line in pair]


@pytest.fixture(scope="module")
def tokenizer(lines):
    return Tokenizer(learn_merges(lines, 211), SPECIAL)


def learn_in_library(lines, n_merges):
    library = LibraryTokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=len(SPECIAL) + 256 + n_merges,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    library.train_from_iterator(lines, trainer)
    return library


def spelt(merges):
    return [[spell(merge.left), spell(merge.right)] for merge in merges]


def assert_same(library, ours, texts):
    """The same merges in the same order, the same ids of all tokens, the same ids of texts."""
    model = json.loads(library.to_str())["model"]
    assert model["merges"] == spelt(ours.merges)
    tokens = [token if isinstance(token, str) else spell(token) for token in ours.vocabulary]
    assert sorted(model["vocab"], key=model["vocab"].get) == tokens
    for text in texts:
        assert ours.encode(text) == library.encode(text).ids


def by_recounting(words, n_merges):
    """Merges as their definition has them: cut every word, count everything anew, each time."""
    cut = {word: [bytes([byte]) for byte in word.encode()] for word in words}
    order, merges = list(BYTES), []
    while len(merges) < n_merges:
        counts = Counter()
        for word, times in words.items():
            for pair in pairwise(cut[word]):
                counts[pair] += times
        if not counts:
            break
        pair = min(counts, key=lambda pair: (-counts[pair], *map(order.index, pair)))
        before = sum(times * len(cut[word]) for word, times in words.items())
        for word, tokens in cut.items():
            text = "".join(f"<{order.index(token)}>" for token in tokens)
            text = text.replace("".join(f"<{order.index(t)}>" for t in pair), f"<{len(order)}>")
            known = [*order, b"".join(pair)]
            cut[word] = [known[int(n)] for n in re.findall(r"\d+", text)]
        after = sum(times * len(cut[word]) for word, times in words.items())
        order.append(b"".join(pair))
        merges.append(Merge(*pair, counts[pair], before - after))
    return tuple(merges), cut


# By hand -------------------------------------------------------------------------------------


def test_five_merges_by_pencil():
    assert learn_merges(PENCIL, 5) == (
        (b"h", b"e", 11, 11),  # 5 + 3 + 2 + 1; th has 9
        (b"t", b"he", 9, 9),
        (b"the", b"n", 3, 3),
        (b"e", b"n", 2, 2),  # t and e, he and n do as often, and have larger ids
        (b"t", b"en", 2, 2),
    )


def test_overlapping_pairs_are_counted_each_and_merged_from_the_left():
    assert learn_merges({"aaa": 5}, 3) == ((b"a", b"a", 10, 5), (b"aa", b"a", 5, 5))
    assert learn_merges({"aaaa": 5}, 1) == ((b"a", b"a", 15, 10),)
    assert merge_pair([3, 3, 3, 3, 3, 2], (3, 3), 7) == [7, 7, 3, 2]


def test_words_by_hand():
    text = "You've  got\n2½ ‘powers’, naïve_Tom\u00a0! "
    words = "You|'ve| | got|\n|2½| ‘|powers|’,| naïve|_|Tom|\u00a0|!| ".split("|")
    assert split_words(text) == words
    assert split_words("You\u2019ve") == ["You", "\u2019", "ve"]
    assert split_words("") == []
    assert count_words(["a b", "a"]) == {"a": 2, " b": 1}


def test_ids_of_the_pencil_case():
    ours = Tokenizer(learn_merges(PENCIL, 5))
    assert ours.tokens("then when hen") == [b"then", b" ", b"w", b"he", b"n", b" ", b"he", b"n"]
    he = len(BYTES)
    assert ours.encode("thenhe") == [he + 2, he]
    assert ours.decode([he + 2, he]) == "thenhe"


def test_special_tokens_come_first_and_are_no_text():
    ours = Tokenizer(learn_merges(PENCIL, 2), SPECIAL)
    assert [ours.ids[name] for name in SPECIAL] == [0, 1, 2]
    assert ours.vocabulary[:4] == (*SPECIAL, b"!")
    assert ours.decode([1, *ours.encode("the [EOS]"), 2, 0, 0]) == "the [EOS]"
    assert not {0, 1, 2} & set(ours.encode("[BOS] the [EOS][PAD]"))
    assert Tokenizer(()).encode("the") == [
        number - 3 for number in Tokenizer((), SPECIAL).encode("the")
    ]


def test_reading_tokens():
    assert [readable(token) for token in (b" the", "ä".encode(), b"\xc3")] == ["␣the", "ä", r"\xc3"]


# Laws ----------------------------------------------------------------------------------------


@given(text=st.text())
@example(text="You’ve\u00a0got 食べる猫 🦔e\u0301 [PAD]\x00\x1c\x85")
def test_decoding_undoes_encoding(text, tokenizer):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert b"".join(tokenizer.tokens(text)) == text.encode()
    assert "".join(split_words(text)) == text
    assert "" not in split_words(text)
    assert len(ids) <= len(text.encode())


@given(corpora, st.integers(0, 17))
def test_merges_are_those_of_counting_anew_at_each_step(lines, n_merges):
    words = count_words(lines)
    merges, cut = by_recounting(words, n_merges)
    assert learn_merges(lines, n_merges) == merges
    ours = Tokenizer(merges)
    for word, tokens in cut.items():
        assert ours.tokens(word) == tokens  # what was learnt with is cut as it was left


@given(corpora, few_letters)
def test_encoding_applies_each_merge_in_its_order(lines, text):
    ours = Tokenizer(learn_merges(lines, 17), SPECIAL)
    by_order = []
    for word in split_words(text):
        ids = [ours.ids[bytes([byte])] for byte in word.encode()]
        for left, right, *_ in ours.merges:
            pair = ours.ids[left], ours.ids[right]
            ids = merge_pair(ids, pair, ours.ids[left + right])
        by_order += ids
    assert ours.encode(text) == by_order


@given(corpora, st.integers(0, 13), st.integers(0, 13))
def test_the_first_merges_are_those_of_learning_fewer(lines, few, more):
    few, more = sorted((few, more))
    assert learn_merges(lines, more)[:few] == learn_merges(lines, few)


@given(corpora, st.randoms())
def test_order_of_lines_does_not_matter_and_counts_stand_for_lines(lines, random):
    merges = learn_merges(lines, 13)
    shuffled = random.sample(lines, len(lines))
    assert learn_merges(shuffled, 13) == learn_merges(count_words(shuffled), 13) == merges
    doubled = [Merge(left, right, 2 * count, 2 * n) for left, right, count, n in merges]
    assert learn_merges(2 * lines, 13) == tuple(doubled)


@given(corpora)
def test_no_merge_is_more_frequent_than_the_one_before(lines):
    counts = [merge.frequency for merge in learn_merges(lines, 29)]
    assert counts == sorted(counts, reverse=True)


def test_learning_stops_when_every_word_is_one_token():
    merges = learn_merges(["then ten"], 1000)
    tokens = [merge.left + merge.right for merge in merges]
    assert tokens == [b"en", b"hen", b"ten", b"then", b" ten"]
    assert Tokenizer(merges).tokens("then ten") == [b"then", b" ten"]
    assert learn_merges(["a"], 7) == ()
    assert learn_merges(["then ten"], 0) == ()


def test_long_words_and_words_seen_often_are_encoded_alike(tokenizer):
    word = "donaudampfschifffahrtsgesellschaft" * 7
    assert tokenizer.decode(tokenizer.encode(word * 101)) == word * 101
    assert tokenizer.encode(word) == tokenizer.encode(word) == Tokenizer(
        tokenizer.merges, SPECIAL
    ).encode(word)  # fmt: skip


def test_a_copy_for_another_process_is_the_same(tokenizer):
    tokenizer.encode("then")
    copy = pickle.loads(pickle.dumps(tokenizer))
    assert copy == tokenizer
    assert copy.encode("then") == tokenizer.encode("then")


def test_a_saved_tokenizer_is_the_same_when_it_is_loaded(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "tokenizer.json")
    assert Tokenizer.load(tmp_path / "tokenizer.json") == tokenizer
    assert "\\u" not in (tmp_path / "tokenizer.json").read_text(encoding="utf-8")


# Witnesses -----------------------------------------------------------------------------------


def test_own_corpus_gives_the_merges_and_ids_of_the_library(lines):
    for n_merges in (0, 1, 1009):
        ours = Tokenizer(learn_merges(lines, n_merges), SPECIAL)
        assert_same(learn_in_library(lines, n_merges), ours, lines)


@pytest.mark.skipif(not os.environ.get("UNROLLED_DATA"), reason="UNROLLED_DATA names no corpus")
def test_real_corpus_gives_the_merges_and_ids_of_the_library():
    lines = [line for pair in open_corpus().pairs for line in pair]
    ours = Tokenizer(learn_merges(lines, 8000), SPECIAL)
    assert_same(learn_in_library(lines, 8000), ours, lines[::101])


@given(corpora, st.integers(0, 29), st.text())
def test_any_small_corpus_gives_the_merges_and_ids_of_the_library(lines, n_merges, text):
    ours = Tokenizer(learn_merges(lines, n_merges), SPECIAL)
    assert_same(learn_in_library(lines, n_merges), ours, [*lines, _without_unassigned(text)])


def _without_unassigned(text):
    """The library knows a later Unicode: what Python does not know yet may be a letter there."""
    return "".join(character for character in text if unicodedata.category(character) != "Cn")


def test_every_character_is_split_as_the_library_splits_it():
    library = pre_tokenizers.ByteLevel(add_prefix_space=False)
    known = [c for c in map(chr, range(0x40000)) if unicodedata.category(c) not in ("Cn", "Cs")]
    assert len(known) > 140_000
    for start in range(0, len(known), 97):
        text = "".join(f"a{c}1{c}.{c} {c}" for c in known[start : start + 97])
        theirs = [word for word, _ in library.pre_tokenize_str(text)]
        assert ["".join(spell(word.encode())) for word in split_words(text)] == theirs


# Claims --------------------------------------------------------------------------------------


def occurrences(text, pair):
    """Count by eye: at how many places of a text cut with bars the pair begins."""
    pattern = rf"(?<![^|\n]){re.escape(pair[0])}\|(?={re.escape(pair[1])}(?:\||$))"
    return len(re.findall(pattern, text, re.MULTILINE))


def counted(words, cut):
    """Pairs and how often they occur, in the text written out word for word."""
    text = "\n".join("|".join(map(spell, cut[word])) for word, n in words.items() for _ in range(n))
    lists = ([*map(spell, cut[word])] for word in words)
    pairs = {pair for tokens in lists for pair in pairwise(tokens)}
    return {pair: occurrences(text, pair) for pair in pairs}


@pytest.mark.equation("bpe-pair-count")
@pytest.mark.parametrize("n_merges", [0, 2])
def test_a_pair_is_counted_once_for_each_occurrence_of_its_words(evidence, n_merges):
    words = {**PENCIL, "hehehe": 3}
    cut = by_recounting(words, n_merges)[1]
    written = {word: "|".join(map(spell, cut[word])) for word in words}
    pairs = counted(words, cut)
    for left, right in pairs:
        evidence.evaluates(
            {
                "c": lambda a, b: pairs[a, b],
                "c_w": {word: lambda a, b, t=text: occurrences(t, (a, b))
                        for word, text in written.items()},
                "n_w": words, r"\mathcal{W}": frozenset(words),
            },
            at={"a": [left], "b": [right]}, within=0,
            witness="places found by a regular expression in the text written out",
        )  # fmt: skip


@pytest.mark.equation("bpe-choice")
@pytest.mark.parametrize("n_merges", [0, 1, 3])
def test_the_pair_that_is_merged_has_the_largest_count(evidence, n_merges):
    pairs = counted(PENCIL, by_recounting(PENCIL, n_merges)[1])
    left, right, *_ = learn_merges(PENCIL, n_merges + 1)[n_merges]
    evidence.evaluates(
        {"c": lambda a, b: pairs[a, b], r"\mathcal{P}": frozenset(pairs)},
        at={r"\hat{a}": [spell(left)], r"\hat{b}": [spell(right)]}, within=0,
        witness="places found by a regular expression in the text written out",
    )  # fmt: skip


@pytest.mark.equation("bpe-length")
@pytest.mark.parametrize("words", [PENCIL, {"hehehehee": 3, "nnnnn": 2, "then": 1}])
def test_a_merge_shortens_the_corpus_by_what_it_merges(evidence, words):
    merges = learn_merges(words, 5)
    lengths, sizes = {}, {}
    for k in range(6):
        ours = Tokenizer(merges[:k])
        lengths[k] = sum(n * len(ours.encode(word)) for word, n in words.items())
        sizes[k] = len(ours.vocabulary)
    evidence.evaluates(
        {"N_k": lengths, "V_k": sizes, "m_k": {k: merges[k - 1].merged for k in range(1, 6)}},
        at={"k": range(1, 6)}, within=0, witness="the whole corpus encoded after each merge",
    )  # fmt: skip


@pytest.mark.equation("bpe-run")
@pytest.mark.parametrize("length", [2, 3, 7, 8])
def test_a_run_has_more_pairs_than_can_be_merged(evidence, length):
    (first,) = learn_merges({length * "a": 1}, 1)
    pairs = {("a", "a"): first.frequency}
    evidence.evaluates(
        {"c": lambda a, b: pairs[a, b], "r": length, "m": len(re.findall("aa", length * "a"))},
        at={"a": ["a"]}, within=0, witness="matches of a regular expression, which do not overlap",
    )  # fmt: skip
    assert first.merged == len(re.findall("aa", length * "a"))


# Complaints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (([], 3), "corpus must hold at least one character, got none."),
        ((["", ""], 3), "corpus must hold at least one character, got none."),
        (({}, 3), "corpus must hold at least one character, got none."),
        (("then", 3), "lines must be a list of strings, got a single one. Write [text]."),
        ((["then", b"ten"], 3), "text must be a string, got bytes."),
        ((["then", None], 3), "text must be a string, got NoneType."),
        (({"then": 0}, 3), "corpus['then'] must be at least 1, got 0."),
        (({"then": 1.5}, 3), "corpus['then'] must hold integers, got 1.5."),
        (({7: 1}, 3), "each word of corpus must be a string, got int."),
        ((["then"], -1), "n_merges must be at least 0, got -1."),
        ((["then"], 1.0), "n_merges must hold integers, got 1.0."),
        ((["th\ud800n"], 3), r"text must be proper Unicode, got the surrogate '\ud800'."),
    ],
)
def test_what_cannot_be_learnt_from_is_named(arguments, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        learn_merges(*arguments)


@pytest.mark.parametrize(
    ("method", "argument", "complaint"),
    [
        ("encode", 7, "text must be a string, got int."),
        ("encode", ["then"], "text must be a string, got list."),
        ("encode", "then\udfff", r"text must be proper Unicode, got the surrogate '\udfff'."),
        ("tokens", "\ud83d", r"text must be proper Unicode, got the surrogate '\ud83d'."),
        ("decode", [10**9], "ids must be at least 0 and at most {last}, got 1000000000."),
        ("decode", [0, -1], "ids must be at least 0 and at most {last}, got -1."),
        ("decode", [[7]], "ids must have shape (n_tokens,), got (1, 1)."),
        ("decode", 7, "ids must have shape (n_tokens,), got ()."),
        ("decode", [7.0], "ids must hold integers, got 7.0."),
        ("decode", "then", "ids must have shape (n_tokens,), got ()."),
    ],
)
def test_what_cannot_be_encoded_or_decoded_is_named(tokenizer, method, argument, complaint):
    complaint = complaint.replace("{last}", str(len(tokenizer.vocabulary) - 1))
    with pytest.raises(ValueError, match=re.escape(complaint)):
        getattr(tokenizer, method)(argument)


def test_bytes_that_are_no_text_are_named_or_replaced(tokenizer):
    ids = [*tokenizer.encode("né"), tokenizer.ids[b"\xc3"], *tokenizer.encode("n")]
    with pytest.raises(ValueError, match=re.escape(r"UTF-8, got b'\xc3' after 3 bytes.")):
        tokenizer.decode(ids)
    assert tokenizer.decode(ids, errors="replace") == "né\ufffdn"
    with pytest.raises(ValueError, match="errors must be 'strict' or 'replace', got 'ig"):
        tokenizer.decode(ids, errors="ignore")


@pytest.mark.parametrize(
    ("merges", "special", "complaint"),
    [
        ([(b"th", b"e", 1, 1)], (), "merges must make new tokens of those before, got b'th' and"),
        ([(b"t", b"h", 1, 1)] * 2, (), "got b't' and b'h' at 1. Keep all merges"),
        ([], ("[PAD]", "[PAD]"), "special must hold different strings, got '[PAD]'."),
        ([], (b"then",), "special must hold different strings, got b'then'."),
        ([], "[PAD]", "special must be a list of strings, got a single one. Write [name]."),
    ],
)
def test_merges_that_do_not_follow_one_another_are_named(merges, special, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        Tokenizer(merges, special)


def test_damaged_files_are_named(tokenizer, tmp_path):
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    whole = path.read_bytes()
    first = json.loads(whole)["merges"][0]
    damaged = {
        "cut off": whole[:-9],
        "empty": b"",
        "another count": whole.replace(str(first[2]).encode(), b"1", 1),
        "without merges": b'{"special": []}',
        "a list": b"[1, 2]",
        "not UTF-8": whole.replace(b"[PAD]", b"[P\xc3D]"),
        "deep": b"[" * 100_000,
        "a merge missing": json.dumps(
            {**json.loads(whole), "merges": json.loads(whole)["merges"][1:]}
        ).encode(),
    }
    for name, content in damaged.items():
        assert content != whole, name
        path.write_bytes(content)
        with pytest.raises(ValueError, match=re.escape(f"saved tokenizer, got {path} (")):
            Tokenizer.load(path)
    with pytest.raises(FileNotFoundError):
        Tokenizer.load(tmp_path / "nowhere.json")
