"""Compares listings, and writes what was found beside them once all of them agree."""

import datetime
import json
import platform

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch

import listings

WITHIN = 1e-5
LARGEST: dict[str, float] = {}


@pytest.fixture
def agree():
    """Assert that outputs of a topic's two listings are equal, and keep how far they are apart."""

    def compare(topic, theirs, ours):
        theirs, ours = np.asarray(theirs), ours.detach().numpy()
        assert theirs.shape == ours.shape
        assert np.abs(theirs).max() > 0.1
        apart = float(np.abs(theirs - ours).max())
        assert apart < WITHIN
        LARGEST[topic] = max(apart, LARGEST.get(topic, 0.0))

    return compare


@pytest.fixture
def differ():
    """Assert that outputs of one shape are not equal."""

    def compare(theirs, ours):
        theirs, ours = np.asarray(theirs), ours.detach().numpy()
        assert theirs.shape == ours.shape
        assert np.abs(theirs - ours).max() > 100 * WITHIN

    return compare


def pytest_sessionfinish(session, exitstatus):
    """Note what was run, if every topic was, and all of it agreed."""
    if exitstatus == 0 and LARGEST.keys() == set(listings.TOPICS):
        found = {
            "date": datetime.date.today().isoformat(),
            "versions": {
                "Python": platform.python_version(),
                "Keras": keras.__version__,
                "TensorFlow": tf.__version__,
                "PyTorch": torch.__version__.partition("+")[0],
            },
            "listings": {
                topic: {
                    **listings.digests(topic),
                    "largest difference": float(f"{LARGEST[topic]:.0e}"),
                }
                for topic in listings.TOPICS
            },
        }
        listings.RECORD.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
