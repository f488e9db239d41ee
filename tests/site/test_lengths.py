"""How long a page is."""

import lengths
import pytest

from built import SITE

PAGE = """<nav><p>Never counted</p></nav><article class="bd-article">
<h1>Two words<a class="headerlink">#</a></h1>
<p>An <img alt="no word"> inline <span class="math katex">x = y</span> formula, 3 times</p>
<div class="highlight"><pre>no = "word"</pre></div><div class="output">None</div>{more}</article>"""
CHAPTERS = [file.relative_to(SITE).as_posix() for file in lengths.chapter_files(SITE)]


@pytest.mark.parametrize(
    ("more", "opens", "unfolded"),
    [
        ("", 6, 6),
        ("<details><summary>Show it</summary><p>and then more</p></details>", 8, 11),
        ("<details open><summary>Show it</summary><p>and then more</p></details>", 11, 11),
        ("<div class='dropdown admonition'><p class='admonition-title'>A title</p>"
         "<p>hidden</p></div>", 8, 9),
        ("<div class='solution dropdown admonition'><p class='admonition-title'>Solution</p>"
         "<p>not counted</p></div>", 7, 6),
        ("<figure><ol><li class='step'>one</li><li class='step'>two more</li></ol></figure>"
         "<figure><ol><li class='step'>first again</li></ol></figure>", 9, 11),
    ],
)  # fmt: skip
def test_words_are_counted_as_a_page_opens_and_unfolded(more, opens, unfolded):
    assert lengths.length_of(PAGE.format(more=more)) == (opens, unfolded)


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_chapter_is_longer_than_a_reader_likes(name):
    page = lengths.length_of((SITE / name).read_text(encoding="utf-8"))
    assert page.opens <= lengths.OPENS, f"{page.opens} words as it opens"
    assert page.unfolded <= lengths.UNFOLDED, f"{page.unfolded} words with its folds open"
