"""The equations of the page on decoding, against other ways to the same numbers."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from unrolled.translation import steppers
from unrolled.translation.decoding import beam_search
from unrolled.translation.transformer import Sizes, Transformer, initial_weights

BOS, EOS = 0, 1


@pytest.mark.equation("translation-probability")
@pytest.mark.parametrize("written", [(2, 3, 2), (3, 2)])
def test_the_product_is_the_share_among_all_translations(evidence, written):
    rng = np.random.default_rng(7)
    everything = [
        (BOS, *tokens, EOS)
        for length in range(4)
        for tokens in itertools.product((2, 3), repeat=length)
    ]
    weights = dict(zip(everything, rng.dirichlet(np.ones(len(everything))), strict=True))
    sentence = (BOS, *written, EOS)

    def share(tokens, *context):
        tokens = tokens if isinstance(tokens, tuple) else (tokens,)
        before = tuple(context[0]) if context else ()
        both = (*before, *tokens)
        begin = sum(w for s, w in weights.items() if s[: len(before)] == before)
        return sum(w for s, w in weights.items() if s[: len(both)] == both) / begin

    evidence.evaluates(
        {
            "y^{(t)}": lambda t: sentence[t], "Y": sentence, "P_X": share,
            "Y_{[s,t]}": lambda s, t: sentence[s : t + 1],
        },
        at={r"\tau": [len(written)]}, within=1e-13,
        witness="the share of this translation among all of them",
    )  # fmt: skip


class Fixed:
    """Writes one sentence of some length with tokens of known probability."""

    bos, eos = BOS, EOS

    def __init__(self, chances):
        self.chances = chances

    def start(self, sources):
        return [0]

    def step(self, state, ids):
        p = self.chances[state[0]]
        is_last = state[0] == len(self.chances) - 1
        logits = np.log([[1e-300, p if is_last else 1e-300, 1e-300 if is_last else p, 1 - p]])
        return logits, [state[0] + 1]

    def choose(self, state, rows):
        return state


@pytest.mark.equation("length-penalty")
@pytest.mark.parametrize("n", [3, 8])
@pytest.mark.parametrize("alpha", [0.6, 2.0])
def test_the_score_of_a_search_is_the_logarithm_over_the_penalty(evidence, n, alpha):
    chances = np.random.default_rng(n).uniform(0.6, 0.9, n)
    ((found,),) = beam_search(Fixed(chances), [[0]], n_beams=1, alpha=alpha, limit=11)
    whole = (BOS, *found.ids, EOS)
    assert len(whole) == n + 1
    evidence.evaluates(
        {
            "S": lambda sentence: found.score, "Y": whole, "n": n, r"\alpha": alpha,
            "P_X": lambda sentence: float(np.prod(chances)),
        },
        within=1e-12, witness="what the search returned, from given probabilities",
    )  # fmt: skip


SIZES = [
    Sizes(n_tokens=37, d_model=22, n_heads=11, d_ff=19, n_layers=3),
    Sizes(n_tokens=41, d_model=26, n_heads=13, d_ff=17, n_layers=2),
]


@pytest.mark.equation("decoding-cost")
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("n_source", "n_steps"), [(5, 4), (7, 3), (5, 6)])
def test_the_products_that_tensorflow_is_asked_for(evidence, monkeypatch, n_source, n_steps, sizes):
    weights = initial_weights(sizes, rng=np.random.default_rng(3))
    model, counted = Transformer(sizes, weights), []
    multiply = tf.matmul

    def counting(a, b, **options):
        product = multiply(a, b, **options)
        counted.append(int(np.prod(product.shape)) * int(a.shape[-1]))
        return product

    source = tf.constant([[1, *range(3, n_source + 1), 2]], tf.int32)
    memory, _ = model.encode(source)
    monkeypatch.setattr(tf, "matmul", counting)
    penalties = tf.zeros((1, 1, 1, n_source))
    read = model.keys_and_values(memory)
    own = [(tf.zeros((1, sizes.n_heads, 0, 2)),) * 2 for _ in read]
    steps = []
    for token in range(3, 3 + n_steps):
        before = sum(counted)
        ids = tf.constant([[token]], tf.int32)
        _, own = steppers._step.python_function(model, ids, penalties, read, own)
        steps.append(sum(counted) - before)
    cached = sum(counted)
    counted.clear()
    for length in range(1, n_steps + 1):
        model.decode(tf.constant([range(3, 3 + length)], tf.int32), memory, source)
    evidence.evaluates(
        {
            "M": lambda t: steps[int(t) - 1], r"C_{\mathrm{cached}}": cached,
            r"C_{\mathrm{uncached}}": sum(counted), "L": sizes.n_layers, "d": sizes.d_model,
            "f": sizes.d_ff, "V": sizes.n_tokens, "q": n_source, "m": n_steps,
        },
        at={"t": range(1, n_steps + 1)}, within=0,
        witness="the sizes of all products that TensorFlow was asked for",
    )  # fmt: skip


REFERENCE = "Er bewunderte sie als eine sehr große Regisseurin ."
OTHER = "Sie schrieb , er bewunderte sie als eine sehr große Frau ."
TRANSLATIONS = [
    "Er bewunderte sie als eine große Regisseurin .",  # shorter
    "Er bewunderte sie als eine ganz große Regisseurin .",  # as long
    "Er hat sie , er bewunderte sie als eine sehr große Frau .",  # longer
]


@pytest.mark.equation("bleu")
@pytest.mark.parametrize("reference", [REFERENCE, OTHER])
@pytest.mark.parametrize("translation", TRANSLATIONS)
def test_bleu_is_that_of_sacrebleu(evidence, translation, reference):
    def n_grams(text, n):
        tokens = text.split()
        return Counter(tuple(tokens[k : k + n]) for k in range(len(tokens) - n + 1))

    counts = {n: n_grams(translation, n) for n in range(1, 5)}
    matches = {n: (counts[n] & n_grams(reference, n)).total() for n in counts}
    theirs = BLEU().corpus_score([translation], [[reference]])
    evidence.evaluates(
        {
            "m_k": matches, "c_k": {n: each.total() for n, each in counts.items()},
            "p_k": {n: p / 100 for n, p in enumerate(theirs.precisions, 1)},
            "c": len(translation.split()), "r": len(reference.split()), "B": theirs.bp,
            r"\mathrm{BLEU}": theirs.score,
        },
        at={"k": range(1, 5)}, within=1e-12, witness="sacrebleu",
    )  # fmt: skip


@pytest.mark.equation("chrf")
@pytest.mark.parametrize("translation", TRANSLATIONS)
def test_chrf_is_that_of_sacrebleu(evidence, translation):
    ours, other = translation.replace(" ", ""), REFERENCE.replace(" ", "")
    precision, recall = [], []
    for n in range(1, 7):
        a, b = (
            Counter(text[k : k + n] for k in range(len(text) - n + 1)) for text in (ours, other)
        )
        precision.append((a & b).total() / a.total())
        recall.append((a & b).total() / b.total())
    theirs = CHRF().corpus_score([translation], [[REFERENCE]])
    evidence.evaluates(
        {
            r"\bar{p}": math.fsum(precision) / 6, r"\bar{r}": math.fsum(recall) / 6,
            r"\mathrm{chrF}": float(theirs.score),
        },
        within=1e-6, witness="sacrebleu",
    )  # fmt: skip
