"""How the functions of `unrolled.networks` are tried."""

import math
from functools import partial

import mpmath
import numpy as np

from extremes.exact import Exact, gradients, sigmoid, total
from extremes.situations import DTYPES, LENGTHS, Table, with_gradients
from unrolled.networks import (
    activations,
    attention,
    attention_maps,
    attention_scores,
    boltzmann,
    clipping,
    convolution,
    ctc,
    dense,
    feedforward,
    gradient_check,
    gru,
    gru_reset_after,
    jacobians,
    layer_norm,
    losses,
    lstm,
    masks,
    optimizers,
    perceptron,
    positions,
    pytrees,
    rnn,
    sequence_models,
    transformer,
)

TABLE = Table("unrolled.networks")
add = TABLE.add
ONCE = {"patterns": ("1",), "long_patterns": ("1",), "dtypes": (np.float64,)}  # nothing is drawn
ONE_BY_ONE = (1, 100)  # where each number is answered alone
# What float32 cannot hold: products of two numbers, and of three or four.
PRODUCTS = ("float32 1e19 *", "float32 1e30 *", "float32 mixed *")
LONG_PRODUCTS = ("float32 1e15 *", *PRODUCTS)


# Activations ---------------------------------------------------------------------------------


@add("activations.sigmoid", "activations.trusted_sigmoid", lengths=ONE_BY_ONE)
def _(draw, n):
    return [draw(n)], activations.sigmoid, sigmoid


@add("activations.tanh", lengths=ONE_BY_ONE)
def _(draw, n):
    return [draw(n)], activations.tanh, np.tanh


def relu(x):
    return np.where(np.vectorize(lambda number: number > 0, otypes=[bool])(x), x, Exact(0))


@add("activations.relu", "activations.relu_backward", lengths=ONE_BY_ONE)
def _(draw, n):
    def ours(x, d_y):
        y = activations.relu(x)
        return y, activations.relu_backward(y, d_y)

    return [draw(n), draw(n)], ours, with_gradients(lambda x: [relu(x)], 1)


def softmax(x):
    """Shares along the last axis."""
    rows = []
    for row in np.reshape(x, (-1, x.shape[-1])):
        weights = np.exp(row - max(row))
        rows.append(weights / total(weights))
    return np.reshape(rows, x.shape)


@add("activations.softmax", "activations.trusted_softmax", within=32)
def _(draw, n):
    return [draw(1, n)], activations.softmax, softmax


# Attention -----------------------------------------------------------------------------------


def attend(query, key, value, mask):
    scores = query @ np.swapaxes(key, -1, -2) / Exact(query.shape[-1]).sqrt()
    weights = np.full(scores.shape, Exact(0))
    for place in np.ndindex(scores.shape[:-1]):
        allowed = np.broadcast_to(mask, scores.shape)[place]
        if allowed.any():
            weights[place][allowed] = softmax(scores[place][allowed])
    return weights @ value, weights


def attention_entry(draw, n, *, n_queries, mask):
    given = mask(n_queries, n)

    def ours(query, key, value, d_context):
        context, weights = attention.scaled_dot_product_attention(query, key, value, given)
        d_inputs = attention.scaled_dot_product_attention_backward(
            query, key, value, weights, d_context
        )
        return context, d_inputs

    def forward(query, key, value):
        return attend(query, key, value, True if given is None else given)[:1]

    inputs = [draw(n_queries, 2), draw(n, 2), draw(n, 2), draw(n_queries, 2)]
    return inputs, ours, with_gradients(forward, 1)


def one_or_none(n_queries, n_keys):
    """The first query sees the last key, the others see nothing."""
    mask = np.zeros((n_queries, n_keys), bool)
    mask[0, -1] = True
    return mask


def some(n_queries, n_keys):
    return np.random.default_rng(7).random((n_queries, n_keys)) < 0.5


for mask, n_queries, lengths in (
    (lambda *_: None, 1, LENGTHS),
    (one_or_none, 2, LENGTHS),
    (some, 3, ONE_BY_ONE),
):
    add(
        "attention.scaled_dot_product_attention",
        "attention.scaled_dot_product_attention_backward",
        "attention.trusted_attention",
        lengths=lengths,
        may_refuse=PRODUCTS,
        within=64,
        vanishing=True,
    )(partial(attention_entry, n_queries=n_queries, mask=mask))


@add("attention.split_heads", "attention.merge_heads")
def _(draw, n):
    def ours(x):
        heads = attention.split_heads(x, 2)
        return heads, attention.merge_heads(heads)

    return [draw(n, 4)], ours, lambda x: [np.stack([x[:, :2], x[:, 2:]]), x]


def self_attention(W_q, b_q, W_k, b_k, W_v, b_v, W_o, b_o, x, mask):
    mapped = (x[0] @ W + b for W, b in ((W_q, b_q), (W_k, b_k), (W_v, b_v)))
    heads = [[part[:, :1], part[:, 1:]] for part in mapped]
    merged = np.concatenate([attend(*head, mask)[0] for head in zip(*heads, strict=True)], axis=1)
    return [(merged @ W_o + b_o)[None]]


@add(
    "attention.multi_head_forward",
    "attention.multi_head_backward",
    lengths=(1, 10),
    within=128,
    vanishing=True,
    may_refuse=LONG_PRODUCTS,
)
def _(draw, n):
    mask = np.tril(np.ones((n, n), bool))

    def ours(*inputs):
        *leaves, x, d_output = inputs
        params = attention.MultiHeadParams(
            *(dense.DenseParams(*leaves[k : k + 2]) for k in range(0, 8, 2))
        )
        output, _, cache = attention.multi_head_forward(params, x, x, x, mask, n_heads=2)
        found = attention.multi_head_backward(params, cache, d_output)
        return output, found.params, found.query + found.key + found.value

    leaves = [draw(*shape) for _ in range(4) for shape in ((2, 2), (2,))]
    return (
        [*leaves, draw(1, n, 2), draw(1, n, 2)],
        ours,
        with_gradients(partial(self_attention, mask=mask), 1),
    )


def additive_scores(query, key, U_q, U_k, w):
    sums = (query @ U_q)[:, None] + (key @ U_k)[None]
    return [np.tanh(sums) @ w]


def bilinear_scores(query, key, W):
    return [query @ W @ key.T]


def scores_entry(draw, n, *, ours, backward, witness, shapes):
    def both(*inputs):
        *arrays, d_scores = inputs
        return ours(*arrays), backward(*arrays, d_scores)

    inputs = [draw(2, 2), draw(n, 3), *(draw(*shape) for shape in shapes), draw(2, n)]
    return inputs, both, with_gradients(witness, 1)


for name, witness, shapes in (
    ("additive_scores", additive_scores, ((2, 2), (3, 2), (2,))),
    ("bilinear_scores", bilinear_scores, ((2, 3),)),
):
    add(
        f"attention_scores.{name}",
        f"attention_scores.{name}_backward",
        lengths=ONE_BY_ONE,
        may_refuse=LONG_PRODUCTS,
        within=64,
        vanishing=True,
    )(
        partial(
            scores_entry,
            ours=getattr(attention_scores, name),
            backward=getattr(attention_scores, f"{name}_backward"),
            witness=witness,
            shapes=shapes,
        )
    )


# Layers --------------------------------------------------------------------------------------


@add("dense.dense_forward", "dense.dense_backward", may_refuse=PRODUCTS, within=64, vanishing=True)
def _(draw, n):
    def ours(W, b, x, d_y):
        params = dense.DenseParams(W, b)
        y, cache = dense.dense_forward(params, x)
        return y, dense.dense_backward(params, cache, d_y)

    inputs = [draw(2, 1), draw(1), draw(n, 2), draw(n, 1)]
    return inputs, ours, with_gradients(lambda W, b, x: [x @ W + b], 1)


def layer_norm_rows(gain, bias, x):
    """Each row alone."""
    rows = []
    for row in x:
        centred = row - total(row) / len(row)
        deviation = (total(centred * centred) / len(row) + layer_norm.EPSILON).sqrt()
        rows.append(centred / deviation * gain + bias)
    return [np.array(rows, object)]


@add(
    "layer_norm.layer_norm_forward",
    "layer_norm.layer_norm_backward",
    "layer_norm.trusted_layer_norm",
    may_refuse=PRODUCTS,
    within=64,
    vanishing=True,
)
def _(draw, n):
    def ours(gain, bias, x, d_y):
        params = layer_norm.LayerNormParams(gain, bias)
        y, cache = layer_norm.layer_norm_forward(params, x)
        return y, layer_norm.layer_norm_backward(params, cache, d_y)

    inputs = [draw(n), draw(n), draw(2, n), draw(2, n)]
    return inputs, ours, with_gradients(layer_norm_rows, 1)


@add(
    "convolution.convolution_forward",
    "convolution.convolution_backward",
    may_refuse=PRODUCTS,
    vanishing=True,
)
def _(draw, n):
    def ours(K, b, x, d_y):
        params = convolution.ConvolutionParams(K, b)
        y, cache = convolution.convolution_forward(params, x, padding=1, stride=2)
        return y, convolution.convolution_backward(params, cache, d_y)

    def forward(K, b, x):
        padded = np.full((1, 3, n + 2, 1), Exact(0))
        padded[:, 1:-1, 1:-1] = x
        places = range(0, n, 2)
        looks = [[(padded[0, :3, p : p + 3, 0] * K[..., 0, 0]).sum() for p in places]]
        return [np.array(looks, object)[None, ..., None] + b]

    inputs = [draw(3, 3, 1, 1), draw(1), draw(1, 1, n, 1), draw(1, 1, (n + 1) // 2, 1)]
    return inputs, ours, with_gradients(forward, 1)


@add("convolution.pooling_forward", "convolution.pooling_backward")
def _(draw, n):
    def ours(x, d_y):
        y, cache = convolution.pooling_forward(x)
        return y, convolution.pooling_backward(cache, d_y)

    def witness(x, d_y):
        y, d_x = np.full((1, 1, n, 1), Exact(0)), np.full((1, 2, 2 * n, 1), Exact(0))
        for k in range(n):
            window = [(0, i, j, 0) for i in range(2) for j in (2 * k, 2 * k + 1)]
            best = max(window, key=lambda place: x[place].value)
            y[0, 0, k, 0], d_x[best] = x[best], d_y[0, 0, k, 0]
        return y, d_x

    return [draw(1, 2, 2 * n, 1), draw(1, 1, n, 1)], ours, witness


# Gradients as a whole ------------------------------------------------------------------------


def norm(*leaves):
    return total([number * number for leaf in leaves for number in np.ravel(leaf)]).sqrt()


@add("clipping.global_norm", within=32)
def _(draw, n):
    return [draw(n), draw(1)], lambda *tree: clipping.global_norm(tree), norm


@add("clipping.clip_by_norm", within=32)
def _(draw, n):
    def witness(leaf):
        length = norm(leaf)
        return leaf if length.value <= 3 else leaf * 3 / length

    return [draw(n)], lambda leaf: clipping.clip_by_norm(leaf, 3), witness


@add("clipping.clip_by_value", lengths=ONE_BY_ONE)
def _(draw, n):
    def witness(leaf):
        return [np.array([min(max(x, Exact(-3)), Exact(3)) for x in leaf], object)]

    return [draw(n)], lambda leaf: clipping.clip_by_value(leaf, 3), witness


@add("optimizers.descent_step", lengths=ONE_BY_ONE)
def _(draw, n):
    def ours(w, derivative):
        return optimizers.descent_step(w, derivative, learning_rate=0.5)

    return [draw(n), draw(n)], ours, lambda w, derivative: w - derivative * 0.5


@add("optimizers.momentum_init", "optimizers.momentum_step", lengths=ONE_BY_ONE, within=32)
def _(draw, n):
    def ours(w, first, second):
        state = optimizers.momentum_init(w)
        w, state = optimizers.momentum_step(w, first, state, learning_rate=0.5)
        return optimizers.momentum_step(w, second, state, learning_rate=0.5)[0]

    def witness(w, first, second):
        w = w - first * 0.5
        return w - (first * 0.9 + second) * 0.5

    return [draw(n), draw(n), draw(n)], ours, witness


@add("optimizers.adagrad_init", "optimizers.adagrad_step", lengths=ONE_BY_ONE, within=32)
def _(draw, n):
    def ours(w, first, second):
        state = optimizers.adagrad_init(w)
        w, state = optimizers.adagrad_step(w, first, state, learning_rate=0.5)
        return optimizers.adagrad_step(w, second, state, learning_rate=0.5)[0]

    def witness(w, first, second):
        squares = np.full(n, Exact(0))
        for derivative in (first, second):
            squares = squares + derivative * derivative
            w = w - derivative / (np.sqrt(squares) + 1e-8) * 0.5
        return w

    return [draw(n), draw(n), draw(n)], ours, witness


def adam_entry(draw, n, *, epsilon):
    beta_1, beta_2 = 0.9, 0.999

    def ours(w, first, second):
        state = optimizers.adam_init(w)
        w, state = optimizers.adam_step(w, first, state, epsilon=epsilon)
        return optimizers.adam_step(w, second, state, epsilon=epsilon)[0]

    def witness(w, first, second):
        m, s = np.full(n, Exact(0)), np.full(n, Exact(0))
        for t, derivative in enumerate((first, second), start=1):
            m = m * beta_1 + derivative * (1 - Exact(beta_1))
            s = s * beta_2 + derivative * derivative * (1 - Exact(beta_2))
            right = (Exact(1 - Exact(k).value ** t) for k in (beta_1, beta_2))
            m_hat, s_hat = (one / two for one, two in zip((m, s), right, strict=True))
            w = w - m_hat / (np.sqrt(s_hat) + epsilon) * 1e-3
        return w

    return [draw(n), draw(n), draw(n)], ours, witness


for epsilon, may_refuse in ((1e-8, PRODUCTS), (1e-30, ("float32 *",)), (1e30, PRODUCTS)):
    add(
        "optimizers.adam_init",
        "optimizers.adam_step",
        lengths=ONE_BY_ONE,
        may_refuse=may_refuse,
        within=32,
    )(partial(adam_entry, epsilon=epsilon))


# Losses --------------------------------------------------------------------------------------


@add("losses.cross_entropy_forward", "losses.cross_entropy_backward", within=32)
def _(draw, n):
    targets = np.arange(n) % 3

    def ours(logits):
        loss, cache = losses.cross_entropy_forward(logits, targets)
        return loss, losses.cross_entropy_backward(cache)

    def witness(logits):
        p, places = softmax(logits), np.arange(n)
        shifted = [row - max(row) for row in logits]
        terms = [
            total(np.exp(row)).log() - row[target]
            for row, target in zip(shifted, targets, strict=True)
        ]
        d_logits = p / n
        d_logits[places, targets] = (p[places, targets] - 1) / n
        return total(terms) / n, d_logits

    return [draw(n, 3)], ours, witness


@add("losses.binary_cross_entropy_forward", "losses.binary_cross_entropy_backward", within=32)
def _(draw, n):
    targets = np.arange(n) % 2

    def ours(logits):
        loss, cache = losses.binary_cross_entropy_forward(logits, targets)
        return loss, losses.binary_cross_entropy_backward(cache)

    def cost(away):
        """Of a tiny exponential, forty digits would keep nothing beside one."""
        if away > 0:
            return away + cost(-away)
        return away.exp() if away < -40 else (Exact(1) + away.exp()).log()

    def witness(logits):
        away = np.where(targets == 1, -logits, logits)
        shares = sigmoid(away) / n
        return total([cost(one) for one in away]) / n, np.where(targets == 1, -shares, shares)

    return [draw(n)], ours, witness


@add(
    "losses.squared_error_forward", "losses.squared_error_backward", may_refuse=PRODUCTS, within=32
)
def _(draw, n):
    def ours(y, targets):
        loss, cache = losses.squared_error_forward(y, targets)
        return loss, losses.squared_error_backward(cache)

    def witness(y, targets):
        errors = y - targets
        return total(errors * errors) / (2 * n), errors / n

    return [draw(n, 2), draw(n, 2)], ours, witness


CTC_LABELS = [1, 2, 2, 1]
CTC = {"may_refuse": ("* 1e15 *", "* 1e19 *", "* 1e30 *", "* mixed *"), "within": 1}


def sum_over_alignments(logits):
    """Minus its logarithm, place by place, in shares of what all places have so far."""
    labels = CTC_LABELS if logits.shape[1] > 1 else []
    places = [0, *(k for label in labels for k in (label, 0))]
    p, loss = softmax(logits[0]), Exact(0)
    alpha = [p[0, label] if s < 2 else Exact(0) for s, label in enumerate(places)]
    for frame in p[1:]:
        whole = total(alpha)
        loss, before = loss - whole.log(), [Exact(0), Exact(0), *(a / whole for a in alpha)]
        alpha = []
        for s, label in enumerate(places):
            ways = before[s + 1] + before[s + 2]
            if s > 1 and label and label != places[s - 2]:
                ways = ways + before[s]
            alpha.append(ways * frame[label])
    return [loss - (alpha[-1] if len(places) == 1 else alpha[-1] + alpha[-2]).log()]


@add("ctc.ctc_loss_forward", "ctc.ctc_loss_backward", lengths=(1, 100, 300), **CTC)
def _(draw, n):
    def ours(logits):
        loss, cache = ctc.ctc_loss_forward(logits, [CTC_LABELS if n > 1 else []])
        return loss, ctc.ctc_loss_backward(cache)

    return [draw(1, n, 3)], ours, lambda logits: gradients(sum_over_alignments, [logits])


@add("ctc.ctc_loss_forward", lengths=(5000,), **CTC)
def _(draw, n):
    def ours(logits):
        return ctc.ctc_loss_forward(logits, [CTC_LABELS])[0]

    return [draw(1, n, 3)], ours, sum_over_alignments


# Networks in time ----------------------------------------------------------------------------


def widths(n):
    """Thousands of steps of forty digits take their time: one unit is enough for them."""
    return (1, 1) if n > 1000 else (2, 2)


IN_TIME = {"may_refuse": PRODUCTS, "within": 256, "vanishing": True, "long_patterns": ("1",)}


@add("rnn.rnn_forward", "rnn.rnn_backward", "rnn.rnn_deltas", **IN_TIME)
def _(draw, n):
    i, h = widths(n)

    def ours(U, W, b, V, c, x, h0, d_logits):
        params = rnn.RNNParams(U, W, b, V, c)
        logits, _, cache = rnn.rnn_forward(params, x, h0)
        return logits, rnn.rnn_backward(params, cache, d_logits)

    def forward(U, W, b, V, c, x, h0):
        state, logits = h0, []
        for t in range(n):
            state = np.tanh(x[:, t] @ U + state @ W + b)
            logits.append(state @ V + c)
        return [np.stack(logits, axis=1)]

    shapes = ((i, h), (h, h), (h,), (h, 1), (1,), (1, n, i), (1, h), (1, n, 1))
    return [draw(*shape) for shape in shapes], ours, with_gradients(forward, 1)


def gru_params(kind, leaves):
    gates = [gru.GRUGate(*leaves[k : k + 3]) for k in (0, 3, 6)]
    return kind._make([*gates, *leaves[9:]])


@add("gru.gru_forward", "gru.gru_backward", **IN_TIME)
def _(draw, n):
    i, h = widths(n)

    def ours(*inputs):
        *leaves, x, h0, d_h = inputs
        params = gru_params(gru.GRUParams, leaves)
        states, cache = gru.gru_forward(params, x, h0)
        return states, gru.gru_backward(params, cache, d_h)

    def forward(*inputs):
        return [np.stack(gru_states(*inputs), axis=1)]

    gates = ((i, h), (h, h), (h,)) * 3
    shapes = (*gates, (1, n, i), (1, h), (1, n, h))
    return [draw(*shape) for shape in shapes], ours, with_gradients(forward, 1)


def gru_states(W_z, R_z, b_z, W_r, R_r, b_r, W_g, R_g, b_g, x, state):
    states = []
    for t in range(x.shape[1]):
        z = sigmoid(x[:, t] @ W_z + state @ R_z + b_z)
        r = sigmoid(x[:, t] @ W_r + state @ R_r + b_r)
        g = np.tanh(x[:, t] @ W_g + (r * state) @ R_g + b_g)
        state = z * state + (1 - z) * g
        states.append(state)
    return states


@add(
    "gru_reset_after.gru_reset_after_forward", "gru_reset_after.gru_reset_after_backward", **IN_TIME
)
def _(draw, n):
    i, h = widths(n)

    def ours(*inputs):
        *leaves, x, h0, d_h = inputs
        params = gru_params(gru_reset_after.GRUResetAfterParams, leaves)
        states, cache = gru_reset_after.gru_reset_after_forward(params, x, h0)
        return states, gru_reset_after.gru_reset_after_backward(params, cache, d_h)

    def forward(W_z, R_z, b_z, W_r, R_r, b_r, W_g, R_g, b_g, b_R, x, state):
        states = []
        for t in range(n):
            z = sigmoid(x[:, t] @ W_z + state @ R_z + b_z)
            r = sigmoid(x[:, t] @ W_r + state @ R_r + b_r)
            g = np.tanh(x[:, t] @ W_g + r * (state @ R_g + b_R) + b_g)
            state = z * state + (1 - z) * g
            states.append(state)
        return [np.stack(states, axis=1)]

    gates = ((i, h), (h, h), (h,)) * 3
    shapes = (*gates, (h,), (1, n, i), (1, h), (1, n, h))
    return [draw(*shape) for shape in shapes], ours, with_gradients(forward, 1)


@add(
    *("lstm.lstm_forward", "lstm.lstm_backward", "lstm.lstm_deltas"),
    *("lstm_fused.lstm_forward_fused", "lstm_fused.lstm_backward_fused"),
    **IN_TIME,
)
def _(draw, n):
    i, h = widths(n)

    def ours(*inputs):
        *leaves, x, y0, c0, d_y = inputs
        params = lstm_params(leaves)
        for forwards, backwards in (
            (lstm.lstm_forward, lstm.lstm_backward),
            (lstm.lstm_forward_fused, lstm.lstm_backward_fused),
        ):
            y, _, cache = forwards(params, x, y0, c0)
            yield y, backwards(params, cache, d_y)

    def forward(W, R, b, W_i, R_i, b_i, p_i, W_f, R_f, b_f, p_f, W_o, R_o, b_o, p_o, x, y, c):
        outputs = []
        for t in range(n):
            z = np.tanh(x[:, t] @ W + y @ R + b)
            i = sigmoid(x[:, t] @ W_i + y @ R_i + p_i * c + b_i)
            f = sigmoid(x[:, t] @ W_f + y @ R_f + p_f * c + b_f)
            c = z * i + c * f
            o = sigmoid(x[:, t] @ W_o + y @ R_o + p_o * c + b_o)
            y = o * np.tanh(c)
            outputs.append(y)
        return [np.stack(outputs, axis=1)]

    def witness(*inputs):
        return [with_gradients(forward, 1)(*inputs)] * 2

    gate = ((i, h), (h, h), (h,), (h,))
    shapes = (*gate[:3], *gate * 3, (1, n, i), (1, h), (1, h), (1, n, h))
    return [draw(*shape) for shape in shapes], lambda *inputs: list(ours(*inputs)), witness


def padded_entry(draw, n, *, shapes, run):
    """Where no step is real, the state is carried to the end, and nothing is learnt."""

    def ours(*inputs):
        states, gradients, d_state = run(*inputs, np.zeros((1, n), bool))
        return states, gradients, d_state

    def witness(*inputs):
        *weights, state, d_states = inputs
        carried = np.repeat(state[:, None], n, axis=1)
        nothing = [np.full(weight.shape, Exact(0)) for weight in weights]
        back = [[total(d_states[0, :, unit]) for unit in range(2)]]
        return carried, nothing, np.array(back, object)

    inputs = [draw(*shape) for shape in (*shapes, (1, n, 2), (1, 2), (1, n, 2))]
    return inputs, ours, witness


def run_padded_gru(*inputs):
    *weights, x, h0, d_h, mask = inputs
    params = gru_params(gru.GRUParams, weights)
    h, cache = gru.gru_forward(params, x, h0, mask=mask)
    found = gru.gru_backward(params, cache, d_h)
    return h, (found.params, found.x), found.h0


def run_padded_lstm(*inputs, forwards, backwards):
    *weights, x, y0, d_y, mask = inputs
    params = lstm_params(weights)
    y, _, cache = forwards(params, x, y0, mask=mask)
    found = backwards(params, cache, d_y)
    return y, (found.params, found.x), found.y0


LSTM_GATES = (*((2, 2), (2, 2), (2,)), *((2, 2), (2, 2), (2,), (2,)) * 3)
for names, shapes, run in (
    (("gru.gru_forward", "gru.gru_backward"), ((2, 2), (2, 2), (2,)) * 3, run_padded_gru),
    (
        ("lstm.lstm_forward", "lstm.lstm_backward"),
        LSTM_GATES,
        partial(run_padded_lstm, forwards=lstm.lstm_forward, backwards=lstm.lstm_backward),
    ),
    (
        ("lstm_fused.lstm_forward_fused", "lstm_fused.lstm_backward_fused"),
        LSTM_GATES,
        partial(
            run_padded_lstm,
            forwards=lstm.lstm_forward_fused,
            backwards=lstm.lstm_backward_fused,
        ),
    ),
):
    build = partial(padded_entry, shapes=shapes, run=run)
    add(*names, lengths=ONE_BY_ONE, may_refuse=PRODUCTS)(build)


# Jacobians -----------------------------------------------------------------------------------


@add("jacobians.rnn_step_jacobians", lengths=ONE_BY_ONE, may_refuse=PRODUCTS, within=64)
def _(draw, n):
    def ours(U, W, b, V, c, x, h0):
        params = rnn.RNNParams(U, W, b, V, c)
        return jacobians.rnn_step_jacobians(params, rnn.rnn_forward(params, x, h0)[2])

    def witness(U, W, b, V, c, x, state):
        found = []
        for t in range(n):
            state = np.tanh(x[:, t] @ U + state @ W + b)
            derivatives = 1 - state[0] * state[0]
            found.append([[derivatives[new] * W[old, new] for old in range(2)] for new in range(2)])
        return np.array([found], object)

    shapes = ((2, 2), (2, 2), (2,), (2, 1), (1,), (1, n, 2), (1, 2))
    return [draw(*shape) for shape in shapes], ours, witness


@add(
    "jacobians.chained",
    lengths=ONE_BY_ONE,
    may_refuse=("* 1e15 100", "* 1e19 100", "* 1e30 100", "* mixed 100"),
    within=64,
    dtypes=(np.float64,),
)
def _(draw, n):
    def witness(factors):
        products = [np.array([[Exact(1), Exact(0)], [Exact(0), Exact(1)]])]
        for factor in factors[::-1]:
            products.append(products[-1] @ factor)
        return np.stack(products)

    return [draw(n, 2, 2)], jacobians.chained, witness


@add(
    "jacobians.lstm_cell_jacobians",
    lengths=(1, 10),
    may_refuse=PRODUCTS,
    within=128,
    vanishing=True,
)
def _(draw, n):
    def ours(*inputs):
        *leaves, x, y0, c0 = inputs
        params = lstm_params(leaves)
        found = jacobians.lstm_cell_jacobians(params, lstm.lstm_forward(params, x, y0, c0)[2])
        return found.direct + found.gates

    def witness(*inputs):
        *leaves, x, y, c = inputs
        found, output_sum = [], None
        for t in range(n):

            def next_cell(c_prev, t=t, y=y, output_sum=output_sum):
                if output_sum is not None:  # the old output saw the old cell
                    y = sigmoid(output_sum + leaves[14] * c_prev) * np.tanh(c_prev)
                return [cell_step(leaves, x[:, t], y, c_prev)[0]]

            rows = []
            for unit in range(2):
                derivatives = np.array([[Exact(int(unit == k)) for k in range(2)]], object)
                rows.append(gradients(next_cell, [c.copy()], [derivatives])[1][0][0])
            found.append(rows)
            c, output_sum = cell_step(leaves, x[:, t], y, c)
            y = sigmoid(output_sum + leaves[14] * c) * np.tanh(c)
        return np.array([found], object)

    gate = ((2, 2), (2, 2), (2,), (2,))
    shapes = (*gate[:3], *gate * 3, (1, n, 2), (1, 2), (1, 2))
    return [draw(*shape) for shape in shapes], ours, witness


def lstm_params(leaves):
    block, *gates = leaves[:3], leaves[3:7], leaves[7:11], leaves[11:]
    return lstm.LSTMParams(lstm.BlockInput(*block), *(lstm.Gate(*gate) for gate in gates))


def cell_step(leaves, x, y, c):
    """The new cell, and what enters the output gate beside its peephole."""
    W, R, b, W_i, R_i, b_i, p_i, W_f, R_f, b_f, p_f, W_o, R_o, b_o, _ = leaves
    z = np.tanh(x @ W + y @ R + b)
    i = sigmoid(x @ W_i + y @ R_i + p_i * c + b_i)
    f = sigmoid(x @ W_f + y @ R_f + p_f * c + b_f)
    return z * i + c * f, x @ W_o + y @ R_o + b_o


# The Transformer -----------------------------------------------------------------------------

ONE_LAYER = transformer.transformer_init(
    5, d_model=4, d_ff=3, n_layers=1, rng=np.random.default_rng(7)
)  # of each kind, for the names and shapes of its leaves


SINES = (math.sin, math.cos) * 2


def named(leaves):
    return dict(zip(pytrees.leaves_of(ONE_LAYER), leaves, strict=True))


def one_layer_of_each_kind(*leaves, ids):
    """Normalise, compute, add to what passes by: source and target are the same."""
    arrays = {f"params.{name}": leaf for name, leaf in named(leaves).items()}
    params = pytrees.replace_leaves(ONE_LAYER, arrays, "params")

    def norm(layer, x):
        return layer_norm_rows(*layer, x)[0]

    def affine(layer, x):
        return x @ layer.W + layer.b

    def attended(layer, x, seen, mask):
        query, key, value = (
            affine(layer.query, x),
            affine(layer.key, seen),
            affine(layer.value, seen),
        )
        context, weights = attend(query, key, value, mask)
        return affine(layer.output, context), weights

    def forward(layer, x):
        return affine(layer.outer, relu(affine(layer.inner, x)))

    angles = [[place, place, place / 100, place / 100] for place in range(len(ids))]
    waves = [[Exact(f(a), 1) for f, a in zip(SINES, row, strict=True)] for row in angles]
    start = params.embedding[ids] * Exact(2) + np.array(waves, object)

    (layer,) = params.encoder
    normal = norm(layer.attention_norm, start)
    change, maps = attended(layer.attention, normal, normal, True)
    x = start + change
    x = x + forward(layer.feed_forward, norm(layer.feed_forward_norm, x))
    memory = norm(params.encoder_norm, x)

    (layer,) = params.decoder
    normal = norm(layer.self_norm, start)
    change, own = attended(layer.self_attention, normal, normal, np.tri(len(ids), dtype=bool))
    x = start + change
    change, across = attended(layer.cross_attention, norm(layer.cross_norm, x), memory, True)
    x = x + change
    x = x + forward(layer.feed_forward, norm(layer.feed_forward_norm, x))
    logits = norm(params.decoder_norm, x) @ params.embedding.T
    return memory, maps, logits, own, across, logits[-1]


def transformer_entry(draw, n):
    ids = 1 + np.arange(n)

    def ours(*leaves):
        params = transformer.params_from(named(leaves), dtype=leaves[0].dtype)
        memory, maps = transformer.encode(params, ids[None], n_heads=1)
        logits, across = transformer.decode(params, ids[None], memory, n_heads=1)
        cache = transformer.decoder_start(params, memory, n_heads=1)
        for token in ids:
            last, _, cache = transformer.decode_step(params, [token], cache)
        weights, own, seen = (part[0, 0, 0] for part in (maps, *across))
        return memory.tokens[0], weights, logits[0], own, seen, last[0]

    leaves = [draw(*leaf.shape) for leaf in pytrees.leaves_of(ONE_LAYER).values()]
    return leaves, ours, partial(one_layer_of_each_kind, ids=ids)


# Beyond, a float cannot hold how far the witness lets it be off. Where all scores of a row are huge
# and nearly equal, rounding chooses among them; one token has nothing to choose.
for length, patterns in (
    (1, ("1e-30", "1e-19", "1", "1e15", "1e19", "equal", "zero")),
    (3, ("1e-30", "1e-19", "1", "equal", "zero")),
):
    add(
        *(f"transformer.{name}" for name in ("encode", "decode", "decode_step", "decoder_start")),
        "transformer_params.params_from",
        lengths=(length,),
        patterns=patterns,
        may_refuse=LONG_PRODUCTS,
        within=256,
        vanishing=True,
    )(transformer_entry)


# Maps ----------------------------------------------------------------------------------------


@add("attention_maps.normalised_entropy", lengths=(2, 100, 5000), within=64, vanishing=True)
def _(draw, n):
    def ours(amounts):
        # Shares are taken in float64, so that only the entropy is tried.
        shares = amounts.astype(float) / amounts.astype(float).sum()
        return attention_maps.normalised_entropy(shares[None])[0]

    def witness(amounts):
        shares = amounts / total(amounts)
        return -total(np.array([one * one.log() for one in shares])) / Exact(n).log()

    return [np.abs(draw(n)) + np.float32(0.5)], ours, witness


@add("attention_maps.join_words", lengths=(2, 100, 5000))
def _(draw, n):
    words = np.arange(n) // 2

    def ours(weights):
        return attention_maps.join_words(weights, [0, 0, 1], words)

    def witness(weights):
        joined = np.array([[total(row[words == word]) for word in range(words[-1] + 1)]
                           for row in weights])  # fmt: skip
        return np.array([(joined[0] + joined[1]) / 2, joined[2]])

    return [draw(3, n)], ours, witness


# Networks of several layers ------------------------------------------------------------------


def mean_cross_entropy(logits, targets):
    terms = []
    for row, target in zip(np.reshape(logits, (-1, logits.shape[-1])), targets, strict=True):
        shifted = row - max(row)
        terms.append(total(np.exp(shifted)).log() - shifted[target])
    return total(terms) / len(terms)


@add(
    "feedforward.dense_network_forward",
    "feedforward.dense_network_backward",
    lengths=ONE_BY_ONE,
    may_refuse=LONG_PRODUCTS,
    within=64,
    vanishing=True,
)
def _(draw, n):
    def ours(W, b, V, c, x, d_logits):
        params = feedforward.DenseNetwork(dense.DenseParams(W, b), dense.DenseParams(V, c))
        logits, cache = feedforward.dense_network_forward(params, x)
        return logits, feedforward.dense_network_backward(params, cache, d_logits)

    def forward(W, b, V, c, x):
        return [relu(x @ W + b) @ V + c]

    def witness(*inputs):
        logits, found = gradients(forward, inputs[:-1], inputs[-1:])
        return logits, found[:-1]

    shapes = ((2, 2), (2,), (2, 2), (2,), (n, 2), (n, 2))
    return [draw(*shape) for shape in shapes], ours, witness


@add(
    "feedforward.image_network_forward",
    "feedforward.image_network_backward",
    "feedforward.image_network_gradient",
    lengths=(1, 100),
    patterns=("1", "1e15", "1e19", "1e30", "mixed"),  # of others some answers are alike
    may_refuse=LONG_PRODUCTS,
    within=128,
    vanishing=True,
)
def _(draw, n):
    targets = np.array([1])

    def ours(K, b, W, c, x):
        layer = convolution.ConvolutionParams(K, b)
        params = feedforward.ImageNetwork((layer,), dense.DenseParams(W, c))
        logits, _ = feedforward.image_network_forward(params, x)
        return logits, feedforward.image_network_gradient(params, x, targets)

    def forward(K, b, W, c, x):
        features = []
        for k in range(2):
            looks = [(x[0, :2, p : p + 2, 0] * K[..., 0, k]).sum() + b[k] for p in range(n)]
            features.append(relu(np.array([max(looks)], object))[0])
        logits = np.array([features], object) @ W + c
        return [mean_cross_entropy(logits, targets), logits]

    def witness(*inputs):
        (loss, logits), found = gradients(forward, inputs)
        return logits, loss, found[:-1]

    shapes = ((2, 2, 1, 2), (2,), (2, 2), (2,), (1, 2, n + 1, 1))
    return [draw(*shape) for shape in shapes], ours, witness


GATES = ((2, 2), (2, 2), (2,)) * 3


def gru_network_entry(draw, n, *, kind):
    n_layers = len(kind._fields) - 1
    targets, mask = np.arange(n) % 2, np.arange(n) < max(1, n - 3)

    def ours(*inputs):
        *leaves, W, b, x = inputs
        layers = (gru_params(gru.GRUParams, leaves[k : k + 9]) for k in range(0, 9 * n_layers, 9))
        params = kind(*layers, dense.DenseParams(W, b))
        logits, cache = sequence_models.gru_network_forward(params, x)
        there_and_back = sequence_models.gru_network_backward(params, cache, np.ones_like(logits))
        counted = sequence_models.gru_network_gradient(
            params, x, targets[None], mask[None], mask[None]
        )
        return logits, there_and_back, counted

    def forward(*inputs, real=n):
        *leaves, W, b, x = inputs
        states = []
        for k in range(n_layers):
            direction = slice(None, None, -1 if k else 1)
            start = np.full((1, 2), Exact(0))
            found = gru_states(*leaves[9 * k : 9 * k + 9], x[:, :real][:, direction], start)
            states.append(np.stack(found, axis=1)[:, direction])
        return [np.concatenate(states, axis=2) @ W + b]

    def loss(*inputs):
        (logits,) = forward(*inputs, real=int(mask.sum()))
        return [mean_cross_entropy(logits, targets[mask])]

    def witness(*inputs):
        ones = np.full((1, n, 2), Exact(1))
        logits, derivatives = gradients(forward, inputs, [ones])
        cost, found = gradients(loss, inputs)
        return logits, derivatives[:-1], cost, found[:-1]

    shapes = (*GATES * n_layers, (2 * n_layers, 2), (2,), (1, n, 2))
    return [draw(*shape) for shape in shapes], ours, witness


for kind in (sequence_models.GRUNetwork, sequence_models.BidirectionalGRUNetwork):
    add(
        "sequence_models.gru_network_forward",
        "sequence_models.gru_network_backward",
        "sequence_models.gru_network_gradient",
        lengths=(1, 10),
        may_refuse=PRODUCTS,
        within=256,
        vanishing=True,
    )(partial(gru_network_entry, kind=kind))


def decoder_of(leaves):
    W, b, *gates, V, c = leaves
    rnn = gru_params(gru.GRUParams, gates)
    return sequence_models.Decoder(dense.DenseParams(W, b), rnn, dense.DenseParams(V, c))


def decoded(leaves, start, words):
    W, b, *gates, V, c = leaves
    return np.stack(gru_states(*gates, words, np.tanh(start @ W + b)), axis=1) @ V + c


DECODER = ((2, 2), (2,), *GATES, (2, 2), (2,))


@add(
    "sequence_models.decoder_gradient",
    lengths=(1, 10),
    may_refuse=PRODUCTS,
    within=256,
    vanishing=True,
)
def _(draw, n):
    targets, counts = np.arange(n) % 2, np.ones((1, n), bool)

    def ours(*inputs):
        *leaves, start, words = inputs
        params = decoder_of(leaves)
        return sequence_models.decoder_gradient(params, start, words, targets[None], counts)

    def witness(*inputs):
        def loss(*inputs):
            *leaves, start, words = inputs
            return [mean_cross_entropy(decoded(leaves, start, words), targets)]

        cost, found = gradients(loss, inputs)
        return cost, found[:-2]

    return [draw(*shape) for shape in (*DECODER, (1, 2), (1, n, 2))], ours, witness


@add(
    "sequence_models.encoder_decoder_gradient",
    lengths=(1, 10),
    may_refuse=PRODUCTS,
    within=256,
    vanishing=True,
)
def _(draw, n):
    targets, real = np.arange(n) % 2, np.ones((1, n), bool)

    def ours(*inputs):
        *leaves, x, words = inputs
        encoder = gru_params(gru.GRUParams, leaves[:9])
        params = sequence_models.EncoderDecoder(encoder, decoder_of(leaves[9:]))
        return sequence_models.encoder_decoder_gradient(params, x, real, words, targets[None], real)

    def witness(*inputs):
        def loss(*inputs):
            *leaves, x, words = inputs
            last = gru_states(*leaves[:9], x, np.full((1, 2), Exact(0)))[-1]
            return [mean_cross_entropy(decoded(leaves[9:], last, words), targets)]

        cost, found = gradients(loss, inputs)
        return cost, found[:-2]

    return [draw(*shape) for shape in (*GATES, *DECODER, (1, n, 2), (1, n, 2))], ours, witness


@add(
    "sequence_models.decode_greedy",
    "sequence_models.translate",
    lengths=(1, 10),
    may_refuse=PRODUCTS,
)
def _(draw, n):
    def ours(*inputs):
        *leaves, x = inputs
        encoder = gru_params(gru.GRUParams, leaves[:9])
        params = sequence_models.EncoderDecoder(encoder, decoder_of(leaves[9:]))
        real = np.ones((1, n), bool)
        return (
            sequence_models.translate(params, x, real, n, first=1),
            sequence_models.decode_greedy(params.decoder, x[:, 0], n, first=1),
        )

    def words(leaves, start):
        W, b, *gates, V, c = leaves
        state, said = np.tanh(start @ W + b), [1]
        for _ in range(n):
            word = np.array([[[Exact(int(k == said[-1])) for k in range(2)]]], object)
            (state,) = gru_states(*gates, word, state)
            logits = (state @ V + c)[0]
            said.append(int(logits[1] > logits[0]))
        return np.array([said[1:]])

    def witness(*inputs):
        *leaves, x = inputs
        last = gru_states(*leaves[:9], x, np.full((1, 2), Exact(0)))[-1]
        return words(leaves[9:], last), words(leaves[9:], x[:, 0])

    return [draw(*shape) for shape in (*GATES, *DECODER, (1, n, 2))], ours, witness


# Perceptron and Boltzmann machine ------------------------------------------------------------


@add("perceptron.margin", may_refuse=("* zero *",), within=64, vanishing=True)
def _(draw, n):
    def ours(w, x):
        return perceptron.margin(w, x, np.ones(len(x)))

    def witness(w, x):
        return min(x @ w, key=lambda score: score.value) / norm(w)

    return [draw(2), draw(n, 2)], ours, witness


def softplus(array):
    """The logarithm of 1 + exp, without a number that is too large."""
    small = np.log(np.exp(-np.abs(array)) + 1)
    return np.where(np.vectorize(lambda x: x.value > 0)(array), array + small, small)


@add(
    "boltzmann.hidden_probabilities",
    "boltzmann.visible_probabilities",
    "boltzmann.free_energy",
    "boltzmann.log_partition",
    may_refuse=LONG_PRODUCTS,
    within=64,
    vanishing=True,
)
def _(draw, n):
    def ours(W, b, c, v, h):
        params = boltzmann.BoltzmannParams(W, b, c)
        return (
            boltzmann.hidden_probabilities(params, v),
            boltzmann.visible_probabilities(params, h),
            boltzmann.free_energy(params, v),
            boltzmann.log_partition(params),
        )

    def witness(W, b, c, v, h):
        states = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
        sizes = [total(softplus(W @ on + b)) + total(c * on) for on in states]
        largest = max(sizes, key=lambda size: size.value)
        energy = -total(v[0] * b) - total(softplus(v[0] @ W + c))
        return (
            sigmoid(v @ W + c),
            sigmoid(h @ W.T + b),
            np.array([energy]),
            largest + total([(size - largest).exp() for size in sizes]).log(),
        )

    return [draw(n, 2), draw(n), draw(2), draw(1, n), draw(1, 2)], ours, witness


# Everything else -----------------------------------------------------------------------------


@add(
    "gradient_check.central_differences",
    lengths=(1,),
    may_refuse=("* 1e15 *", "* 1e19 *", "* 1e30 *", "* mixed *"),
)
def _(draw, n):
    """Of a straight line, whose difference quotients are exact."""

    def ours(x):
        return gradient_check.central_differences(lambda v: float(v @ np.ones(n) * 3), x)

    return [draw(n)], ours, lambda x: np.array([Exact(3, rounding=3e12)], object)


@add("masks.padding_mask", "masks.look_ahead_mask", **ONCE)
def _(draw, n):
    lengths = np.array([0, 1, n])

    def ours():
        return masks.padding_mask(lengths, n), masks.look_ahead_mask(n)

    def witness():
        rows = [[[place < length for place in range(n)]] for length in (0, 1, n)]
        return np.array(rows), np.tril(np.ones((n, n), bool))

    return [], ours, witness


def positions_entry(draw, n, *, base, function=positions.sinusoidal_positions):
    def ours():
        return [np.asarray(function(n, 4, base=base, dtype=dtype)) for dtype in DTYPES]

    def witness():
        rows = []
        for place in range(n):
            angles = [place * mpmath.mpf(base) ** (-mpmath.mpf(k) / 4) for k in (0, 2)]
            waves = [wave(angle) for angle in angles for wave in (mpmath.sin, mpmath.cos)]
            rows.append([Exact(str(wave), rounding=1 + place) for wave in waves])
        exact = np.array(rows, object)
        loose = [[Exact(each.value, rounding=2.0**29) for each in row] for row in rows]
        return np.array(loose, object), exact

    return [], ours, witness


for base in (1 + 2**-52, 10_000, 1e30):
    add("positions.sinusoidal_positions", **ONCE)(partial(positions_entry, base=base))


TABLE.leave_out(
    "draws numbers, or counts them",
    "boltzmann.boltzmann_init",
    *("attention.multi_head_init", "convolution.convolution_init", "dense.dense_init"),
    *("feedforward.dense_network_init", "feedforward.image_network_init"),
    *("gru.gru_init", "gru.gru_n_params", "gru_reset_after.gru_reset_after_init"),
    *("initialisers.glorot_uniform", "initialisers.orthogonal", "layer_norm.layer_norm_init"),
    *("lstm_params.lstm_init", "lstm_params.lstm_n_params", "rnn.rnn_init", "rnn.rnn_n_params"),
    *("sequence_models.bidirectional_init", "sequence_models.decoder_init"),
    *("sequence_models.encoder_decoder_init", "sequence_models.gru_network_init"),
    *("pytrees.count_parameters", "transformer_params.transformer_init"),
)
TABLE.leave_out(
    "looks at arguments, or hands them on as they are",
    *("checks.check_cache", "checks.check_gradients"),
    *("checks.check_held", "checks.check_inputs", "initialisers.check_dtype"),
    *("lstm_params.check_lstm_gradients", "lstm_params.check_lstm_inputs", "lstm_params.freeze"),
    *("memory_pool.pooled_empty", "pytrees.check_params", "pytrees.check_same"),
    *("pytrees.leaves_of", "pytrees.map_leaves", "ctc.ctc_collapse"),
    *("transformer.select_sentences", "transformer_params.check_transformer"),
)
TABLE.leave_out(
    "one step inside a function that is tried",
    *("gru.gru_step", "gru.gru_step_backward", "lstm.lstm_step", "lstm.lstm_step_backward"),
)
TABLE.leave_out(
    "draws states, or takes means over states, with functions that are tried",
    *("boltzmann.contrastive_divergence", "boltzmann.exact_gradient"),
    *("boltzmann.pretrain", "boltzmann.train_boltzmann"),
)
TABLE.leave_out(
    "decides by the sign of a sum, which a rounding error may change",
    *("perceptron.perceptron", "perceptron.mistake_bound"),
)
TABLE.leave_out(
    "calls functions that it is given, and computes nothing beside",
    "blas_threads.one_blas_thread",
    *("training.accuracy", "training.adagrad", "training.adam", "training.descent"),
    *("training.loss_and_gradient", "training.momentum", "training.train"),
    *("training.train_epochs", "training.train_on_batches", "training.updates"),
    "transformer.translate_ids",
)
