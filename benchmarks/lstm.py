"""Time our LSTM, clear and fused, against Keras', and measure how cost grows with length.

``nox -s bench`` runs this on an idle machine; the result is committed and pages read it. Each side
runs in a process of its own, since two libraries in one process share its threads badly; the
processes take turns, and what counts is the median over the rounds of each one's median. The fused
passes and their bare products take turns in one process. Each process runs a second time while
another program keeps one of the cores busy.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

RESULT = Path(__file__).parents[1] / "book" / "recurrent" / "lstm-speed.json"
BATCH, TIME, N_IN, N_HIDDEN = 32, 50, 64, 128
PROCESSES = (
    ("clear",), ("fused", "products"), ("fused-threads",), ("keras",), ("keras-compiled",)
)  # fmt: skip
LENGTHS = (250, 500, 1000, 2000)
ROUNDS, CALLS = 5, 40


def ours(kind: str, time_steps: int = TIME) -> Callable[[], object]:
    """Return a forward and a backward pass of our LSTM, in float32, without peepholes.

    The fused passes keep to one thread of BLAS; as ``fused-threads`` they use all that it has.
    """
    from unrolled.networks.lstm import (
        lstm_backward,
        lstm_backward_fused,
        lstm_forward,
        lstm_forward_fused,
        lstm_init,
    )

    forward, backward = {
        "clear": (lstm_forward, lstm_backward),
        "fused": (lstm_forward_fused, lstm_backward_fused),
        "fused-threads": (lstm_forward_fused.__wrapped__, lstm_backward_fused.__wrapped__),
    }[kind]
    rng = np.random.default_rng(7)
    params = lstm_init(N_IN, N_HIDDEN, rng=rng, dtype=np.float32)
    x = rng.standard_normal((BATCH, time_steps, N_IN), dtype=np.float32)
    d_y = rng.standard_normal((BATCH, time_steps, N_HIDDEN), dtype=np.float32)

    def both() -> object:
        *_, cache = forward(params, x)
        return backward(params, cache, d_y)

    return both


def products() -> Callable[[], object]:
    """Return the products of the fused passes and nothing else, on one thread as there."""
    from unrolled.networks.blas_threads import one_blas_thread

    rng = np.random.default_rng(7)
    x, W, R, y, d_bars = (
        rng.standard_normal(shape, dtype=np.float32)
        for shape in (
            (TIME * BATCH, N_IN + 1),
            (N_IN + 1, 4 * N_HIDDEN),
            (N_HIDDEN, 4 * N_HIDDEN),
            (TIME, BATCH, N_HIDDEN),
            (TIME, BATCH, 4 * N_HIDDEN),
        )
    )
    back = np.ascontiguousarray(R.T)
    all_y, all_d = y.reshape(-1, N_HIDDEN), d_bars.reshape(-1, 4 * N_HIDDEN)
    forwards = [(x, W), *((step, R) for step in y)]
    backwards = [*((step, back) for step in d_bars), (x.T, all_d), (all_y.T, all_d)]
    factors = [*forwards, *backwards, (all_d, W[:-1].T)]
    places = {(len(a), b.shape[1]): a @ b for a, b in factors}

    @one_blas_thread()
    def multiply() -> None:
        for a, b in factors:
            np.matmul(a, b, out=places[len(a), b.shape[1]])

    return multiply


def theirs(kind: str) -> Callable[[], object]:
    """Return the same of ``keras.layers.LSTM``: plain, or compiled as a whole."""
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(7)
    layer = keras.layers.LSTM(N_HIDDEN, return_sequences=True)
    x = tf.constant(rng.standard_normal((BATCH, TIME, N_IN), dtype=np.float32))
    d_y = tf.constant(rng.standard_normal((BATCH, TIME, N_HIDDEN), dtype=np.float32))
    layer(x)

    @tf.function(jit_compile=kind == "keras-compiled")
    def gradients(x: tf.Tensor, d_y: tf.Tensor) -> object:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x) * d_y)
        return tape.gradient(loss, [x, *layer.trainable_variables])

    return lambda: [part.numpy() for part in gradients(x, d_y)]


def side(name: str) -> Callable[[], object]:
    """Return what is timed under a name."""
    if name == "products":
        return products()
    return theirs(name) if name.startswith("keras") else ours(name)


def milliseconds(*calls: Callable[[], object], turns: int = CALLS) -> list[tuple[float, float]]:
    """Return the median and the least time of each call, after eight turns that do not count."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(8 + turns):
        for call, taken in zip(calls, times, strict=True):
            started = time.perf_counter()
            call()
            taken.append(1000 * (time.perf_counter() - started))
    return [(statistics.median(taken[8:]), min(taken[8:])) for taken in times]


def growth() -> dict[str, list[float]]:
    """Measure time and peak memory of the fused passes for longer and longer sequences."""
    seconds, megabytes = [], []
    for length in LENGTHS:
        call = ours("fused", length)
        tracemalloc.start()
        call()  # the first call: later ones find memory that was kept
        megabytes.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
        seconds.append(milliseconds(call, turns=5)[0][0])
    return {"length": list(LENGTHS), "milliseconds": seconds, "megabytes": megabytes}


def in_a_process(*sides: str) -> list[tuple[float, ...]]:
    """Time some sides, which take turns, in a fresh process that may use all cores."""
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment.pop(name, None)
    command = [sys.executable, __file__, "--one", *sides]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [tuple(map(float, line.split())) for line in finished.stdout.splitlines()]


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """Keep one core busy with another program."""
    program = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        os.sched_setaffinity(program.pid, {max(os.sched_getaffinity(0))})
        yield
    finally:
        program.kill()
        program.wait()


def machine() -> str:
    """Name the processor and the number of cores."""
    told = Path("/proc/cpuinfo")
    names = [line for line in told.read_text().splitlines() if line.startswith("model name")]
    model = names[0].split(":", 1)[1].strip() if names else platform.processor()
    return f"{model}, {os.cpu_count()} cores"


def main() -> None:
    """Measure everything, print it, and write the result."""
    runs: dict[str, dict[str, list[tuple[float, ...]]]] = {
        state: {side: [] for sides in PROCESSES for side in sides} for state in ("idle", "busy")
    }
    for _ in range(ROUNDS):
        for sides in PROCESSES:
            for state, neighbour in (("idle", nullcontext), ("busy", busy_neighbour)):
                with neighbour():
                    for side, found in zip(sides, in_a_process(*sides), strict=True):
                        runs[state][side].append(found)
    medians, beside = (
        {side: statistics.median(median for median, _ in found) for side, found in sides.items()}
        for sides in runs.values()
    )
    fastest = {side: min(least for _, least in found) for side, found in runs["idle"].items()}
    for kind, found in (("median", medians), ("fastest", fastest)):
        for side, value in found.items():
            of_keras, of_products = value / found["keras"], value / found["products"]
            print(
                f"{kind:<9}{side:<16}{value:7.1f} ms   {of_keras:5.2f} of keras"
                f"   {of_products:5.2f} of the fused passes' products"
            )
    for side, value in beside.items():
        times = f"{value:7.1f} ms   {value / medians[side]:5.2f} of idle"
        print(f"{'busy':<9}{side:<16}{times}")
    grown = growth()
    for row in zip(*grown.values(), strict=True):
        print("{:6d} steps  {:8.1f} ms  {:8.1f} MB".format(*row))
    result = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "sizes": {"batch": BATCH, "time": TIME, "n_in": N_IN, "n_hidden": N_HIDDEN},
        "milliseconds": {side: round(value, 2) for side, value in medians.items()},
        "fastest": {side: round(value, 2) for side, value in fastest.items()},
        "busy": {side: round(value, 2) for side, value in beside.items()},
        "growth": {name: [round(v, 1) for v in values] for name, values in grown.items()},
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--one", nargs="+", metavar="SIDE", help="time these in one process")
    sides = arguments.parse_args().one
    if sides:
        for found in milliseconds(*map(side, sides)):
            print(*found)
    else:
        main()
