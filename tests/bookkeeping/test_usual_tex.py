"""What people write in LaTeX is turned into the TeX of the book; what could mean more is not."""

from __future__ import annotations

import doctest

import pytest

from bookkeeping.check import plain_form, usual_tex
from bookkeeping.check.usual_tex import as_here

BOUNDS = {"sum_l": r"\sum_{l=1}^{n}"}


@pytest.mark.parametrize(
    ("typed", "here"),
    [
        (r"\frac{w^T S w}{v^{T}v}", r"\frac{w^{\top} S w}{v^{\top}v}"),
        (r"(h^{(t-1)})^T", r"(h^{(t-1)})^{\top}"),
        (r"h^{(t-1)T} y^{(t)\mathsf{T}}", r"h^{(t-1)\top} y^{(t)\top}"),
        (r"A^{\mathsf T} B^\mathrm{T} C^{\intercal} D^\intercal", None),
        (r"\lVert a\rVert", r"\lVert a\rVert"),
        (r"\|a\|^2 + \Vert b\Vert", r"\lVert a\rVert ^2 + \lVert  b\rVert "),
        (r"\delta\bar\imath + \bar{\jmath}", r"\delta\bar i + \bar{ j}"),
        (r"\mathbf{w} \bm x + \mathbf{1}", r" w  x + \mathbf{1}"),
        (r"\mathrm{diag}(a) \text{tr} A", r"\operatorname{diag}(a) \operatorname{tr} A"),
        (r"1 - {z^{(t)}}^2", r"1 - \left(z^{(t)}\right)^2"),
        (r"p \odot {z + y} ^ 2", r"p \odot \left(z + y\right) ^ 2"),
        (r"f^{\prime}(x) + g^\prime(x)", "f'(x) + g'(x)"),
        (r"\partial J^{(t)} / \partial y^{(t)}", r"\frac{\partial J^{(t)}}{\partial y^{(t)}}"),
        (r"\sum_l a_l + \sum_{l} b_l", r"\sum_{l=1}^{n} a_l + \sum_{l=1}^{n} b_l"),
        (r"sum_{j=1}^q delta o_j", r"\sum _{j=1}^q \delta  o_j"),
        (r"diag(\hat y) + ln \hat y", r"\operatorname{diag}(\hat y) + \ln  \hat y"),
        (r"1 - \tanh(c^{(t)})^2", r"1 - \tanh^2(c^{(t)})"),
        (r"\ln\left(a (b + c)\right)^{3} + \exp(a)", r"\ln^{3}\left(a (b + c)\right) + \exp(a)"),
        (r"\exp(a)^{-1}", r"\left(\exp(a)\right)^{-1}"),
        (r"h^{(t)} ^{\top}", r"h^{(t)\top}"),
    ],
)
def test_what_people_write_is_turned(typed, here):
    here = here or r"A^{\top} B^{\top} C^{\top} D^{\top}"
    assert as_here(typed, BOUNDS) == here
    assert as_here(here, BOUNDS) == here


@pytest.mark.parametrize(
    "tex",
    [
        r"\sum_{t=1}^T x^{(t)}",
        r"\prod_{s = 2}^{T} x_s",
        r"x^{T-1} + x^{2T}",
        r"\frac{a}{b}^2 + \bar{x}^2 + x_{1}^{2} + \sqrt{x}^2",
        r"\sum_k a_k",
        r"\|a",
        r"\delta W_{for}^{\top} \odot \mathbf{1}",
        r"\frac{\partial J}{\partial y} / 2",
        r"\tanh(c",
        r"p_{for} + \mathrm{in} + \operatorname{softmax}(o) + \delta_{jl}",
    ],
)
def test_all_else_stays(tex):
    assert as_here(tex, BOUNDS) == tex


def test_a_page_may_keep_a_power():
    assert as_here("W^T", {"^T": "^T"}) == "W^T"


@pytest.mark.parametrize("module", [usual_tex, plain_form])
def test_the_examples_of_the_docstrings_are_true(module):
    assert doctest.testmod(module) == (0, 1)  # failed, attempted
