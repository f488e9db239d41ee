"""What the translator must beat: a plain Transformer of Keras' layers, trained for as long.

As a program, ``python -m unrolled.translation.baseline FOLDER FILE`` trains it on the corpus that
`UNROLLED_DATA` names, for as many minutes of processor time as the training of the shipped
translator takes on the same machine, lets both translate the test set, and writes a small file with
the scores of both. The state is kept in the folder: stopped at any moment, the training goes on
from its last checkpoint.

Processors differ by more than a factor of two, so the minutes that the card of the translator tells
are no measure elsewhere. Some updates of its training are timed instead, and counted for all.

The model is that of *English-to-Spanish translation with a sequence-to-sequence Transformer*, an
example on keras.io by F. Chollet (2021; read in its form of November 2024).

Kept: an encoder and a decoder of one layer each, which normalise after each sum (post-norm); 256
numbers for a word, 8 heads of 256 numbers each, 2,048 in the feed-forward networks; 15,000 words of
each language, lower-cased and without punctuation; learned positions, for 20 words at most; half of
the numbers dropped before the output; Keras' initial weights; RMSprop as it comes; 64 pairs in a
batch; the mean loss of the words that are no padding; greedy decoding.

Mended, so that the comparison is fair: Masks are made from the ids and handed to each attention,
so that none is lost on the way. Capital letters with an umlaut become small too, and all
punctuation of Unicode is dropped. Pairs that are too long are left out of the training instead of
cut off, since what is cut off teaches not to end. Batches are drawn anew in each epoch, of pairs of
about one length, so that the same minutes have twice as many updates as with 20 places for each
sentence. The gradient of a word that occurs repeatedly is summed before it is squared. An unknown
word is never written. The weights with the best development loss are those that are judged.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from unrolled.language.corpora import Corpus, open_corpus
from unrolled.shapes import check_number
from unrolled.translation.decoding import greedy
from unrolled.translation.masks import look_ahead_mask
from unrolled.translation.paired import compare, matches
from unrolled.translation.pairs import (
    BOS,
    EOS,
    PAD,
    SPECIAL,
    Batch,
    Pairs,
    draw_batches,
    encode_pairs,
    pad,
    pad_pairs,
    split,
)
from unrolled.translation.quality import judge, references_of
from unrolled.translation.shipped import SHIPPED, Shipped, load_translator
from unrolled.translation.training import Recipe, Trainer
from unrolled.translation.transformer import Sizes
from unrolled.translation.translator import Translator

__all__ = [
    "PlainTransformer",
    "Setting",
    "Training",
    "Words",
    "encode_words",
    "minutes_of",
    "plain",
    "train",
    "translate",
]

MARKS = (*SPECIAL, "[UNK]")
UNKNOWN = len(SPECIAL)
NEVER = [PAD, BOS, UNKNOWN]  # what no translation has
STATE, BEST, LOG, BUDGET = "state.npz", "best.npz", "log.jsonl", "minutes.json"
EVERY = 300.0  # seconds of processor time from one checkpoint to the next
BEAMS = (1, 4)  # with which the shipped translator is judged beside it
N_EXAMPLES = 20
N_TIMED = 120  # updates of the translator's training


class Setting(NamedTuple):
    """Sizes and recipe; those of the example.

    Attributes
    ----------
    n_words : int
        Of each vocabulary, marks included.
    lengths : tuple of int
        To which sentences are padded; no sentence has more words than the last.
    d_model : int
        Numbers of a word, and of each head.
    d_ff : int
        Width of the hidden layer of a feed-forward network.
    n_heads : int
    n_rows : int
        Pairs of a batch.
    dropout : float
        Share of the numbers dropped before the output.
    patience : int
        After so many epochs without a better development loss the training ends.
    seed : int
        Of the weights, the dropout and the order of the pairs.
    """

    n_words: int = 15_000
    lengths: tuple[int, ...] = (6, 8, 10, 14, 20)
    d_model: int = 256
    d_ff: int = 2048
    n_heads: int = 8
    n_rows: int = 64
    dropout: float = 0.5
    patience: int = 3
    seed: int = 7


# Words ---------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Return a text in small letters and without punctuation.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Words with one space between them.

    Examples
    --------
    >>> plain("„Über uns?“ – Peter's  here.")
    'über uns peters here'
    """
    return " ".join(re.sub(r"[^\w\s]|_", "", text.lower()).split())


class Words:
    """The vocabulary of a language: its most frequent words.

    Parameters
    ----------
    texts : iterable of str
    n_words : int
        At most so many, the marks `MARKS` included.
    """

    def __init__(self, texts: Iterable[str], n_words: int) -> None:
        counts = Counter(word for text in texts for word in plain(text).split())
        frequent = sorted(counts, key=lambda word: (-counts[word], word))
        self.words = (*MARKS, *frequent[: n_words - len(MARKS)])
        self._ids = {word: number for number, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, text: str) -> list[int]:
        """Return the ids of the words of a text, without marks but for unknown words.

        Parameters
        ----------
        text : str

        Returns
        -------
        list of int
        """
        return [self._ids.get(word, UNKNOWN) for word in plain(text).split()]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the words of some ids, with spaces between them.

        Parameters
        ----------
        ids : iterable of int

        Returns
        -------
        str
        """
        return " ".join(self.words[number] for number in ids)


def encode_words(
    corpus: Corpus, source: Words, target: Words, longest: int
) -> list[tuple[list[int], list[int]]]:
    """Turn pairs of sentences into ids.

    Parameters
    ----------
    corpus : Corpus
    source, target : Words
    longest : int
        Pairs with more words on either side, the mark of the end included, are left out; and those
        that have no word on one side.

    Returns
    -------
    list of (list of int, list of int)
        Words of the source; BOS, words of the target, EOS.
    """
    found = ((source.encode(one), target.encode(other)) for one, other in corpus.pairs)
    return [
        (one, [BOS, *other, EOS])
        for one, other in found
        if 0 < len(one) <= longest and 0 < len(other) < longest
    ]


# Model ---------------------------------------------------------------------------------------


class AttentionBlock(keras.layers.Layer):
    """Look at something, add what was found, and normalise the sum."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.attention = keras.layers.MultiHeadAttention(setting.n_heads, setting.d_model)
        self.norm = keras.layers.LayerNormalization()

    def call(self, x: Any, read: Any, visible: Any) -> Any:
        return self.norm(x + self.attention(x, read, attention_mask=visible))


class FeedForwardBlock(keras.layers.Layer):
    """Map each word by a network with one hidden layer, add the result, and normalise the sum."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.inner = keras.layers.Dense(setting.d_ff, "relu")
        self.outer = keras.layers.Dense(setting.d_model)
        self.norm = keras.layers.LayerNormalization()

    def call(self, x: Any) -> Any:
        return self.norm(x + self.outer(self.inner(x)))


class WordsAndPlaces(keras.layers.Layer):
    """Look words and their places up, and add the two."""

    def __init__(self, n_words: int, setting: Setting) -> None:
        super().__init__()
        self.words = keras.layers.Embedding(n_words, setting.d_model)
        self.places = keras.layers.Embedding(setting.lengths[-1], setting.d_model)

    def call(self, ids: Any) -> Any:
        return self.words(ids) + self.places(tf.range(tf.shape(ids)[1]))


class PlainTransformer(keras.Model):
    """An encoder and a decoder of one layer each, of Keras' own layers.

    Parameters
    ----------
    setting : Setting
    n_source, n_target : int
        Words of each vocabulary.
    """

    def __init__(self, setting: Setting, n_source: int, n_target: int) -> None:
        super().__init__()
        self.embed_source = WordsAndPlaces(n_source, setting)
        self.encoder_attention = AttentionBlock(setting)
        self.encoder_feed_forward = FeedForwardBlock(setting)
        self.embed_target = WordsAndPlaces(n_target, setting)
        self.self_attention = AttentionBlock(setting)
        self.cross_attention = AttentionBlock(setting)
        self.decoder_feed_forward = FeedForwardBlock(setting)
        self.dropout = keras.layers.Dropout(setting.dropout)
        self.logits = keras.layers.Dense(n_target)

    def encode(self, source: Any) -> Any:
        """Read sentences.

        Parameters
        ----------
        source : tensor of int32, of shape (batch, n_source)
            Words, then padding.

        Returns
        -------
        tensor of shape (batch, n_source, d_model)
        """
        x = self.embed_source(source)
        return self.encoder_feed_forward(self.encoder_attention(x, x, _real(source)))

    def decode(self, target: Any, memory: Any, source: Any) -> Any:
        """Read what is written so far, and the source; the last step before the logits.

        Parameters
        ----------
        target : tensor of int32, of shape (batch, n_target)
            BOS, then words; nothing looks at later ones, so padding behind them needs no mask.
        memory : tensor of shape (batch, n_source, d_model)
            From `encode`.
        source : tensor of int32, of shape (batch, n_source)
            What was encoded.

        Returns
        -------
        tensor of shape (batch, n_target, d_model)
        """
        x = self.embed_target(target)
        x = self.self_attention(x, x, look_ahead_mask(tf.shape(target)[1])[None])
        return self.decoder_feed_forward(self.cross_attention(x, memory, _real(source)))

    def call(self, batch: tuple[Any, Any], training: bool = False) -> Any:
        """Return the logits of each next word.

        Parameters
        ----------
        batch : tuple of two tensors
            Source and target, as for `encode` and `decode`.
        training : bool, optional
            Whether numbers are dropped.

        Returns
        -------
        tensor of shape (batch, n_target, n_words)
        """
        source, target = batch
        x = self.decode(target, self.encode(source), source)
        return self.logits(self.dropout(x, training=training))


def _real(ids: Any) -> Any:
    """Return what an attention may look at, (batch, 1, n_keys): all that is no padding."""
    return (ids != PAD)[:, None]


# Training ------------------------------------------------------------------------------------


@dataclass
class Progress:
    """How far a training is.

    Attributes
    ----------
    epoch, batch : int
        Epochs that are done, and batches of the next.
    updates : int
    loss : float
        Sum over the words of this epoch, in nats.
    n_words : int
        How many words these are.
    seconds : float
        Of processor time, of all that is kept.
    log : list of dict
        What was measured: at the end of each epoch, and of the minutes.
    """

    epoch: int = 0
    batch: int = 0
    updates: int = 0
    loss: float = 0.0
    n_words: int = 0
    seconds: float = 0.0
    log: list[dict[str, float]] = field(default_factory=list)


class Training:
    """A model, its optimiser and how far they are, kept in a folder.

    Parameters
    ----------
    setting : Setting
    n_source, n_target : int
        Words of each vocabulary.
    folder : Path
        Goes on from what it holds.
    data : str, optional
        Which data these are: the digest of their corpus.

    Raises
    ------
    ValueError
        If the folder holds the training of another setting, or on other data.
    """

    def __init__(
        self, setting: Setting, n_source: int, n_target: int, folder: Path, data: str = ""
    ) -> None:
        self.setting, self.folder = setting, folder
        self.made_of = [*setting._asdict().items(), n_source, n_target, data]
        keras.utils.set_random_seed(setting.seed)
        self.model = PlainTransformer(setting, n_source, n_target)
        nothing = tf.zeros((1, 1), tf.int32)
        self.model((nothing, nothing))
        self.optimizer = keras.optimizers.RMSprop()
        self.optimizer.build(self.model.trainable_variables)
        self.progress = Progress()
        pair = [tf.TensorSpec((None, None), tf.int32)] * 2
        self._update = tf.function(self._updated, input_signature=pair)
        self._summed = tf.function(self._loss, input_signature=pair)
        if (folder / STATE).exists():
            self._load()

    def update(self, batch: Batch) -> None:
        """Update the weights once.

        Parameters
        ----------
        batch : Batch

        Raises
        ------
        FloatingPointError
            When the loss is no longer finite; the last checkpoint stays.
        """
        loss, n_words = self._update(*batch)
        now = self.progress
        now.loss, now.n_words = now.loss + float(loss), now.n_words + int(n_words)
        now.batch, now.updates = now.batch + 1, now.updates + 1
        if not math.isfinite(now.loss):
            raise FloatingPointError(
                f"loss must stay finite, got {now.loss} in update {now.updates}. The last "
                f"checkpoint is kept in {self.folder}."
            )

    def mean_loss(self, batches: Sequence[Batch]) -> float:
        """Compute the mean cross-entropy of held-out pairs, without dropout.

        Parameters
        ----------
        batches : sequence of Batch

        Returns
        -------
        float
            Nats for each word of the target.
        """
        sums = [[float(each) for each in self._summed(*batch)] for batch in batches]
        loss, n_words = np.sum(sums, axis=0)
        return float(loss / n_words)

    def _loss(self, source: Any, target: Any, training: bool = False) -> tuple[Any, Any]:
        """Return the loss, summed over all words that are no padding, and how many these are."""
        logits = self.model((source, target[:, :-1]), training=training)
        wanted = target[:, 1:]
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits)
        real = tf.cast(wanted != PAD, tf.float32)
        return tf.reduce_sum(losses * real), tf.reduce_sum(real)

    def _updated(self, source: Any, target: Any) -> tuple[Any, Any]:
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            loss, n_words = self._loss(source, target, training=True)
            mean = loss / n_words
        # Those of embeddings come with a row for each place, and Keras would square each row by
        # itself. The dense ones have the sum of those of one word.
        gradients = [tf.convert_to_tensor(each) for each in tape.gradient(mean, variables)]
        self.optimizer.apply(gradients, variables)
        return loss, n_words

    def save(self) -> None:
        """Keep all in one file, whole or not at all: weights, optimiser, dropout and progress."""
        text = json.dumps([self.made_of, asdict(self.progress)])
        arrays = [variable.numpy() for variable in self._all()]
        self._write(STATE, [np.frombuffer(text.encode(), np.uint8), *arrays])

    def _load(self) -> None:
        with np.load(self.folder / STATE) as file:
            text, *arrays = (file[f"arr_{number}"] for number in range(len(file.files)))
        made_of, progress = json.loads(text.tobytes())
        if made_of != json.loads(json.dumps(self.made_of)):
            raise ValueError(
                f"folder must hold this training or nothing, got {self.folder} with another one, "
                f"of {made_of}. Take another folder."
            )
        self.progress = Progress(**progress)
        for variable, array in zip(self._all(), arrays, strict=True):
            variable.assign(array)

    def _all(self) -> list[Any]:
        """Return all that changes; of the model also the state from which dropout is drawn."""
        return [*self.model.variables, *self.optimizer.variables]

    def measure(self, development: Sequence[Batch], n_batches: int, seconds: float) -> None:
        """Add a line to the log, and keep the weights if they are the best so far.

        Parameters
        ----------
        development : sequence of Batch
        n_batches : int
            Of an epoch.
        seconds : float
            Of processor time until now.
        """
        now = self.progress
        line = {
            "updates": now.updates,
            "epochs": round(now.epoch + now.batch / n_batches, 3),
            "loss": round(now.loss / now.n_words, 4),
            "development": round(self.mean_loss(development), 4),
            "processor_seconds": round(seconds, 1),
        }
        if line["development"] < min((each["development"] for each in now.log), default=math.inf):
            self._write(BEST, self.model.get_weights())
        now.log.append(line)
        lines = "".join(f"{json.dumps(each)}\n" for each in now.log)
        (self.folder / LOG).write_text(lines, encoding="utf-8")
        print(line, flush=True)

    def take_the_best(self) -> None:
        """Go back to the weights with the best development loss."""
        with np.load(self.folder / BEST) as file:
            self.model.set_weights([file[f"arr_{n}"] for n in range(len(file.files))])

    def _write(self, name: str, arrays: Sequence[Any]) -> None:
        unfinished = self.folder / f".{name}"
        self.folder.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            np.savez(file, *arrays)
        unfinished.replace(self.folder / name)


def train(
    run: Training,
    training: Pairs,
    development: Pairs,
    *,
    seconds: float,
    every: float = EVERY,
    clock: Callable[[], float] = time.process_time,
) -> str:
    """Train until the time is used up, or until more of it does not help.

    Parameters
    ----------
    run : Training
        At the end it has its best weights.
    training, development : sequence of (sequence of int, sequence of int)
        From `encode_words`.
    seconds : float
        Of processor time, what was used before included. With more, a training that is done goes
        on.
    every : float, optional
        Seconds of processor time from one checkpoint to the next.
    clock : callable, optional
        Returns seconds of processor time.

    Returns
    -------
    str
        Why it ended: ``"time"`` is used up, or the ``"development"`` loss fell no more.

    Raises
    ------
    ValueError
        If there are no pairs, or no time.
    """
    check_number("seconds", seconds, above=0)
    if not (training and development):
        raise ValueError(
            f"training and development must hold pairs, got {len(training)} and "
            f"{len(development)}. Take a larger corpus, or more words."
        )
    setting, now = run.setting, run.progress
    held_out = _batches(development, setting, 0)
    begun, saved = clock() - now.seconds, now.seconds  # as if it had never been interrupted
    while not (reason := _reason(now, seconds, setting.patience)):
        batches = _batches(training, setting, now.epoch)
        for batch in batches[now.batch :]:
            run.update(batch)
            now.seconds = clock() - begun
            if now.seconds >= seconds:
                break
            if now.seconds - saved >= every:
                run.save()
                saved = now.seconds
        run.measure(held_out, len(batches), clock() - begun)
        if now.batch == len(batches):
            now.epoch, now.batch, now.loss, now.n_words = now.epoch + 1, 0, 0.0, 0
        now.seconds = clock() - begun
        run.save()
    run.take_the_best()
    return reason


def _reason(now: Progress, seconds: float, patience: int) -> str:
    """Say why a training is over, or nothing if it is not."""
    losses = [line["development"] for line in now.log]
    if len(losses) > patience and min(losses[-patience:]) >= min(losses[:-patience]):
        return "development"
    return "time" if now.seconds >= seconds else ""


def _batches(pairs: Pairs, setting: Setting, epoch: int) -> list[Batch]:
    """Put pairs of about one length together, in the random order of an epoch."""
    rng = np.random.default_rng([setting.seed, epoch])
    order = rng.permutation(len(pairs))
    bucket = np.searchsorted(
        setting.lengths, [max(len(source), len(target) - 1) for source, target in pairs]
    )
    batches = []
    for number, length in enumerate(setting.lengths):
        rows = order[bucket[order] == number]
        for start in range(0, len(rows), setting.n_rows):
            chosen = [pairs[row] for row in rows[start : start + setting.n_rows]]
            batches.append(pad_pairs(chosen, setting.n_rows, length))
    return [batches[number] for number in rng.permutation(len(batches))]


def minutes_of(
    shipped: Shipped,
    training: Pairs,
    *,
    n_timed: int = N_TIMED,
    clock: Callable[[], float] = time.process_time,
) -> float:
    """Estimate how long the training of a translator takes on this machine.

    Parameters
    ----------
    shipped : Shipped
        With its sizes and recipe.
    training : sequence of (sequence of int, sequence of int)
        Its own, from `encode_pairs`.
    n_timed : int, optional
        Updates that are timed, from the whole of an epoch; compiling comes before.
    clock : callable, optional
        Returns seconds of processor time.

    Returns
    -------
    float
        Minutes of processor time for all updates of its recipe.
    """
    recipe = Recipe(**shipped.card["recipe"])
    rng = np.random.default_rng([recipe.seed, 0])
    batches, _ = draw_batches(training, recipe.n_positions, rng=rng)
    n_updates = recipe.n_epochs * len(batches)
    trainer = Trainer(Sizes(**shipped.card["sizes"]), recipe, n_updates)
    for batch in {batch.source.shape: batch for batch in batches}.values():
        trainer.update(*map(tf.constant, batch))
    timed = batches[:: math.ceil(len(batches) / n_timed)]
    begun = clock()
    for batch in timed:
        trainer.update(*map(tf.constant, batch))
    return (clock() - begun) / 60 / len(timed) * n_updates


# Translation ---------------------------------------------------------------------------------


class _Writer:
    """Computes everything anew for each word that is written: a `decoding.Stepper`."""

    bos, eos = BOS, EOS

    def __init__(self, model: PlainTransformer) -> None:
        self.model = model
        ids = tf.TensorSpec((None, None), tf.int32)
        memory = tf.TensorSpec((None, None, None), tf.float32)
        self._next = tf.function(
            lambda *state: model.logits(model.decode(*state)[:, -1]),
            input_signature=[ids, memory, ids],
        )

    def start(self, sources: Sequence[Sequence[int]]) -> tuple[Any, ...]:
        source = tf.constant(pad(sources))
        return tf.zeros((len(sources), 0), tf.int32), self.model.encode(source), source

    def step(self, state: tuple[Any, ...], ids: Any) -> tuple[Any, tuple[Any, ...]]:
        written, *read = state
        written = tf.concat([written, tf.cast(ids, tf.int32)[:, None]], axis=1)
        logits = self._next(written, *read).numpy()
        logits[:, NEVER] = -np.inf
        return logits, (written, *read)

    def choose(self, state: tuple[Any, ...], rows: Any) -> tuple[Any, ...]:
        return tuple(tf.gather(part, rows) for part in state)


def translate(
    model: PlainTransformer,
    source: Words,
    target: Words,
    texts: Sequence[str],
    setting: Setting,
) -> list[str]:
    """Translate sentences greedily.

    Parameters
    ----------
    model : PlainTransformer
    source, target : Words
    texts : sequence of str
        Of the words of a sentence no more are read than the model has places.
    setting : Setting

    Returns
    -------
    list of str
        Small letters without punctuation.
    """
    writer, longest = _Writer(model), setting.lengths[-1]
    # Of a sentence without any word something has to be read.
    sources = [(source.encode(text) or [UNKNOWN])[:longest] for text in texts]
    order = sorted(range(len(sources)), key=lambda number: len(sources[number]))
    found: dict[int, str] = {}
    for start in range(0, len(order), setting.n_rows):
        rows = order[start : start + setting.n_rows]
        for row, best in zip(
            rows, greedy(writer, [sources[row] for row in rows], limit=longest), strict=True
        ):
            found[row] = target.decode(best.ids)
    return [found[number] for number in range(len(sources))]


# The comparison ------------------------------------------------------------------------------


def _judged(translations: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Score translations as they are, and without capitals and punctuation on either side.

    Only the second is fair to a model that knows neither.
    """
    pairs = _plain_pairs(translations, references)
    return {
        name: {
            metric: [round(each, 2) for each in score[:3]] + [score.signature]
            for metric, score in judge(*both).items()
        }
        for name, both in (("as written", (translations, references)), ("plain", pairs))
    }


def _plain_pairs(
    translations: Sequence[str], references: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """Make translations and references plain; what then has no reference is left out."""
    rows = [
        (plain(translation), [text for each in own if (text := plain(each))])
        for translation, own in zip(translations, references, strict=True)
    ]
    return [one for one, own in rows if own], [own for _, own in rows if own]


def _compared(
    ours: Mapping[str, Sequence[str]], theirs: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, list[float]]:
    """Return by how much BLEU of the translator is higher, without capitals and punctuation."""
    other = matches(*_plain_pairs(theirs, references))
    found = {}
    for n_beams, translations in ours.items():
        counted = matches(*_plain_pairs(translations, references))
        difference = compare(counted, other, rng=np.random.default_rng(0))
        found[n_beams] = [round(each, 2) for each in difference]
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the plain Transformer, and compare it with the shipped translator."""
    parser = argparse.ArgumentParser(prog="python -m unrolled.translation.baseline")
    parser.add_argument("folder", type=Path, help="keeps the state of the training")
    parser.add_argument("results", type=Path, help="what the pages show")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="the translator beside it")
    parser.add_argument(
        "--processor-minutes",
        type=float,
        help="to train, on all cores together; as many as the training of the translator takes",
    )
    parser.add_argument("--sentences", type=int, help="judge fewer, to try it")
    options = parser.parse_args(arguments)
    shipped, corpus, setting = load_translator(options.model), open_corpus(), Setting()
    if shipped.card["digest"] != corpus.digest:
        raise ValueError(f"{options.model} was trained on another corpus than {corpus.name}.")
    parts = split(corpus)
    budget = options.folder / BUDGET
    if not budget.exists():  # measured once: a training that goes on has the same end
        minutes = minutes_of(shipped, encode_pairs(parts.training, shipped.tokenizer))
        budget.parent.mkdir(parents=True, exist_ok=True)
        budget.write_text(json.dumps(minutes), encoding="utf-8")
    minutes = json.loads(budget.read_text(encoding="utf-8"))
    wanted = minutes if options.processor_minutes is None else options.processor_minutes
    source, target = (
        Words((pair[side] for pair in parts.training.pairs), setting.n_words) for side in (0, 1)
    )
    training, development = (
        encode_words(part, source, target, setting.lengths[-1]) for part in parts[:2]
    )
    run = Training(setting, len(source), len(target), options.folder, corpus.digest)
    reason = train(run, training, development, seconds=60 * wanted)

    translator, test = Translator(shipped), references_of(parts.test)
    fits = {text: own for text, own in test.items() if translator.fits(text)}
    step = max(1, len(fits) // (options.sentences or len(fits)))
    texts = [*fits][::step]
    references = [fits[text] for text in texts]
    theirs = translate(run.model, source, target, texts, setting)
    ours = {str(n_beams): translator.translate(texts, n_beams=n_beams) for n_beams in BEAMS}
    # The log of its training stands in the card of the file, processor time of each epoch included.
    elsewhere = sum(line["processor_seconds"] for line in shipped.card["log"]) / 60
    results = {
        "corpus": corpus.name,
        "digest": corpus.digest,
        "translator": shipped.fingerprint,
        "setting": setting._asdict(),
        "n_parameters": run.model.count_params(),
        "n_parameters_of_the_translator": sum(w.size for w in shipped.weights.values()),
        "n_words": [len(source), len(target)],
        "unknown": [_unknown(training, side) for side in (0, 1)],
        "n_pairs": len(training),
        "n_left_out": len(parts.training.pairs) - len(training),
        "processor_minutes": round(run.progress.seconds / 60, 1),
        "processor_minutes_of_the_translator": round(minutes, 1),
        "processor_minutes_where_it_was_trained": round(elsewhere, 1),
        "ended_by": reason,
        "log": run.progress.log,
        "n_judged": len(texts),
        "n_cut_off": sum(len(source.encode(text)) > setting.lengths[-1] for text in texts),
        "scores": _judged(theirs, references),
        "scores_of_the_translator": {
            n_beams: _judged(translations, references) for n_beams, translations in ours.items()
        },
        "translator_is_better_by": _compared(ours, theirs, references),
        "examples": [*zip(texts, theirs, ours[str(BEAMS[-1])], references, strict=True)][
            :: max(1, len(texts) // N_EXAMPLES)
        ],
    }
    options.results.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(results["scores"], results["translator_is_better_by"], flush=True)


def _unknown(pairs: Pairs, side: int) -> float:
    """Return the share of the words of the training that the vocabulary has not."""
    words = [word for pair in pairs for word in pair[side] if word not in (BOS, EOS)]
    return round(words.count(UNKNOWN) / len(words), 4)


if __name__ == "__main__":
    main()
