"""Small multi-head layers that show what heads are for: a question that needs a comparison.

A question word asks for the one who did something, or for the one to whom it was done. The role of
a name is in other features than the question, and the answer in yet others.
"""

from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.networks.attention import (
    MultiHeadParams,
    multi_head_backward,
    multi_head_forward,
)
from unrolled.networks.dense import DenseParams
from unrolled.networks.training import adam, train_on_batches
from unrolled.shapes import check_integer, check_number, check_shape

__all__ = [
    "N_HEADS",
    "Questions",
    "block_diagonal",
    "hand_set_layer",
    "question_gradient",
    "train_on_questions",
    "who_or_whom",
]

Floats = NDArray[Any]

N_HEADS = 3
"""Heads of the layers here, one for each block of features: asks for, is, content."""
D_HEAD = 2  # of a block
ASKS, IS, CONTENT = (slice(start, start + D_HEAD) for start in (0, 2, 4))
QUESTION, FIRST_NAME, SECOND_NAME = 0, 1, 3  # positions of the four tokens; the verb is at 2


class Questions(NamedTuple):
    """Four short sentences with a question, and the content that answers each."""

    tokens: Floats  # (4, 4, 6): sentences, tokens, features
    answers: Floats  # (4, 2): the content of the name that is asked for


def who_or_whom() -> Questions:
    """List all cases of a question word, a name, a verb and a name.

    Returns
    -------
    Questions
        Features are three blocks of two: what a token asks for, what it is, and its content. The
        first number of the first two blocks is the doer, the second the one to whom it is done. In
        the order of the cases the question changes faster, then the roles of the names change.

    Notes
    -----
    Page ``splitting-heads``.
    """
    tokens, answers = np.zeros((4, 4, 3 * D_HEAD)), np.zeros((4, D_HEAD))
    for case, (swapped, asked) in enumerate(np.ndindex(2, 2)):
        tokens[case, QUESTION, ASKS][asked] = 1
        for name, place in enumerate((FIRST_NAME, SECOND_NAME)):
            role = (name + swapped) % 2
            tokens[case, place, IS][role] = 1
            tokens[case, place, CONTENT][name] = 1
            if role == asked:
                answers[case, name] = 1
    return Questions(tokens, answers)


def hand_set_layer(sharpness: float) -> MultiHeadParams:
    """Return weights with which the first head answers `who_or_whom`; the others do nothing.

    Parameters
    ----------
    sharpness : float
        The score of the name that is asked for, above 0; all other scores are zero.

    Returns
    -------
    MultiHeadParams
        For three heads of dimension two. The output projection puts the first head into the block
        of content.

    Raises
    ------
    ValueError
        If the sharpness is not a number above zero.
    """
    sharpness = check_number("sharpness", sharpness, above=0)
    layers = [np.zeros((3 * D_HEAD, 3 * D_HEAD)) for _ in range(4)]
    first_head = slice(0, D_HEAD)
    places = ((ASKS, first_head), (IS, first_head), (CONTENT, first_head), (first_head, CONTENT))
    for W, place in zip(layers, places, strict=True):
        W[place] = np.eye(D_HEAD)
    layers[0] *= sharpness * np.sqrt(D_HEAD)  # the score is divided by the root again
    return MultiHeadParams(*(DenseParams(W, np.zeros(3 * D_HEAD)) for W in layers))


def block_diagonal(params: MultiHeadParams, n_heads: int) -> MultiHeadParams:
    """Keep the diagonal blocks of the first three projections, as if tokens were split first.

    Parameters
    ----------
    params : MultiHeadParams
        Weights, or their derivatives.
    n_heads : int
        Must divide the dimension.

    Returns
    -------
    MultiHeadParams
        With zeros outside the diagonal blocks of the projections to queries, keys and values.

    Raises
    ------
    ValueError
        If the number of heads does not divide the dimension.
    """
    d_model, _ = check_shape("params.query.W", params.query.W, "d_model d_model")
    n_heads = check_integer("n_heads", n_heads)
    if d_model % n_heads:
        raise ValueError(f"n_heads must divide d_model={d_model}, got {n_heads}.")
    head = np.arange(d_model) // (d_model // n_heads)
    kept = head[:, None] == head
    query, key, value = (DenseParams(np.where(kept, layer.W, 0), layer.b) for layer in params[:3])
    return MultiHeadParams(query, key, value, params.output)


def question_gradient(
    params: MultiHeadParams, tokens: Floats, answers: Floats
) -> tuple[float, MultiHeadParams]:
    """Compute the mean squared error of the answers, and its gradient for the weights.

    Parameters
    ----------
    params : MultiHeadParams
        For three heads.
    tokens : ndarray of shape (batch, 4, 6)
    answers : ndarray of shape (batch, 2)
        Compared with the block of content in the layer's output at the question word.

    Returns
    -------
    loss : float
    gradients : MultiHeadParams

    Raises
    ------
    ValueError
        If the shapes do not match, or a number is not finite.
    """
    batch, _, _ = check_shape("tokens", tokens, "batch n_tokens d_model")
    check_shape("answers", answers, "batch n_answers", batch=batch, n_answers=D_HEAD)
    output, _, cache = multi_head_forward(params, tokens, tokens, tokens, n_heads=N_HEADS)
    errors = output[:, QUESTION, CONTENT] - answers
    d_output = np.zeros_like(output)
    d_output[:, QUESTION, CONTENT] = 2 * errors / errors.size
    gradients = multi_head_backward(params, cache, d_output)
    return float(np.mean(errors**2)), gradients.params


def train_on_questions(
    params: MultiHeadParams,
    *,
    n_steps: int,
    learning_rate: float = 0.02,
    is_block_diagonal: bool = False,
) -> tuple[MultiHeadParams, NDArray[np.float64]]:
    """Train with Adam, on all cases of `who_or_whom` in each step.

    Parameters
    ----------
    params : MultiHeadParams
        Of dimension six.
    n_steps : int
    learning_rate : float, optional
    is_block_diagonal : bool, optional
        Hold everything outside the diagonal blocks at zero, as `block_diagonal` does.

    Returns
    -------
    params : MultiHeadParams
    losses : ndarray of shape (n_steps + 1,)
        Before the first step and after each.

    Raises
    ------
    ValueError
        If an argument has the wrong type or is out of range.
    """
    n_steps, questions = check_integer("n_steps", n_steps), who_or_whom()
    params = block_diagonal(params, N_HEADS) if is_block_diagonal else params

    def gradient_of(params: MultiHeadParams, *batch: Floats) -> tuple[float, MultiHeadParams]:
        loss, gradients = question_gradient(params, *batch)
        return loss, block_diagonal(gradients, N_HEADS) if is_block_diagonal else gradients

    optimizer = adam(params, learning_rate=learning_rate)
    params, losses = train_on_batches(params, gradient_of, repeat(questions, n_steps), optimizer)
    return params, np.append(losses, question_gradient(params, *questions)[0])
