"""What the heads of a translator look at, and what becomes of its translations without them.

As a program, ``python -m unrolled.translation.heads FILE book/translation/heads.json`` measures
both on test sentences of the corpus that `UNROLLED_DATA` names, and writes what the page shows.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.language.alignment import WordTranslations, align, learn_word_translations
from unrolled.language.corpora import Corpus, open_corpus
from unrolled.networks import transformer
from unrolled.networks.attention import MultiHeadParams
from unrolled.networks.attention_maps import join_words, normalised_entropy
from unrolled.networks.masks import look_ahead_mask
from unrolled.networks.transformer import TransformerParams
from unrolled.shapes import check_generator, check_integer
from unrolled.translation.decoding import greedy
from unrolled.translation.paired import bleu_from, compare, matches
from unrolled.translation.pairs import encode_pairs, split
from unrolled.translation.quality import references_of
from unrolled.translation.shipped import load_translator
from unrolled.translation.translator import Maps, NumPyStepper, Translator

__all__ = [
    "ATTENTIONS",
    "Head",
    "ShuffledStepper",
    "WordMaps",
    "all_heads",
    "measure_alignment",
    "measure_maps",
    "without_heads",
    "word_maps",
    "words_of_tokens",
]

Attention = Literal["encoder", "decoder", "cross"]
ATTENTIONS: tuple[Attention, ...] = ("encoder", "decoder", "cross")
"""The three attentions: of source to source, of target to target, of target to source."""

N_SENTENCES = 1000  # that are translated without a head
N_LEARNT = 60_000  # pairs from which word translations are learnt
REMOVED = (8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88)  # heads at once
SEED = 5


class Head(NamedTuple):
    """One head; layers and heads are counted from 0."""

    attention: Attention
    layer: int
    head: int


def all_heads(params: TransformerParams, n_heads: int) -> list[Head]:
    """List the heads of a translator.

    Parameters
    ----------
    params : TransformerParams
    n_heads : int
        Of each attention.

    Returns
    -------
    list of Head
        By attention, layer and head.
    """
    n_layers = {"encoder": len(params.encoder)}
    return [
        Head(attention, layer, head)
        for attention in ATTENTIONS
        for layer in range(n_layers.get(attention, len(params.decoder)))
        for head in range(n_heads)
    ]


def without_heads(
    params: TransformerParams, heads: Iterable[Head], *, n_heads: int
) -> TransformerParams:
    """Take heads away: what they have found no longer reaches the output of their layer.

    Parameters
    ----------
    params : TransformerParams
        They stay as they are.
    heads : iterable of Head
    n_heads : int
        Of each attention.

    Returns
    -------
    TransformerParams
        With zeros in the rows of the output projection that belong to these heads.

    Raises
    ------
    ValueError
        If there is no such head.
    """
    known = set(all_heads(params, n_heads))
    encoder, decoder = list(params.encoder), list(params.decoder)
    for one in heads:
        if one not in known:
            raise ValueError(f"heads must be in this translator, which has no {tuple(one)}.")
        attention, layer, head = one
        if attention == "encoder":
            own = _silenced(encoder[layer].attention, head, n_heads)
            encoder[layer] = encoder[layer]._replace(attention=own)
        elif attention == "decoder":
            own = _silenced(decoder[layer].self_attention, head, n_heads)
            decoder[layer] = decoder[layer]._replace(self_attention=own)
        else:
            own = _silenced(decoder[layer].cross_attention, head, n_heads)
            decoder[layer] = decoder[layer]._replace(cross_attention=own)
    return params._replace(encoder=tuple(encoder), decoder=tuple(decoder))


def _silenced(params: MultiHeadParams, head: int, n_heads: int) -> MultiHeadParams:
    W = params.output.W.copy()
    W.reshape(n_heads, -1, W.shape[1])[head] = 0
    return params._replace(output=params.output._replace(W=W))


class ShuffledStepper(NumPyStepper):
    """A translator some of whose heads get the right weights on the wrong words of the source.

    In each sentence and each of these heads, the weights of the cross-attention are dealt out anew
    among the tokens; a weight stays as large as it was.

    Parameters
    ----------
    params : TransformerParams
    n_heads : int
    heads : iterable of Head
        Of the cross-attention.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If a head is of another attention, or `rng` is not a generator.
    """

    def __init__(
        self,
        params: TransformerParams,
        n_heads: int,
        heads: Iterable[Head],
        *,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(params, n_heads)
        self.heads, self.rng = list(heads), check_generator("rng", rng)
        if strange := {one.attention for one in self.heads} - {"cross"}:
            raise ValueError(f"heads must be of the cross-attention, got {min(strange)!r}.")

    def start(self, sources: Sequence[Sequence[int]]) -> Any:
        """Read the sources, and exchange the values of their tokens in the chosen heads."""
        state = super().start(sources)  # whose arrays are new, so that they may be changed
        for _, layer, head in self.heads:
            values = state.layers[layer].source.values
            for row, source in enumerate(sources):
                order = self.rng.permutation(len(source))
                values[row, head, : len(source)] = values[row, head, order]
        return state


class WordMaps(NamedTuple):
    """The maps of one attention, with a row and a column for each word.

    Attributes
    ----------
    queries, keys : list of str
        Of the decoder the queries are the words that are written.
    weights : ndarray of shape (n_layers, n_heads, n_queries, n_keys)
    entropy : ndarray of shape (n_layers, n_heads)
        Normalised, of the tokens; the mean over rows.
    """

    queries: list[str]
    keys: list[str]
    weights: NDArray[Any]
    entropy: NDArray[Any]


def word_maps(maps: Maps) -> dict[Attention, WordMaps]:
    """Join the tokens of a translation into words, so that its maps can be read.

    Parameters
    ----------
    maps : Maps
        From `Translator.maps`.

    Returns
    -------
    dict of str to WordMaps
        By attention.
    """
    sides = {
        "source": words_of_tokens(maps.source),
        "read": words_of_tokens(maps.target),
        "written": words_of_tokens([*maps.written, "[cut off]"][: len(maps.target)]),
    }
    looks: tuple[tuple[Attention, str, str, NDArray[Any], Any], ...] = (
        ("encoder", "source", "source", maps.encoder, None),
        ("decoder", "written", "read", maps.decoder, look_ahead_mask(len(maps.target))),
        ("cross", "written", "source", maps.cross, None),
    )
    found: dict[Attention, WordMaps] = {}
    for name, rows, columns, weights, seen in looks:
        (queries, of_queries), (keys, of_keys) = sides[rows], sides[columns]
        joined = join_words(weights, of_queries, of_keys)
        entropy = np.nanmean(normalised_entropy(weights, seen), axis=-1)
        found[name] = WordMaps(queries, keys, joined, entropy)
    return found


def words_of_tokens(names: Sequence[str]) -> tuple[list[str], list[int]]:
    """Join tokens into words, for maps that can be read.

    Parameters
    ----------
    names : sequence of str
        As `Translator.names` gives them.

    Returns
    -------
    words : list of str
        A token that begins with a space, or is no letter or number, begins a word.
    numbers : list of int
        The word of each token.
    """
    words: list[str] = []
    numbers = []
    for name in names:
        text = name.lstrip("␣")
        begins = text != name or not words or words[-1].startswith("[") or name.startswith("[")
        if begins or not (text[:1].isalnum() or text[:1] in "'’-⟨<\\"):
            words.append(text)
        else:
            words[-1] += text
        numbers.append(len(words) - 1)
    return words, numbers


def measure_maps(
    translator: Translator, pairs: Sequence[tuple[list[int], list[int]]]
) -> dict[str, Any]:
    """Measure how spread all maps are, and how much weight lies in a few places.

    Parameters
    ----------
    translator : Translator
    pairs : sequence of (list of int, list of int)
        Sentences and translations, from `encode_pairs`.

    Returns
    -------
    dict
        For each attention: ``entropy``, normalised; the share of the weight on both ``ends`` of the
        sentence (of a target, on its beginning); for self-attention that on the ``diagonal``, and
        on the token before, ``previous``. Each is a list of layers and heads, the mean over rows
        and then over sentences; ``chance`` has what equal weights would give.
    """
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ATTENTIONS}
    for source, target in pairs:
        for name, maps in zip(ATTENTIONS, _maps_of(translator, source, target[:-1]), strict=True):
            n_queries, n_keys = maps.shape[-2:]
            seen = look_ahead_mask(n_keys) if name == "decoder" else np.ones((n_queries, n_keys))
            even = seen / seen.sum(axis=1, keepdims=True)
            found: dict[str, Any] = {
                "entropy": np.nanmean(normalised_entropy(maps, seen > 0), axis=-1)
            }
            for kind, whose in (("", maps), ("chance ", even)):
                ends = whose[..., 0] + (0 if name == "decoder" else whose[..., -1])
                found[f"{kind}ends"] = ends.mean(axis=-1)
                if name != "cross":
                    for place, offset in (("diagonal", 0), ("previous", -1)):
                        line = np.diagonal(whose, offset, axis1=-2, axis2=-1)
                        found[f"{kind}{place}"] = line.mean(axis=-1)
            rows[name].append(found)
    measured: dict[str, Any] = {}
    for attention, each in rows.items():
        means = {kind: np.mean([one[kind] for one in each], axis=0) for kind in each[0]}
        chance = {kind: means.pop(kind) for kind in [*means] if kind.startswith("chance")}
        measured[attention] = {kind: _rounded(mean) for kind, mean in means.items()}
        measured[attention]["chance"] = {k.split()[1]: _rounded(mean) for k, mean in chance.items()}
    return measured


def measure_alignment(
    translator: Translator,
    pairs: Sequence[tuple[list[int], list[int]]],
    table: WordTranslations,
) -> dict[str, Any]:
    """Count how often the largest weight of the cross-attention is on a token's word translation.

    Parameters
    ----------
    translator : Translator
    pairs : sequence of (list of int, list of int)
        Sentences and translations, from `encode_pairs`.
    table : WordTranslations
        Learnt with BOS as the empty word.

    Returns
    -------
    dict
        ``written`` and ``read``: for layers and heads the shares that agree, if a row is said to
        belong to the token that it writes, or to the one that it reads. ``position``: the share
        for the source token at the same part of the sentence, without any map. ``n_tokens``.
    """
    shape = len(translator.params.decoder), translator.n_heads
    right = {"written": np.zeros(shape), "read": np.zeros(shape)}
    by_position = n_tokens = 0
    for source, target in pairs:
        words, written = source[:-1], target[1:-1]  # BOS stands for the empty word
        if len(words) < 2 or not written:
            continue
        to = align(table, words, written)
        kept = np.flatnonzero(to > 0)
        cross = _maps_of(translator, source, target[:-1])[2]
        best = 1 + cross[..., 1:-1].argmax(axis=-1)
        right["written"] += (best[..., kept] == to[kept]).sum(axis=-1)
        right["read"] += (best[..., kept + 1] == to[kept]).sum(axis=-1)
        beside = 1 + np.floor((kept + 0.5) / len(written) * (len(words) - 1))
        by_position += int((beside == to[kept]).sum())
        n_tokens += len(kept)
    if not n_tokens:
        raise ValueError("pairs must have a token that the table can align, got none.")
    shares = {reading: _rounded(each / n_tokens) for reading, each in right.items()}
    return {**shares, "position": round(by_position / n_tokens, 4), "n_tokens": n_tokens}


def _maps_of(
    translator: Translator, source: list[int], target: list[int]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the maps of the three attentions for one pair, (n_layers, n_heads, queries, keys)."""
    params, n_heads = translator.params, translator.n_heads
    memory, encoder = transformer.encode(params, [source], n_heads=n_heads)
    _, (decoder, cross) = transformer.decode(params, [target], memory, n_heads=n_heads)
    return encoder[:, 0], decoder[:, 0], cross[:, 0]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the heads of the shipped translator."""
    parser = argparse.ArgumentParser(prog="python -m unrolled.translation.heads")
    parser.add_argument("model", type=Path, help="the weights")
    parser.add_argument("results", type=Path, help="what the page shows")
    parser.add_argument("--sentences", type=int, default=N_SENTENCES, help="to translate")
    parser.add_argument("--learnt", type=int, default=N_LEARNT, help="pairs, for word translations")
    options = parser.parse_args(arguments)
    check_integer("sentences", options.sentences)
    shipped, corpus = load_translator(options.model), open_corpus()
    if shipped.card["digest"] != corpus.digest:
        raise ValueError(f"{options.model} was trained on another corpus than {corpus.name}.")
    translator, parts = Translator(shipped), split(corpus)
    tokenizer = translator.tokenizer
    pairs = encode_pairs(_some(parts.test, translator, options.sentences), tokenizer)
    learnt = encode_pairs(_some(parts.training, translator, options.learnt), tokenizer)
    table = learn_word_translations(
        [(source[:-1], target[1:-1]) for source, target in learnt], len(tokenizer.vocabulary)
    )
    results = {
        "corpus": corpus.name,
        "digest": corpus.digest,
        "translator": shipped.fingerprint,
        "n_pairs": len(pairs),
        "n_learnt": len(learnt),
        "maps": measure_maps(translator, pairs),
        "alignment": measure_alignment(translator, pairs, table),
        **_without(translator, parts.test, parts.development, options.sentences),
    }
    options.results.write_text(json.dumps(results, ensure_ascii=False) + "\n", "utf-8")


def _some(corpus: Corpus, translator: Translator, n_pairs: int) -> Corpus:
    """Take every so many pairs, short enough for the translator: nobody chose them."""
    step = max(1, len(corpus.pairs) // n_pairs)
    fitting = (pair for pair in corpus.pairs[::step] if all(map(translator.fits, pair)))
    return corpus._replace(pairs=tuple(fitting)[:n_pairs])


class _Judge:
    """Counts what BLEU needs in the translations of the same sentences by altered translators."""

    def __init__(self, translator: Translator, corpus: Corpus, n_sentences: int) -> None:
        references = references_of(corpus)
        step = max(1, len(references) // n_sentences)
        chosen = [one for one in [*references][::step] if translator.fits(one)][:n_sentences]
        self.translator = translator
        self.references = [references[one] for one in chosen]
        self.sources = [translator.encode(one) for one in chosen]
        self.order = sorted(range(len(chosen)), key=lambda n: len(self.sources[n]))

    def translations(self, stepper: NumPyStepper) -> list[str]:
        """Translate greedily, in batches of one length."""
        ids: dict[int, list[int]] = {}
        for start in range(0, len(self.order), 64):
            batch = self.order[start : start + 64]
            sources = [self.sources[n] for n in batch]
            found = greedy(stepper, sources, limit=self.translator.limit)
            ids |= zip(batch, (each.ids for each in found), strict=True)
        decode = self.translator.tokenizer.decode
        return [decode(ids[n], errors="replace").strip() for n in range(len(ids))]

    def counted(self, heads: Iterable[Head]) -> NDArray[np.float64]:
        """Count the matches without some heads."""
        params, n_heads = self.translator.params, self.translator.n_heads
        stepper = NumPyStepper(without_heads(params, heads, n_heads=n_heads), n_heads)
        return matches(self.translations(stepper), self.references)


def _without(
    translator: Translator, test: Corpus, development: Corpus, n_sentences: int
) -> dict[str, Any]:
    """Translate without each head, without whole layers of them, and with shuffled weights."""
    params, n_heads = translator.params, translator.n_heads
    heads, rng = all_heads(params, n_heads), np.random.default_rng(SEED)
    judge, chooser = (_Judge(translator, part, n_sentences) for part in (test, development))
    before = judge.translations(NumPyStepper(params, n_heads))
    whole, all_of = matches(before, judge.references), chooser.counted(())

    def change(counted: NDArray[np.float64]) -> list[float]:
        return [round(one, 3) for one in compare(counted, whole, rng=rng)]

    removed, harm, shuffled = [], [], []
    for one in heads:
        removed.append(change(judge.counted([one])))
        harm.append(compare(chooser.counted([one]), all_of, n_bootstrap=1, rng=rng).change)
        print(*one, removed[-1], flush=True)
        if one.attention == "cross":
            mixed = judge.translations(ShuffledStepper(params, n_heads, [one], rng=rng))
            same = np.mean([a == b for a, b in zip(mixed, before, strict=True)])
            shuffled.append([float(same), *change(matches(mixed, judge.references))])
    cross = [one for one in heads if one.attention == "cross"]
    mixed = judge.translations(ShuffledStepper(params, n_heads, cross, rng=rng))
    order = [heads[n] for n in np.argsort(-np.array(harm), kind="stable")]
    return {
        "n_sentences": len(judge.sources),
        "n_chosen_by": len(chooser.sources),
        "bleu": round(float(bleu_from(whole.sum(axis=0))), 2),
        "removed": _by_attention(heads, removed),
        "shuffled": _by_attention(cross, shuffled),
        "all_shuffled": change(matches(mixed, judge.references)),
        "layer_removed": {
            name: [
                change(judge.counted([one for one in heads if one[:2] == (name, layer)]))
                for layer in sorted({one.layer for one in heads if one.attention == name})
            ]
            for name in ATTENTIONS
        },
        "order": [list(one) for one in order],
        "together": [[n, *change(judge.counted(order[:n]))] for n in REMOVED if n < len(heads)],
    }


def _by_attention(heads: Sequence[Head], values: Sequence[Any]) -> dict[str, list[list[Any]]]:
    """Arrange a value for each head by attention, layer and head."""
    arranged: dict[str, list[list[Any]]] = {}
    for (attention, layer, _), value in zip(heads, values, strict=True):
        layers = arranged.setdefault(attention, [])
        if layer == len(layers):
            layers.append([])
        layers[layer].append(value)
    return arranged


def _rounded(array: NDArray[Any]) -> Any:
    return np.round(np.asarray(array, float), 4).tolist()


if __name__ == "__main__":
    main()
