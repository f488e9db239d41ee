"""Two worker processes on one machine train as one worker does on the joined batches."""

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from unrolled.translation import training

PROGRAM = """
import sys
from pathlib import Path
import numpy as np
import tensorflow as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy() if sys.argv[2] == "two" else None
from unrolled.translation import training
from unrolled.translation.transformer import Sizes
rng = np.random.default_rng(3)
words = [rng.integers(3, 31, rng.integers(1, 12)).tolist() for _ in range(53)]
pairs = [([1, *each, 2], [1, *each[::-1], 2]) for each in words]
recipe = training.Recipe(n_epochs=2, n_positions=101, warm_up=3, peak=0.01, dropout=0.0)
folder = Path(sys.argv[1])
model = training.train(
    Sizes(31, 22, 11, 19, 1), recipe, pairs, pairs[:7], folder, strategy=strategy
)
np.savez(folder / "weights.npz", **{name: w.numpy() for name, w in model.weights.items()})
"""


def free_ports(n):
    """Ports that nobody used a moment ago."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def start(folder, mode, config=None):
    folder.mkdir()
    path = os.pathsep.join([str(Path(training.__file__).parents[2]), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    environment.pop("TF_CONFIG", None)
    if config:
        environment["TF_CONFIG"] = json.dumps(config)
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder), mode], env=environment)


def test_two_workers_train_as_one_on_the_joined_batches(tmp_path):
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    configs = [
        {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        for index in range(2)
    ]
    folders = [tmp_path / "one", tmp_path / "first", tmp_path / "second"]
    alone = start(folders[0], "one")
    assert alone.wait(timeout=300) == 0
    pair = [start(folders[1 + n], "two", config) for n, config in enumerate(configs)]
    try:
        assert [each.wait(timeout=300) for each in pair] == [0, 0]
    finally:
        for each in pair:
            each.kill()
    one, first, second = (np.load(folder / "weights.npz") for folder in folders)
    rng_weights = training.initial_weights(
        training.Sizes(31, 22, 11, 19, 1), rng=np.random.default_rng(training.Recipe().seed)
    )
    for name in one:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)
        if name.endswith("key.b"):
            # It adds the same to all scores of a query: its derivative is zero but for rounding,
            # which Adam enlarges.
            continue
        np.testing.assert_allclose(first[name], one[name], atol=2e-4, err_msg=name)
        assert np.abs(one[name] - rng_weights[name]).max() > 0.01, name
    logs = [training.read_log(folder) for folder in folders]
    for line, other, same in zip(*logs, strict=True):
        assert line.tokens == other.tokens == same.tokens
        assert abs(line.loss - other.loss) < 1e-3
        assert other[:4] == same[:4]
