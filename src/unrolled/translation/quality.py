"""Judge translations of held-out sentences: BLEU and chrF by sacrebleu, with intervals.

As a program, ``python -m unrolled.translation.quality FILE book/translation/quality.json`` lets a
translator translate the test set of the corpus that `UNROLLED_DATA` names, writes what the pages
show, and puts the scores into the card of the file.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from unrolled.language.corpora import Corpus, open_corpus
from unrolled.translation.decoding import beam_search, greedy, most_probable
from unrolled.translation.pairs import EOS, split
from unrolled.translation.shipped import load_translator, save_translator
from unrolled.translation.translator import ALPHA, BATCH, Translator

__all__ = ["Score", "judge", "references_of"]

N_BOOTSTRAP = 1000
BEAMS = (1, 2, 4, 8)
DEFAULT_BEAMS = 4
N_EXAMPLES = 40
LENGTHS = (4, 6, 8, 10, 13)  # words of a source, from which a longer class begins
WIDE, N_WIDE = (1, 4, 16, 64), 400
N_EXACT, N_BEGINNINGS = 150, 1000
N_MISTAKES, PLACE, AHEAD = 600, 3, 4  # the third token of a reference is replaced


class Score(NamedTuple):
    """A score of a corpus, from 0 to 100.

    Attributes
    ----------
    score : float
    low, high : float
        Ends of the interval that holds 95 % of the scores of resampled test sets.
    signature : str
        How it was computed, as sacrebleu writes it.
    """

    score: float
    low: float
    high: float
    signature: str


def references_of(corpus: Corpus) -> dict[str, list[str]]:
    """Gather all translations of each source sentence.

    Parameters
    ----------
    corpus : Corpus

    Returns
    -------
    dict of str to list of str
        In the order of the file, each translation once.
    """
    found: dict[str, dict[str, None]] = {}
    for source, target in corpus.pairs:
        found.setdefault(source, {})[target] = None
    return {source: [*targets] for source, targets in found.items()}


class _CHRF(CHRF):
    """The same scores, all of one type: resampled ones are otherwise of two, and have no mean."""

    def _compute_score_from_stats(self, stats: Any) -> Any:
        found = super()._compute_score_from_stats(stats)
        found.score = float(found.score)
        return found


def judge(
    translations: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    n_bootstrap: int = N_BOOTSTRAP,
) -> dict[str, Score]:
    """Score translations against all their references.

    Parameters
    ----------
    translations : sequence of str
    references : sequence of sequence of str
        At least one for each translation, none of them empty.
    n_bootstrap : int, optional
        How many times the test set is resampled.

    Returns
    -------
    dict of str to Score
        ``"BLEU"``, cased and with the default tokenizer, and ``"chrF"``.

    Raises
    ------
    ValueError
        If the numbers differ, or a sentence has no reference, or an empty one: sacrebleu would
        drop sentences, or the penalty for short translations, without a word.
    """
    if not translations or len(translations) != len(references):
        raise ValueError(
            "references must be as many as the translations, of which there is one at least; got "
            f"{len(references)} and {len(translations)}."
        )
    for number, own in enumerate(references):
        if isinstance(own, str) or not own or not all(each.strip() for each in own):
            raise ValueError(f"references[{number}] must be a list of sentences, got {own!r}.")
    streams: list[Any] = [
        [own[n] if n < len(own) else None for own in references]
        for n in range(max(map(len, references)))
    ]
    found = {}
    for name, metric in (("BLEU", BLEU()), ("chrF", _CHRF())):
        result = metric.corpus_score(list(translations), streams, n_bootstrap=n_bootstrap)
        half = result._ci if n_bootstrap > 1 else 0.0
        middle = result._mean if n_bootstrap > 1 else result.score
        signature = metric.get_signature().format()
        found[name] = Score(result.score, middle - half, middle + half, signature)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge the shipped translator."""
    parser = argparse.ArgumentParser(prog="python -m unrolled.translation.quality")
    parser.add_argument("model", type=Path, help="the weights; their card gets the scores")
    parser.add_argument("results", type=Path, help="what the pages show")
    parser.add_argument("--sentences", type=int, help="judge fewer, to try it")
    options = parser.parse_args(arguments)
    shipped, corpus = load_translator(options.model), open_corpus()
    if shipped.card["digest"] != corpus.digest:
        raise ValueError(f"{options.model} was trained on another corpus than {corpus.name}.")
    translator = Translator(shipped)
    test = references_of(split(corpus).test)
    fits = {source: own for source, own in test.items() if translator.fits(source)}
    sources = _spread([*fits], options.sentences or len(fits))
    references = [fits[source] for source in sources]
    results: dict[str, Any] = {
        "corpus": corpus.name,
        "digest": corpus.digest,
        "translator": shipped.fingerprint,
        "n_sentences": len(test),
        "n_too_long": len(test) - len(fits),
        "n_judged": len(sources),
        "n_references": sum(map(len, references)),
        "scores": {},
    }
    for n_beams in BEAMS:
        translations = translator.translate(sources, n_beams=n_beams)
        scores = judge(translations, references)
        results["scores"][str(n_beams)] = {name: _rounded(each) for name, each in scores.items()}
        if n_beams == DEFAULT_BEAMS:
            results["examples"] = _examples(sources, translations, references)
            results["by_length"] = _by_length(sources, translations, references)
        print(n_beams, scores, flush=True)
    results["wide"] = _wide_beams(translator, _spread(sources, N_WIDE), fits)
    results["exact"] = _exact(translator, _spread(sources, N_EXACT))
    results["mistakes"] = _after_mistakes(translator, _spread(sources, N_MISTAKES), fits)
    options.results.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    card = {**shipped.card, "scores": results["scores"], "n_judged": len(sources)}
    save_translator(options.model, shipped.weights, shipped.tokenizer, card)


def _spread(sources: Sequence[str], n: int) -> list[str]:
    """Return so many sentences, evenly from the whole."""
    step = max(1, len(sources) // n)
    return [*sources[::step][:n]]


def _by_length(
    sources: Sequence[str], translations: Sequence[str], references: Sequence[Sequence[str]]
) -> list[dict[str, Any]]:
    """Judge sentences of about one length at a time, counted in words of the source."""
    rows = [*zip(sources, translations, references, strict=True)]
    found = []
    for low, high in pairwise((1, *LENGTHS, 1000)):
        part = [row[1:] for row in rows if low <= len(row[0].split()) < high]
        if part:
            scores = judge(*zip(*part, strict=True))
            judged = {name: _rounded(each) for name, each in scores.items()}
            found.append({"from": low, "to": high - 1, "n": len(part), "scores": judged})
    return found


def _wide_beams(
    translator: Translator, sources: Sequence[str], references: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Search with narrow and wide beams, with the length penalty and without."""
    ids = [translator.encode(source) for source in sources]
    own = [references[source] for source in sources]
    streams: list[Any] = [[each[n] if n < len(each) else None for each in own]
                          for n in range(max(map(len, own)))]  # fmt: skip
    found: dict[str, Any] = {"n": len(sources), "beams": WIDE}
    for alpha in (0.0, ALPHA):
        rows = found[f"alpha {alpha:g}"] = {"BLEU": [], "length": [], "log_probability": []}
        for n_beams in WIDE:
            # As many rows at a time as there are with few beams.
            size = max(1, BATCH // n_beams)
            best = [
                each[0]
                for start in range(0, len(ids), size)
                for each in beam_search(
                    translator.stepper, ids[start : start + size],
                    n_beams=n_beams, alpha=alpha, limit=translator.limit,
                )
            ]  # fmt: skip
            texts = [translator.tokenizer.decode(h.ids, errors="replace").strip() for h in best]
            result = BLEU().corpus_score(texts, streams)
            rows["BLEU"].append(round(result.score, 2))
            rows["length"].append(round(result.sys_len / result.ref_len, 4))
            mean = sum(h.log_probability for h in best) / len(best)
            rows["log_probability"].append(round(mean, 3))
            print(f"alpha {alpha:g}, {n_beams} beams: {rows['BLEU'][-1]}", flush=True)
    return found


def _exact(translator: Translator, sources: Sequence[str]) -> dict[str, Any]:
    """Find the most probable translations, and count who else finds them."""
    found: dict[str, Any] = {"n": len(sources), "n_beginnings": N_BEGINNINGS, "rows": []}
    stepper, limit = translator.stepper, translator.limit
    for source in sources:
        ids = translator.encode(source)
        best = most_probable(stepper, ids, limit=limit, n_beginnings=N_BEGINNINGS)
        if best is None:
            continue
        others = [
            greedy(stepper, [ids], limit=limit)[0],
            beam_search(stepper, [ids], n_beams=DEFAULT_BEAMS, alpha=0, limit=limit)[0][0],
            translator.search([ids])[0],
        ]
        texts = [translator.tokenizer.decode(h.ids, errors="replace") for h in (best, *others)]
        logs = [round(h.log_probability, 3) for h in (best, *others)]
        found["rows"].append([source, texts, logs, [len(h.ids) for h in (best, *others)]])
    print(f"{len(found['rows'])} of {len(sources)} most probable translations", flush=True)
    return found


def _after_mistakes(
    translator: Translator, sources: Sequence[str], references: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Count how many next tokens are right after a true beginning, and after one with a mistake.

    The mistake is one that the model would make: at one place of the reference stands the token
    that it finds the most probable of all others.
    """
    hits = np.zeros((2, AHEAD), int)
    n = 0
    for source in sources:
        target = translator.encode(references[source][0])[: PLACE + AHEAD + 1]
        if len(target) <= PLACE + AHEAD or EOS in target:
            continue
        logits = _logits(translator, source, target)
        scores = logits[PLACE - 1]
        scores[[EOS, target[PLACE]]] = -np.inf
        spoilt = [*target[:PLACE], int(scores.argmax()), *target[PLACE + 1 :]]
        for row, each in enumerate((logits, _logits(translator, source, spoilt))):
            hits[row] += each[PLACE:-1].argmax(axis=1) == target[PLACE + 1 :]
        n += 1
    return {"n": n, "place": PLACE, "true": hits[0].tolist(), "spoilt": hits[1].tolist()}


def _logits(translator: Translator, source: str, target: Sequence[int]) -> NDArray[Any]:
    """Return the logits of what follows each token of a target."""
    state, found = translator.stepper.start([translator.encode(source)]), []
    for token in target:
        logits, state = translator.stepper.step(state, np.array([token]))
        found.append(logits[0])
    return np.array(found)


def _rounded(score: Score) -> list[Any]:
    return [*(round(each, 2) for each in score[:3]), score.signature]


def _examples(
    sources: Sequence[str], translations: Sequence[str], references: Sequence[Sequence[str]]
) -> list[list[Any]]:
    """Every so many sentences, as they come: nobody chose them."""
    step = max(1, len(sources) // N_EXAMPLES)
    rows = zip(sources, translations, references, strict=True)
    return [list(row) for n, row in enumerate(rows) if n % step == 0]


if __name__ == "__main__":
    main()
