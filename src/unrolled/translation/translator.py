"""The shipped translator at work: text in, text and attention out, in NumPy alone.

The one module that joins the file of the weights with the Transformer of `unrolled.networks`. It
needs no TensorFlow, so it starts at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.language.bpe import Tokenizer, readable
from unrolled.networks import transformer
from unrolled.networks.transformer import TransformerParams
from unrolled.shapes import check_integer
from unrolled.translation.decoding import Hypothesis, beam_search, greedy
from unrolled.translation.pairs import BOS, EOS, PAD, pad
from unrolled.translation.shipped import SHIPPED, Shipped, load_translator

__all__ = ["Maps", "NumPyStepper", "Translator"]

BATCH = 64  # sentences that are translated together
LONGEST = 48  # tokens of a source, if the card does not say more
MORE = 1.5  # so many times the longest source a translation may be long, before it is cut off
ALPHA = 1.0  # exponent of the length penalty

Sentences = Sequence[Sequence[int]]


class Maps(NamedTuple):
    """What a translation looked at; each row of a map sums to one.

    Attributes
    ----------
    source : list of str
        Tokens as they are read, with both ends.
    target : list of str
        Tokens as the decoder reads them, from ``[BOS]`` on: row ``t`` writes token ``t + 1``.
    written : list of str
        Tokens as they are written, ``[EOS]`` at the end.
    encoder : ndarray of shape (n_layers, n_heads, n_source, n_source)
    decoder : ndarray of shape (n_layers, n_heads, n_target, n_target)
    cross : ndarray of shape (n_layers, n_heads, n_target, n_source)
    """

    source: list[str]
    target: list[str]
    written: list[str]
    encoder: NDArray[Any]
    decoder: NDArray[Any]
    cross: NDArray[Any]


class NumPyStepper:
    """The Transformer in NumPy as a `decoding.Stepper`, with a cache of keys and values.

    Parameters
    ----------
    params : TransformerParams
    n_heads : int
    """

    bos, eos = BOS, EOS

    def __init__(self, params: TransformerParams, n_heads: int) -> None:
        self.params, self.n_heads = params, n_heads

    def start(self, sources: Sentences) -> Any:
        """Read the sources."""
        memory, _ = transformer.encode(self.params, pad(sources), n_heads=self.n_heads)
        return transformer.decoder_start(self.params, memory, n_heads=self.n_heads)

    def step(self, state: Any, ids: Any) -> tuple[NDArray[Any], Any]:
        """Return the logits of the next token, and the state with a token more."""
        logits, _, state = transformer.decode_step(self.params, ids, state)
        logits[:, [PAD, BOS]] = -np.inf
        return logits, state

    def choose(self, state: Any, rows: Any) -> Any:
        """Return the state of some rows."""
        return transformer.select_sentences(state, rows)


class Translator:
    """A trained translator.

    Parameters
    ----------
    shipped : Shipped, or path of a file
        That of the book without it.

    Raises
    ------
    ValueError
        If the file is no translator, or its weights do not fit together.
    """

    def __init__(self, shipped: Shipped | str | Path = SHIPPED) -> None:
        if not isinstance(shipped, Shipped):
            shipped = load_translator(shipped)
        self.card: dict[str, Any] = shipped.card
        self.tokenizer: Tokenizer = shipped.tokenizer
        self.params = transformer.params_from(shipped.weights)
        self.n_heads = check_integer("n_heads", shipped.card["n_heads"])
        self.longest = int(shipped.card.get("longest", LONGEST))
        self.limit = int(MORE * self.longest)
        self.stepper = NumPyStepper(self.params, self.n_heads)

    def encode(self, text: str) -> list[int]:
        """Turn a sentence into what the encoder reads.

        Parameters
        ----------
        text : str

        Returns
        -------
        list of int
            BOS, tokens, EOS.

        Raises
        ------
        ValueError
            If it is too long, or no text of Unicode.
        """
        tokens = self.tokenizer.encode(text.strip())
        if not self.fits(text):
            raise ValueError(
                f"text must have at most {self.longest - 2} tokens, got {len(tokens)}. The "
                "translator has learnt from single sentences: give it one after the other."
            )
        return [BOS, *tokens, EOS]

    def fits(self, text: str) -> bool:
        """Say whether a sentence is short enough.

        Parameters
        ----------
        text : str

        Returns
        -------
        bool
        """
        return len(self.tokenizer.encode(text.strip())) + 2 <= self.longest

    def translate(self, texts: Iterable[str], *, n_beams: int = 4) -> list[str]:
        """Translate sentences.

        Parameters
        ----------
        texts : iterable of str
            Sentences; of nothing but spaces the translation is empty.
        n_beams : int, optional
            How many beginnings of each are followed; 1 is greedy.

        Returns
        -------
        list of str

        Raises
        ------
        ValueError
            If `texts` is a single string, a text is too long, or `n_beams` is below one.
        """
        if isinstance(texts, str):
            raise ValueError("texts must be a list of strings, got a single one. Write [text].")
        texts = list(texts)
        sources = [self.encode(text) for text in texts]
        found = self.search(sources, n_beams=n_beams)
        return [
            self.tokenizer.decode(best.ids, errors="replace").strip() if text.strip() else ""
            for text, best in zip(texts, found, strict=True)
        ]

    def search(self, sources: Sentences, *, n_beams: int = 4) -> list[Hypothesis]:
        """Search for the best translation of each source, in batches of sentences of one length.

        Parameters
        ----------
        sources : sequence of sequence of int
            From `encode`.
        n_beams : int, optional

        Returns
        -------
        list of Hypothesis
        """
        find = greedy if n_beams == 1 else partial(_best, n_beams=check_integer("n_beams", n_beams))
        order = sorted(range(len(sources)), key=lambda n: len(sources[n]))
        found: dict[int, Hypothesis] = {}
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            chosen = [sources[n] for n in batch]
            found |= zip(batch, find(self.stepper, chosen, limit=self.limit), strict=True)
        return [found[n] for n in range(len(sources))]

    def maps(self, text: str, *, n_beams: int = 4) -> Maps:
        """Translate a sentence, and tell what each head of each layer looked at.

        Parameters
        ----------
        text : str
        n_beams : int, optional

        Returns
        -------
        Maps
        """
        source = self.encode(text)
        (best,) = self.search([source], n_beams=n_beams)
        target = [BOS, *best.ids]
        memory, encoder = transformer.encode(self.params, [source], n_heads=self.n_heads)
        _, (own, cross) = transformer.decode(self.params, [target], memory, n_heads=self.n_heads)
        written = [*best.ids, *([EOS] if best.is_finished else [])]
        read, seen, wrote = (self.names(ids) for ids in (source, target, written))
        return Maps(read, seen, wrote, encoder[:, 0], own[:, 0], cross[:, 0])

    def names(self, ids: Iterable[int]) -> list[str]:
        """Return tokens to read.

        Parameters
        ----------
        ids : iterable of int

        Returns
        -------
        list of str
        """
        tokens = (self.tokenizer.vocabulary[n] for n in ids)
        return [token if isinstance(token, str) else readable(token) for token in tokens]


def _best(model: NumPyStepper, sources: Sentences, *, n_beams: int, limit: int) -> list[Hypothesis]:
    found = beam_search(model, sources, n_beams=n_beams, alpha=ALPHA, limit=limit)
    return [hypotheses[0] for hypotheses in found]
