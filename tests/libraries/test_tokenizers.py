"""What pages say of `tokenizers`, run on the locked version."""

import json
import subprocess
import sys

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

FOX = ["the quick brown fox"]


def learnt(lines, n_tokens=300, *, alphabet=True, **of_bytes):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(**of_bytes)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=n_tokens,
        special_tokens=["[EOS]"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet else [],
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def merges_of(tokenizer):
    return json.loads(tokenizer.to_str())["model"]["merges"]


@pytest.mark.library("tokenizers-smaller-ids-first")
def test_on_equal_counts_the_pair_of_smaller_ids_is_merged_first_in_every_process():
    rivals = ["dc", "ab", "ad", "ba"]  # each pair once
    merges = merges_of(learnt(rivals, 258 + 4, add_prefix_space=False))
    assert merges == [["a", "b"], ["a", "d"], ["b", "a"], ["d", "c"]]
    code = (
        "from tokenizers import Tokenizer, models, trainers; t = Tokenizer(models.BPE());"
        f"t.train_from_iterator({rivals}, trainers.BpeTrainer(show_progress=False));"
        "print(t.to_str())"
    )
    found = [subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout
             for _ in range(3)]  # fmt: skip
    assert len(set(found)) == 1


@pytest.mark.library("tokenizers-drops-unseen-bytes")
def test_bytes_that_are_in_no_token_are_dropped_without_a_warning(recwarn):
    forgetful = learnt(FOX, alphabet=False, add_prefix_space=False)
    assert forgetful.decode(forgetful.encode("The Fox").ids) == "he ox"
    assert not recwarn.list
    complete = learnt(FOX, add_prefix_space=False)
    assert complete.decode(complete.encode("The Fox 食").ids) == "The Fox 食"


@pytest.mark.library("tokenizers-puts-a-space-first")
def test_a_space_is_put_before_the_first_word_unless_this_is_turned_off():
    for options, expected in (({}, " the fox"), ({"add_prefix_space": False}, "the fox")):
        tokenizer = learnt(FOX, **options)
        assert tokenizer.decode(tokenizer.encode("the fox").ids) == expected


@pytest.mark.library("tokenizers-special-tokens-in-texts")
def test_the_name_of_a_special_token_in_a_text_is_that_token_unless_it_is_to_be_encoded():
    tokenizer = learnt(FOX, add_prefix_space=False)
    end = tokenizer.token_to_id("[EOS]")
    assert tokenizer.encode("the [EOS] fox").ids.count(end) == 1
    tokenizer.encode_special_tokens = True
    assert end not in tokenizer.encode("the [EOS] fox").ids
    assert tokenizer.decode(tokenizer.encode("the [EOS] fox").ids) == "the [EOS] fox"


@pytest.mark.library("tokenizers-decodes-anything")
def test_broken_characters_are_replaced_and_special_tokens_left_out():
    tokenizer = learnt(FOX, add_prefix_space=False)
    ids = [tokenizer.token_to_id(token) for token in ("Ã", "f", "[EOS]", "o")]
    assert tokenizer.decode(ids) == "\ufffdfo"


@pytest.mark.library("tokenizers-bert-strips-accents")
def test_lower_case_for_bert_takes_accents_away_unless_told_not_to():
    assert normalizers.BertNormalizer().normalize_str("Schön") == "schon"
    kept = normalizers.BertNormalizer(strip_accents=False).normalize_str("Schön")
    assert kept == "schön"
