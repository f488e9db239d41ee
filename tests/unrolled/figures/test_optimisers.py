"""The drawings of a small classifier show the numbers that they are given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from unrolled.figures.diagrams import draw_diagram
from unrolled.figures.optimisers import loss_chain, network_passes
from unrolled.figures.style import style_violations

X, W, V = (
    np.array([1.0, 2]),
    np.array([[1.0, -3, 5], [0.5, 7, -11]]),
    np.array([[13.0], [17], [19]]),
)
FORWARD = {"h": np.array([2.0, 11, 0]), "o": np.array([-0.25]), "J": np.array([0.6931])}
BACKWARD = {"a": np.array([-0.125, 0.5, -0.0]), "o": np.array([-0.75])}
FOUR = ("first", "second", "third", "fourth")


@pytest.fixture
def pictures():
    found = list(network_passes(X, (W, V), FORWARD, BACKWARD, FOUR, FOUR))
    yield found
    plt.close("all")


def words(picture):
    texts = (text.get_text().strip("$") for text in picture.figure.axes[0].texts)
    return [text.replace("−", "-") for text in texts]


def test_four_steps_in_order(pictures):
    assert [picture.says for picture in pictures] == list(FOUR)
    assert not any(style_violations(picture.figure) for picture in pictures)


def test_numbers_appear_forward_and_then_backward(pictures):
    first, second, third, fourth = map(words, pictures)
    assert {"1", "2", "11", "0", "o", "J"} <= {*first}
    assert {"-0.25", "0.69"} <= {*second}
    assert "-0.75" in third
    assert "-0.25" not in third
    assert {"-0.12", "0.5", "0", "-0.75"} <= {*fourth}


def test_the_weights_of_the_step_stand_on_its_connections(pictures):
    first, second, third, fourth = map(words, pictures)
    into, out = {"-3", "5", "7", "-11"}, {"13", "17", "19"}
    assert into <= {*first}
    for other in (second, fourth):
        assert out <= {*other}
        assert not into & {*other}
    assert not (into | out) & {*third}


def test_the_chain_names_its_three_derivatives():
    diagram = loss_chain()
    ax = draw_diagram(diagram, paths=[("w1", "o", "p", "J")])
    written = {text.get_text() for text in ax.texts}
    assert {"$x_1$", r"$p\,(1 - p)$", r"$\dfrac{p - y}{p\,(1 - p)}$"} <= written
    assert not style_violations(ax.get_figure())
    plt.close("all")
