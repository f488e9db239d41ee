"""The file of a trained translator: its weights, its vocabulary, and what is said about both.

An archive of NumPy, read without pickle and without TensorFlow. Weights are kept as float16, in
which the translations of the shipped model stay what they were.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.language.bpe import Tokenizer

__all__ = ["SHIPPED", "Shipped", "load_translator", "save_translator"]

SHIPPED = Path(__file__).with_name("translator.npz")
"""The translator of the book."""

TOKENIZER, CARD, DIGEST = "tokenizer", "card", "digest"  # texts in the file, beside the weights
LARGEST = 200_000_000  # bytes of what is unpacked; the shipped one has 5 million
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError)


class Shipped(NamedTuple):
    """A trained translator as it is shipped.

    Attributes
    ----------
    weights : dict of str to ndarray of float32
        By the names of `unrolled.translation.transformer`.
    tokenizer : Tokenizer
    card : dict of str to anything that JSON knows
        The model card: ``n_heads``, and what the file says about data, licence, training, quality
        and limits.
    """

    weights: dict[str, NDArray[np.float32]]
    tokenizer: Tokenizer
    card: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of weights and vocabulary: results carry that of the translator they are of."""
        halves = {name: weight.astype(np.float16) for name, weight in self.weights.items()}
        return _digest({**halves, TOKENIZER: _bytes_of(self.tokenizer.to_json())})


def save_translator(
    path: str | Path,
    weights: Mapping[str, ArrayLike],
    tokenizer: Tokenizer,
    card: Mapping[str, Any],
) -> None:
    """Write a trained translator, whole or not at all.

    Parameters
    ----------
    path : str or Path
    weights : mapping of str to array_like
        They are rounded to float16.
    tokenizer : Tokenizer
    card : mapping
        As in `Shipped`.

    Raises
    ------
    ValueError
        If a weight is not a finite number of float16, or the card does not say how many heads
        there are.
    """
    if not isinstance(card.get("n_heads"), int):
        raise ValueError("card must hold the integer n_heads, got none.")
    arrays: dict[str, NDArray[Any]] = {}
    for name, weight in weights.items():
        with np.errstate(over="ignore"):
            arrays[name] = np.asarray(weight).astype(np.float16)
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} must hold numbers that float16 has, got others.")
    arrays[TOKENIZER] = _bytes_of(tokenizer.to_json())
    arrays[CARD] = _bytes_of(json.dumps(dict(card), ensure_ascii=False))
    arrays[DIGEST] = _bytes_of(_digest(arrays))
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    unfinished.replace(path)


def load_translator(path: str | Path = SHIPPED) -> Shipped:
    """Read a trained translator.

    Parameters
    ----------
    path : str or Path, optional
        A file that `save_translator` wrote; without it, that of the book.

    Returns
    -------
    Shipped

    Raises
    ------
    ValueError
        If the file holds anything else, for instance since it was cut off or altered.
    OSError
        If it cannot be read.
    """
    try:
        arrays = _arrays_in(Path(path))
        if _text(arrays.pop(DIGEST)) != _digest(arrays):
            raise ValueError("its digest is another one")
        tokenizer = Tokenizer.from_json(_text(arrays.pop(TOKENIZER)))
        card = json.loads(_text(arrays.pop(CARD)))
        weights = {name: array.astype(np.float32) for name, array in arrays.items()}
    except (*DAMAGE, ValueError, TypeError) as error:
        raise ValueError(
            f"path must lead to a saved translator, got {path} ({type(error).__name__}: {error}). "
            "Fetch it again, or train it: nox -s train."
        ) from None
    return Shipped(weights, tokenizer, card)


def _arrays_in(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an archive, none of which is larger than its file says."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > LARGEST:
            raise ValueError(f"more than {LARGEST:,} bytes")
        for member in members:
            raw = io.BytesIO(archive.read(member))
            version = np.lib.format.read_magic(raw)
            if version != (1, 0):
                raise ValueError(f"{member.filename} is of version {version}")
            shape, _, dtype = np.lib.format.read_array_header_1_0(raw)
            size = int(np.prod(shape, dtype=object)) * dtype.itemsize
            if size != len(raw.getbuffer()) - raw.tell():
                raise ValueError(f"{member.filename} is not what its header says")
            numbers = np.frombuffer(raw.getvalue(), dtype, offset=raw.tell())
            found[member.filename.removesuffix(".npy")] = numbers.reshape(shape)
    return found


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    found = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        found.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _bytes_of(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _text(array: NDArray[Any]) -> str:
    return array.tobytes().decode()
