"""The code of a cell: Python as IPython takes it."""

from __future__ import annotations

import pytest

from bookkeeping.run.cells import imported_names, parse_cell


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import a.b as c, d", {"a.b", "d"}),
        ("from a import b", {"a", "a.b"}),
        ("def f():\n    from a.b import c", {"a.b", "a.b.c"}),
        ("if x:\n    import a", {"a"}),
        ("from . import a", set()),
        ("'import a'", set()),
        ("%matplotlib inline\nimport a", {"a"}),
        ("!ls\nimport a", {"a"}),
        ("%time import a", {"a"}),
        ("%%time\nimport a", {"a"}),
        ("\n%%capture out\n%%time\nfrom a import b", {"a", "a.b"}),
        ("%%bash\nimport -window root a.png", set()),
    ],
)
def test_imports_are_found_wherever_they_stand(code, names):
    assert imported_names(code) == names


@pytest.mark.parametrize(
    "code",
    [
        'print("%d of %d"\n      % (2, 3))',
        "(17\n% 5)",
        'text = """\n%d of\n!a\n?"""',
        "text = 'a\f\u2028\x85'\nimport a",
        "names = !echo hello",
        "names = %sx echo hello",
        "%%bash\nfor i in 1 2; do\n  echo $i\ndone",
        "len?\n?len",
        "%time import a; \\\n import b",
        "for i in range(2):\n    %time i\n    !ls",
        "await later()",
        "get_ipython().run_line_magic(name, words)",
        "1;",
        "\t1",
        "",
    ],
)
def test_what_ipython_takes_is_taken(code):
    parse_cell(code)


@pytest.mark.parametrize(
    ("code", "line"),
    [("1\ndef f(:", 2), ("\n\n1\n2 3", 2), ("%time 1\n\nx = = 1", 3), ("!ls\n1 2", 2)],
)
def test_what_it_does_not_take_is_told_by_its_line(code, line):
    with pytest.raises(SyntaxError) as caught:
        parse_cell(code)
    assert caught.value.lineno == line
