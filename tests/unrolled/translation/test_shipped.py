"""The file of the weights: what is saved is loaded, and what is not whole is refused."""

import json
import zipfile

import numpy as np
import pytest

from unrolled.language.bpe import Tokenizer, learn_merges
from unrolled.translation.shipped import load_translator, save_translator

TOKENIZER = Tokenizer(learn_merges(["the fox and the hen"], 5), ["[PAD]", "[BOS]", "[EOS]"])
CARD = {"n_heads": 3, "data": "sentences, „so“"}


def draw_weights():
    rng = np.random.default_rng(1)
    return {"embedding": rng.normal(size=(11, 7)), "encoder_norm.gain": rng.normal(size=7)}


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "translator.npz"
    save_translator(found, draw_weights(), TOKENIZER, CARD)
    return found


def test_what_is_saved_is_loaded(path):
    shipped = load_translator(path)
    assert shipped.card == CARD
    assert shipped.tokenizer == TOKENIZER
    assert list(shipped.weights) == list(draw_weights())
    for name, weight in draw_weights().items():
        assert shipped.weights[name].dtype == np.float32
        np.testing.assert_array_equal(shipped.weights[name], weight.astype(np.float16))


def test_numpy_reads_the_file_without_pickle(path):
    with np.load(path, allow_pickle=False) as file:
        assert set(draw_weights()) < set(file)


def test_a_file_is_the_same_each_time_it_is_written(path, tmp_path):
    save_translator(tmp_path / "again.npz", draw_weights(), TOKENIZER, CARD)
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_the_fingerprint_is_that_of_weights_and_vocabulary(path, tmp_path):
    fingerprint = load_translator(path).fingerprint
    changes = {
        "card": (draw_weights(), TOKENIZER, {**CARD, "scores": 3}),
        "weight": ({**draw_weights(), "encoder_norm.gain": np.ones(7)}, TOKENIZER, CARD),
        "name": (dict(zip("ab", draw_weights().values(), strict=True)), TOKENIZER, CARD),
        "vocabulary": (draw_weights(), Tokenizer(TOKENIZER.merges[:3], TOKENIZER.special), CARD),
    }
    same = {}
    for change, content in changes.items():
        save_translator(tmp_path / "other.npz", *content)
        same[change] = load_translator(tmp_path / "other.npz").fingerprint == fingerprint
    assert same == {"card": True, "weight": False, "name": False, "vocabulary": False}


def test_a_file_cut_off_anywhere_is_refused(path):
    whole = path.read_bytes()
    for length in {*range(0, len(whole), 97), len(whole) - 1}:
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="path must lead to a saved translator"):
            load_translator(path)


def rewritten(path, change):
    """The same archive with other contents, in which a CRC tells nothing."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def flip(name, place):
    def change(members):
        content = bytearray(members[name])
        content[place] ^= 1
        members[name] = bytes(content)

    return change


@pytest.mark.parametrize("name", ["embedding", "encoder_norm.gain", "tokenizer", "card", "digest"])
@pytest.mark.parametrize("place", [-1, 9, 40])
def test_an_altered_bit_is_noticed(path, name, place):
    with pytest.raises(ValueError, match="path must lead to a saved translator"):
        load_translator(rewritten(path, flip(f"{name}.npy", place)))


def swap(members):
    names = "embedding.npy", "encoder_norm.gain.npy"
    members[names[0]], members[names[1]] = members[names[1]], members[names[0]]


def turn(members):
    """The same numbers in rows of another length."""
    members["embedding.npy"] = members["embedding.npy"].replace(b"(11, 7)", b"(7, 11)")


@pytest.mark.parametrize(
    "change",
    [
        swap,
        turn,
        lambda members: members.pop("embedding.npy"),
        lambda members: members.pop("digest.npy"),
        lambda members: members.update({"further.npy": members["embedding.npy"]}),
        lambda members: members.update({"embedding.npy": members["embedding.npy"] + b"0"}),
    ],
)
def test_other_members_are_noticed(path, change):
    with pytest.raises(ValueError, match="path must lead to a saved translator"):
        load_translator(rewritten(path, change))


def test_a_foreign_file_is_refused(path):
    for content in (b"", b"PK", b"weights", json.dumps(CARD).encode()):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"saved translator, got .*translator\.npz"):
            load_translator(path)
    with path.open("wb") as file:
        np.savez(file, embedding=np.ones(3))
    with pytest.raises(ValueError, match="saved translator"):
        load_translator(path)
    with path.open("wb") as file:
        np.savez(file, embedding=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="saved translator"):
        load_translator(path)


def test_a_file_that_is_not_there_stays_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_translator(tmp_path / "none.npz")


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e5])
def test_a_number_that_half_precision_has_not_is_refused_and_nothing_is_lost(path, number):
    before = path.read_bytes()
    weights = draw_weights()
    weights["embedding"][3, 5] = number
    with pytest.raises(ValueError, match="embedding must hold numbers that float16 has"):
        save_translator(path, weights, TOKENIZER, CARD)
    assert path.read_bytes() == before


def test_a_card_without_heads_is_refused(tmp_path):
    with pytest.raises(ValueError, match="card must hold the integer n_heads"):
        save_translator(tmp_path / "one.npz", draw_weights(), TOKENIZER, {})
    assert not list(tmp_path.iterdir())
