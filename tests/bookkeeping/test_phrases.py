"""Words that the book does not use are found where they stand, and nowhere else."""

from bookkeeping.check.phrases import faults, prose

LIST = """[[phrase]]
never = '\\bshall\\b'
instead = "must"
[phrase.except]
"quoting.md" = "a quotation"
"""
PAGE = """# A page

```{code-cell} python
---
mystnb:
  figure: {name: fig-a, caption: "It shall be seen."}
---
shall = "in code"
```

:::{admonition} A box
It shall be found, `shall` in code is not.
:::

```python
shall
```
"""


def test_words_are_found_in_prose_boxes_and_captions_with_their_lines(tmp_path):
    (tmp_path / "phrases.toml").write_text(LIST)
    (tmp_path / "quoting.md").write_text("One shall quote.\n")
    (tmp_path / "page.md").write_text(PAGE)
    assert list(faults(tmp_path)) == [
        f"{tmp_path}/page.md:6: 'shall'; write must",
        f"{tmp_path}/page.md:12: 'shall'; write must",
    ]


def test_an_excuse_that_nothing_needs_is_a_fault(tmp_path):
    (tmp_path / "phrases.toml").write_text(LIST)
    (tmp_path / "quoting.md").write_text("One must quote.\n")
    (found,) = faults(tmp_path)
    assert "excused on quoting.md" in found


def test_the_lines_of_a_page_stay_where_they_are():
    assert prose(PAGE).count("\n") == PAGE.count("\n")
    assert "in code" not in prose(PAGE).replace("in code is not", "")
