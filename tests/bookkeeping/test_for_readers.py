"""A reader's notebook has the code of the page, less what only the book's build has a use for."""

from __future__ import annotations

import pytest

from bookkeeping.run.for_readers import Cell, for_readers


def read(*cells):
    """Return what readers get of cells, each a code or a tag and a code."""
    told = [(cell,) if isinstance(cell, str) else cell for cell in cells]
    return for_readers(
        Cell(tags_and_code[-1], frozenset(tags_and_code[:-1])) for tags_and_code in told
    )


def hidden(code):
    return "remove-cell", code


def test_glue_goes_with_its_import_and_all_else_stays():
    seen = (
        "import numpy as np  # arrays\nfrom myst_nb import glue\n\nfrom toy import two\n\nx = two()"
    )
    assert read(seen + '\nglue("x", x, display=False)', 'x  # "glue"') == [
        seen.replace("from myst_nb import glue\n", ""),
        'x  # "glue"',
    ]


def test_a_loop_that_glues_goes_and_one_that_does_more_stays():
    assert read('for n in range(3):\n    glue(f"a-{n}", n)') == [""]
    assert read('for n in range(3):\n    glue(f"a-{n}", n)\n    print(n)\n') == [
        "for n in range(3):\n    print(n)"
    ]


def test_a_branch_of_which_nothing_is_left_still_is_python():
    (code,) = read('if much:\n    glue("x", x)\nelse:\n    x = 1')
    assert code == "if much:\n    pass\nelse:\n    x = 1"


@pytest.mark.parametrize(
    ("removed", "later", "left"),
    [
        ('y = 2 * x\nglue("y", y)', "print(x)", ""),
        ('y = 2 * x\nz = 3\nglue("y", y)', "print(y)", "y = 2 * x"),
        ("z = 3\ny = 2 * z", "def f():\n    return y", "z = 3\ny = 2 * z"),
        ("y = 2", "y = 3\nprint(y)", ""),
        ("for y in (1, 2):\n    z = y", "for y in (3, 4):\n    print(y)", ""),
        ("y = 2", "[y for y in (3, 4)]", ""),
        ("y = 2", "def f(y):\n    return y", ""),
        ("x[0] = 1", "print(x)", "x[0] = 1"),
        ("x.append(1)", "print(x)", "x.append(1)"),
        ("x.append(1)", "print(y)", ""),
        ("@known\ndef f():\n    return 1\n\ng = 2", "f()", "@known\ndef f():\n    return 1"),
        ("import math\nimport os", "math.pi", "import math"),
    ],
)
def test_of_a_removed_cell_stays_what_is_used(removed, later, left):
    assert read(hidden(removed), later) == [left, later]


def test_what_draws_from_a_generator_stays_as_long_as_others_draw_from_it():
    seen, drawn = "rng = np.random.default_rng(1)", "means = rng.normal(size=3)"
    glued = hidden(f'{drawn}\nglue("mean", means.mean())')
    assert read(seen, glued, "rng.normal()") == [seen, drawn, "rng.normal()"]
    assert read(seen, glued, "print(1)") == [seen, "", "print(1)"]


def test_cells_that_bind_words_go_whole():
    bound = ("words", "remove-cell", 'from unrolled.words import holds\nholds("more", f, x=x)')
    assert read("x = 1", bound, "x") == ["x = 1", "", "x"]


def test_lines_of_ipython_stay_as_they_are():
    assert read("%timeit x", "x") == ["%timeit x", "x"]
