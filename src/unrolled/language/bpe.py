"""Byte-pair encoding, learnt from a corpus and applied to any text.

A text is split into words by a regular expression, a word is a sequence of UTF-8 bytes, and the
pair of tokens that stands side by side most often becomes a new token, again and again.
"""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from heapq import heapify, heappop, heappush
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from unrolled.shapes import check_integer, check_integers, check_shape

__all__ = [
    "BYTES",
    "Merge",
    "Tokenizer",
    "count_words",
    "learn_merges",
    "merge_pair",
    "readable",
    "spell",
    "split_words",
]

Pair = tuple[int, int]
Token = TypeVar("Token")

# The tokens to begin with, in the order of their ids: bytes that Latin-1 prints, then the others.
# `tokenizers` has the same order, and in its files the same letters for them.
_PRINTED = (*range(33, 127), *range(161, 173), *range(174, 256))
_OTHERS = tuple(byte for byte in range(256) if byte not in _PRINTED)
BYTES = tuple(bytes([byte]) for byte in _PRINTED + _OTHERS)
_ID_OF = {byte: number for number, (byte,) in enumerate(BYTES)}
_BYTE_OF = dict(zip(map(chr, (*_PRINTED, *range(256, 256 + len(_OTHERS)))), BYTES, strict=True))
_LETTER_OF = {byte: letter for letter, (byte,) in _BYTE_OF.items()}
_NOTHING = -1


def _classes() -> dict[str, str]:
    """Return letters and numerals of Unicode as ranges, which `re` has no names for."""
    ranges = {"L": "", "N": ""}
    for kind, run in groupby(map(chr, range(0x40000)), lambda c: unicodedata.category(c)[0]):
        if kind in ranges:
            characters = list(run)
            ranges[kind] += f"{characters[0]}-{characters[-1]}"
    return ranges


_L, _N = _classes().values()
_S = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # its spaces
_WORD = re.compile(
    rf"'(?:s|t|re|ve|m|ll|d)| ?[{_L}]+| ?[{_N}]+| ?[^{_S}{_L}{_N}]+|[{_S}]+(?![^{_S}])|[{_S}]+"
)


class Merge(NamedTuple):
    """Two tokens that became one, and what the corpus said when they did."""

    left: bytes
    right: bytes
    frequency: int  # how often the two stood side by side
    merged: int  # how many of these were replaced: fewer where they overlap, as in aaa


def split_words(text: str) -> list[str]:
    """Split a text into words, with the spaces before them; joined, they are the text again.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Runs of letters, of numerals and of other signs, each with the space before it, if there is
        one; further spaces; and the endings ``'s``, ``'t``, ``'re``, ``'ve``, ``'m``, ``'ll``,
        ``'d``.

    Raises
    ------
    ValueError
        If it is not a string.

    Notes
    -----
    The pattern of GPT-2 (Radford et al., 2019). Page ``byte-pairs``.

    Examples
    --------
    >>> split_words("You've got 2 powers!")
    ['You', "'ve", ' got', ' 2', ' powers', '!']
    """
    return _WORD.findall(_check_text("text", text))


def count_words(lines: Iterable[str]) -> Counter[str]:
    """Count how often each word occurs in a corpus.

    Parameters
    ----------
    lines : iterable of str
        Sentences, lines or whole texts; no word reaches from one into the next.

    Returns
    -------
    Counter of str
        By word, as `split_words` splits them.

    Raises
    ------
    ValueError
        If `lines` is a single string, or a line is not a string.
    """
    if isinstance(lines, str):
        raise ValueError("lines must be a list of strings, got a single one. Write [text].")
    return Counter(chain.from_iterable(map(split_words, lines)))


def merge_pair(tokens: Iterable[Token], pair: tuple[Token, Token], token: Token) -> list[Token]:
    """Replace a pair wherever it stands, from left to right. Arguments are not checked.

    Parameters
    ----------
    tokens : iterable
        Those of a word, as ids or as they are written.
    pair : tuple of two tokens
    token
        What stands in the place of both.

    Returns
    -------
    list

    Notes
    -----
    Page ``byte-pairs``, equation ``bpe-run``.

    Examples
    --------
    >>> merge_pair([1, 1, 1, 2], (1, 1), 7)
    [7, 1, 2]
    """
    merged: list[Token] = []
    for current in tokens:
        if merged and (merged[-1], current) == pair:
            merged[-1] = token
        else:
            merged.append(current)
    return merged


def learn_merges(corpus: Iterable[str] | Mapping[str, int], n_merges: int) -> tuple[Merge, ...]:
    """Learn from a corpus which tokens to merge, beginning with bytes.

    Each step merges the pair that stands side by side most often within words; among pairs that do
    equally often, the one whose left token has the smaller id, then the one whose right token has.
    A merge makes a token that was not there before, so ids go on as merges do.

    Parameters
    ----------
    corpus : iterable of str, or mapping of str to int
        Lines, which are split into words; or words as they are, with how often each occurs.
    n_merges : int
        How many merges to learn at most. Fewer are learnt if before that every word is one token.

    Returns
    -------
    tuple of Merge
        In their order. The first of them are what fewer merges would have been.

    Raises
    ------
    ValueError
        If the corpus is empty or not of strings, a count is below one, or `n_merges` is no integer
        or below zero.

    Notes
    -----
    Sennrich et al. (2016), section 3.2, on bytes. Page ``byte-pairs``, equations
    ``bpe-pair-count``, ``bpe-choice`` and ``bpe-length``.
    """
    n_merges = check_integer("n_merges", n_merges, at_least=0)
    words = _Words(_check_counts(corpus))
    vocabulary, merges = list(BYTES), list[Merge]()
    queue = [(-count, pair) for pair, count in words.pair_counts.items()]
    heapify(queue)
    while queue and len(merges) < n_merges:
        minus_count, pair = heappop(queue)
        count = words.pair_counts[pair]
        if count < -minus_count:  # other merges took some of it since it was put here
            if count:
                heappush(queue, (-count, pair))
            continue
        merged, new_pairs = words.merge(pair, len(vocabulary))
        for each in new_pairs:
            heappush(queue, (-words.pair_counts[each], each))
        left, right = (vocabulary[part] for part in pair)
        vocabulary.append(left + right)
        merges.append(Merge(left, right, count, merged))
    return tuple(merges)


class _Words:
    """The different words of a corpus, cut into tokens, and the counts of all pairs in them.

    A merge visits only words in which the pair once stood, whatever the size of the corpus.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = list(counts.values())
        self.cut = list(map(_byte_ids, counts))
        self.pair_counts: defaultdict[Pair, int] = defaultdict(int)
        self.places: defaultdict[Pair, set[int]] = defaultdict(set)  # some of them no longer
        for place, (tokens, times) in enumerate(zip(self.cut, self.counts, strict=True)):
            for pair in pairwise(tokens):
                self.pair_counts[pair] += times
                self.places[pair].add(place)

    def merge(self, pair: Pair, token: int) -> tuple[int, set[Pair]]:
        """Merge a pair everywhere; return how many were merged, and which pairs there are now."""
        merged, new_pairs = 0, set()
        for place in self.places.pop(pair):
            before, times = self.cut[place], self.counts[place]
            after = self.cut[place] = merge_pair(before, pair, token)
            merged += times * (len(before) - len(after))
            for each in pairwise(before):
                self.pair_counts[each] -= times
            for each in pairwise(after):
                self.pair_counts[each] += times
                if token in each:
                    self.places[each].add(place)
                    new_pairs.add(each)
        return merged, new_pairs


@dataclass(frozen=True)
class Tokenizer:
    """Turns text into ids of tokens, and ids into text.

    Ids count special tokens first, then bytes, then what each merge made, in order.

    Parameters
    ----------
    merges : sequence of Merge
        From `learn_merges`, all or the first ones.
    special : sequence of str, optional
        Names of tokens that stand for no text, such as ``"[PAD]"``. No text is encoded as one of
        them, not even its name.

    Raises
    ------
    ValueError
        If a merge is not of two tokens that are there, or makes one that is; or a special token is
        not a string, or occurs twice.

    Examples
    --------
    >>> tokenizer = Tokenizer(learn_merges(["aa ab aa ab", "ab"], 2), special=["[PAD]"])
    >>> tokenizer.encode("abba"), tokenizer.tokens("abba")
    ([257, 66, 65], [b'ab', b'b', b'a'])
    >>> tokenizer.decode([257, 66, 65, 0, 0])
    'abba'
    """

    merges: tuple[Merge, ...]
    special: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what was given, and keep it as tuples."""
        object.__setattr__(self, "merges", tuple(self.merges))
        special: Any = self.special
        if isinstance(special, str):
            raise ValueError("special must be a list of strings, got a single one. Write [name].")
        for token in special:
            if not isinstance(token, str) or list(special).count(token) > 1:
                raise ValueError(f"special must hold different strings, got {token!r}.")
        known = set(BYTES)
        for number, (left, right, *_) in enumerate(self.merges):
            if not {left, right} <= known or left + right in known:
                raise ValueError(
                    f"merges must make new tokens of those before, got {left!r} and {right!r} at "
                    f"{number}. Keep all merges, in the order in which they were learnt."
                )
            known.add(left + right)
        object.__setattr__(self, "special", tuple(special))

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process without what is remembered for speed."""
        return Tokenizer, (self.merges, self.special)

    @cached_property
    def vocabulary(self) -> tuple[str | bytes, ...]:
        """All tokens in the order of their ids: special ones are strings, the others bytes."""
        return (*self.special, *BYTES, *(merge.left + merge.right for merge in self.merges))

    @cached_property
    def ids(self) -> dict[str | bytes, int]:
        """The id of each token."""
        return {token: number for number, token in enumerate(self.vocabulary)}

    def encode(self, text: str) -> list[int]:
        """Turn a text into ids.

        Parameters
        ----------
        text : str
            Any, if it is proper Unicode.

        Returns
        -------
        list of int

        Raises
        ------
        ValueError
            If it is not a string, or holds a surrogate, which is half of a character.
        """
        return list(chain.from_iterable(map(self._encode_word, split_words(text))))

    def tokens(self, text: str) -> list[bytes]:
        """Turn a text into tokens; joined, they are the text in UTF-8.

        Parameters
        ----------
        text : str

        Returns
        -------
        list of bytes

        Raises
        ------
        ValueError
            As `encode`.
        """
        return [cast(bytes, self.vocabulary[token]) for token in self.encode(text)]

    def decode(self, ids: Any, *, errors: str = "strict") -> str:
        """Turn ids into text; special tokens are left out.

        Parameters
        ----------
        ids : array_like of int of shape (n_tokens,)
        errors : {"strict", "replace"}, optional
            What becomes of bytes that are not UTF-8, as a network may put them together: a
            complaint, or the replacement character U+FFFD.

        Returns
        -------
        str

        Raises
        ------
        ValueError
            If an id is not that of a token, or bytes are not UTF-8 and `errors` is "strict".
        """
        if errors not in ("strict", "replace"):
            raise ValueError(f"errors must be 'strict' or 'replace', got {errors!r}.")
        check_shape("ids", ids, "n_tokens")
        numbers = check_integers("ids", ids, at_least=0, at_most=len(self.vocabulary) - 1)
        tokens = (self.vocabulary[number] for number in numbers.tolist())
        data = b"".join(token for token in tokens if isinstance(token, bytes))
        try:
            return data.decode("utf-8", errors)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"ids must stand for UTF-8, got {data[error.start : error.end]!r} after "
                f"{error.start} bytes. Pass errors='replace' for ids that come from a network."
            ) from None

    def save(self, path: str | Path) -> None:
        """Write a file that `load` reads: JSON, with a digest of what it holds.

        Parameters
        ----------
        path : str or Path
        """
        Path(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Tokenizer":
        """Read a file that `save` wrote.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        Tokenizer

        Raises
        ------
        ValueError
            If the file holds anything else, for instance since it was cut off or altered.
        OSError
            If it cannot be read.
        """
        try:
            return cls.from_json(Path(path).read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(
                f"path must lead to a saved tokenizer, got {path} ({error}). Save it again."
            ) from None

    def to_json(self) -> str:
        """Return what `save` writes.

        Returns
        -------
        str
        """
        content = {
            "special": self.special,
            "merges": [(spell(left), spell(right), *rest) for left, right, *rest in self.merges],
        }
        return json.dumps({**content, "sha256": _digest(content)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Tokenizer":
        """Make a tokenizer of what `to_json` returned.

        Parameters
        ----------
        text : str

        Returns
        -------
        Tokenizer

        Raises
        ------
        ValueError
            If it is anything else.
        """
        try:
            saved = json.loads(text)
            content = {name: saved[name] for name in ("special", "merges")}
            if _digest(content) != saved["sha256"]:
                raise ValueError("its digest is another one")
            merges = [
                Merge(_unspell(left), _unspell(right), *rest)
                for left, right, *rest in content["merges"]
            ]
            return cls(tuple(merges), tuple(content["special"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from None

    @cached_property
    def _made(self) -> dict[Pair, int]:
        """Which token each pair makes; the ids of these tokens are in the order of the merges."""
        return {
            (self.ids[merge.left], self.ids[merge.right]): self.ids[merge.left + merge.right]
            for merge in self.merges
        }

    @cached_property
    def _encode_word(self) -> Callable[[str], list[int]]:
        """`_merge_word`, which remembers the words seen last."""
        return lru_cache(2**16)(self._merge_word)

    def _merge_word(self, word: str) -> list[int]:
        """Merge within a word, the pair that was learnt first before others, from left to right.

        Tokens are linked with their neighbours, so that a long word takes little more time for
        each of its bytes than a short one.
        """
        tokens = [len(self.special) + byte for byte in _byte_ids(word)]
        before = [number - 1 for number in range(len(tokens))]
        after = [number + 1 for number in range(len(tokens))]
        tokens.append(_NOTHING)  # stands at both ends, since -1 is the index of the last one
        queue = [
            (self._made[pair], place)
            for place, pair in enumerate(pairwise(tokens))
            if pair in self._made
        ]
        heapify(queue)
        while queue:
            token, place = heappop(queue)
            gone = after[place]
            if self._made.get((tokens[place], tokens[gone])) != token:
                continue  # one of the two was merged with another
            tokens[place], tokens[gone] = token, _NOTHING
            after[place] = after[gone]
            if after[place] < len(after):
                before[after[place]] = place
            for left in (before[place], place):
                pair = tokens[left], tokens[after[left]]
                if pair in self._made:
                    heappush(queue, (self._made[pair], left))
        return [token for token in tokens if token != _NOTHING]


def readable(token: bytes) -> str:
    r"""Return a token to read: a space as ␣, bytes that are no character in hexadecimal digits.

    Parameters
    ----------
    token : bytes

    Returns
    -------
    str

    Examples
    --------
    >>> print(readable(b" caf\xc3"))
    ␣caf\xc3
    """
    return token.decode("utf-8", "backslashreplace").replace(" ", "␣")


def spell(token: bytes) -> str:
    """Return the letters that stand for a token in files, ours and those of `tokenizers`.

    Parameters
    ----------
    token : bytes

    Returns
    -------
    str
        A letter for each byte: itself where Latin-1 prints it, else one from U+0100 on.

    Examples
    --------
    >>> spell(" né".encode())
    'ĠnÃ©'
    """
    return "".join(map(_LETTER_OF.__getitem__, token))


def _unspell(letters: str) -> bytes:
    return b"".join(map(_BYTE_OF.__getitem__, letters))


def _digest(content: Mapping[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _byte_ids(word: str) -> list[int]:
    """Return the bytes of a word as ids, special tokens not counted."""
    try:
        return [_ID_OF[byte] for byte in word.encode()]
    except UnicodeEncodeError as error:
        raise ValueError(
            f"text must be proper Unicode, got the surrogate {word[error.start]!r}. Remove it, or "
            "read the file anew with its encoding."
        ) from None


def _check_counts(corpus: Iterable[str] | Mapping[str, int]) -> dict[str, int]:
    if isinstance(corpus, Mapping):
        counts = {
            _check_text("each word of corpus", word): check_integer(f"corpus[{word!r}]", count)
            for word, count in corpus.items()
        }
    else:
        counts = dict(count_words(corpus))
    if not any(counts):
        raise ValueError("corpus must hold at least one character, got none.")
    return counts


def _check_text(name: str, text: Any) -> str:
    if not isinstance(text, str):
        raise ValueError(f"{name} must be a string, got {type(text).__name__}.")
    return text
