"""Judge translations of held-out sentences: BLEU and chrF by sacrebleu, with intervals.

As a program, ``python -m unrolled.translation.quality FILE book/translation/quality.json`` lets a
translator translate the test set of the corpus that `UNROLLED_DATA` names, writes what the pages
show, and puts the scores into the card of the file.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from unrolled.language.corpora import Corpus, open_corpus
from unrolled.translation.pairs import split
from unrolled.translation.shipped import load_translator, save_translator
from unrolled.translation.translator import Translator

__all__ = ["Score", "judge", "references_of"]

N_BOOTSTRAP = 1000
BEAMS = (1, 2, 4, 8)
N_EXAMPLES = 40


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
    for name, metric in (("BLEU", BLEU()), ("chrF", CHRF())):
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
    options = parser.parse_args(arguments)
    shipped, corpus = load_translator(options.model), open_corpus()
    if shipped.card["digest"] != corpus.digest:
        raise ValueError(f"{options.model} was trained on another corpus than {corpus.name}.")
    translator = Translator(shipped)
    test = references_of(split(corpus).test)
    fits = {source: own for source, own in test.items() if translator.fits(source)}
    sources, references = [*fits], [*fits.values()]
    results: dict[str, Any] = {
        "corpus": corpus.name,
        "digest": corpus.digest,
        "n_sentences": len(test),
        "n_too_long": len(test) - len(fits),
        "n_references": sum(map(len, references)),
        "scores": {},
    }
    for n_beams in BEAMS:
        translations = translator.translate(sources, n_beams=n_beams)
        scores = judge(translations, references)
        results["scores"][str(n_beams)] = {name: _rounded(each) for name, each in scores.items()}
        results["examples"] = _examples(sources, translations, references)
        print(n_beams, scores, flush=True)
    options.results.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    card = {**shipped.card, "scores": results["scores"], "n_judged": len(sources)}
    save_translator(options.model, shipped.weights, shipped.tokenizer, card)


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
