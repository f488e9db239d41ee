"""Files as people save them, and what is said of one that cannot be used."""

from __future__ import annotations

import codecs

import pytest

from bookkeeping.project import Project
from bookkeeping.run.notebooks import load_page
from bookkeeping.texts import PageError, YamlText, lines_of, parse_module, read_text
from small_book import FILES

LATIN = b"# coding: latin-1\nSIZE = 'gr\xf6\xdfer'\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.md", "Größer.\n".encode()),
        ("page.md", codecs.BOM_UTF8 + "Größer.\n".encode()),
        ("page.md", "Größer.\r\n".encode()),
        ("module.py", "Größer.\n".encode()),
        ("module.py", codecs.BOM_UTF8 + "Größer.\n".encode()),
    ],
)
def test_a_text_is_read_as_it_was_saved(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert read_text(tmp_path / name) == "Größer.\n"


def test_a_module_says_its_own_encoding(tmp_path):
    (tmp_path / "module.py").write_bytes(LATIN)
    assert "größer" in read_text(tmp_path / "module.py")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (
            "page.md",
            b"One.\nGr\xf6\xdfer.\n",
            "page.md:2: not utf-8 (the byte 0xf6); save the file",
        ),
        ("page.md", "One.\n".encode("utf-16"), "page.md:1: not utf-8 (the byte 0xff); save"),
        ("module.py", b"one\ntwo\nthree = '\xf6'\n", "module.py:3: not utf-8 (the byte 0xf6)"),
        ("module.py", b"# coding: klingon\n", "module.py:1: unknown encoding"),
        ("missing.md", None, "missing.md:1: the file cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, name, content, told):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PageError) as caught:
        read_text(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path}/{told}")


@pytest.mark.parametrize("content", [b"one\ndef f(:\n", b"one\n\n\nx = = 1"])
def test_what_is_not_python_is_told_with_its_line(tmp_path, content):
    (tmp_path / "module.py").write_bytes(content)
    line = content.count(b"\n", 0, content.index(b"def" if b"def" in content else b"x =")) + 1
    with pytest.raises(PageError, match=rf"module\.py:{line}: not Python: invalid syntax"):
        parse_module(tmp_path / "module.py")


def test_lines_end_where_python_ends_them():
    text = "a\f\v\x1c\x85\u2028\u2029b\nc"
    assert lines_of(text) == ["a\f\v\x1c\x85\u2028\u2029b", "c"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: [2\nc: 3\n", "f:9: not YAML: while parsing a flow sequence, expected"),
        ("a: b: c\n", "f:8: not YAML: mapping values are not allowed here"),
        ("a: 1\nb: \x07\n", "f:9: not YAML: special characters are not allowed"),
        ("a: 2026-13-42\n", "f:8: not YAML: month must be in 1..12"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(text, told):
    with pytest.raises(PageError) as caught:
        YamlText("f", text, above=7).load()
    assert str(caught.value).startswith(told)


def project(tmp_path, config=FILES["_config.yml"], toc=FILES["_toc.yml"]) -> Project:
    (tmp_path / "_config.yml").write_text(config, encoding="utf-8")
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    return Project(tmp_path)


CHAPTERS = "format: jb-book\nroot: index\nchapters:\n- file: one\n"
PARTS = "format: jb-book\nroot: index\nparts:\n- caption: A\n  chapters:\n  - file: one\n"


@pytest.mark.parametrize(
    ("toc", "told"),
    [
        (f"{CHAPTERS}- file: 404\n", "5: chapters[1].file: 404 is not a text, for YAML; put it be"),
        (f"{CHAPTERS}- file: 1.10\n", "5: chapters[1].file: 1.1 is not a text"),
        (f"{CHAPTERS}- file: no\n", "5: chapters[1].file: False is not a text"),
        (f"{CHAPTERS}  title: 1984\n", "5: chapters[0].title: 1984 is not a text"),
        (
            f"{PARTS}- caption: 1984\n  chapters:\n  - file: two\n",
            "7: parts[1].caption: 1984 is not",
        ),
        (f"{CHAPTERS}- fil: two\n", "5: entry does not contain one of"),
        (f"{CHAPTERS}- file: two\n- file: one\n", "6: document file used multiple times: 'one'"),
        (
            f"{PARTS}  - file: two\n    sections: two\n",
            "8: parts[0].chapters[1].sections: 'two' is not a",
        ),
        (f"{CHAPTERS}- two\n", "5: chapters[1]: 'two' is not a list of names and values"),
        (f"{CHAPTERS}- file: [one\n", "5: not YAML"),
        ("", "1: None is not a list of names and values"),
    ],
)
def test_a_table_of_contents_that_is_none_is_told_with_its_line(tmp_path, toc, told):
    with pytest.raises(PageError) as caught:
        _ = project(tmp_path, toc=toc).docnames
    assert str(caught.value).startswith(f"{tmp_path}/_toc.yml:{told}")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("site_url: example.org", "3: site_url: 'example.org' is not an address that begins with"),
        ("site_url: 5", "3: site_url: 5 is not a text"),
        ("repository: https://github.com/a/b", "3: repository: 'https://github.com/a/b' is not a"),
        *(
            (
                f"repository:\n  url: {url}",
                f"4: repository.url: '{url}' is not the address of a repo",
            )
            for url in ("https://codeberg.org/a/b", "git@github.com:a/b.git", "github.com/a/b", "a")
        ),
        ("execute:\n  timeout: a minute", "4: execute.timeout: 'a minute' is not a number"),
        ("bookkeeping:\n  packages: toy", "4: bookkeeping.packages: 'toy' is not a list"),
        (
            "bookkeeping:\n  check_figure: a.b",
            "4: bookkeeping.check_figure: 'a.b' is not a function",
        ),
        ("sphinx: [a]", "3: sphinx: ['a'] is not a list of names and values"),
        ("title: [A", "3: not YAML"),
    ],
)
def test_a_wrong_entry_of_the_configuration_is_told_with_its_line(tmp_path, entry, told):
    with pytest.raises(PageError) as caught:
        _ = project(tmp_path, config=f"author: Nobody\n\n{entry}\n").config
    assert str(caught.value).startswith(f"{tmp_path}/_config.yml:{told}")


def test_every_fault_of_the_configuration_is_told(tmp_path):
    with pytest.raises(PageError) as caught:
        _ = project(tmp_path, config="title: 2026\nsite_url: 5\n").config
    assert [line.split(":")[1] for line in str(caught.value).split("\n")] == ["1", "2"]


def test_an_entry_without_a_value_is_as_one_that_is_not_there(tmp_path):
    book = project(tmp_path, config="site_url:\nrepository:\nexecute:\nbookkeeping:\n  packages:\n")
    assert (book.site_url, book.repository["url"], book.packages) == ("", "", [])


@pytest.mark.parametrize("address", ["https://example.org/book", "https://example.org/book/"])
def test_addresses_are_written_in_one_way(tmp_path, address):
    for end in ("", "/", ".git"):
        config = f"site_url: {address}\nrepository: {{url: https://github.com/a/b{end}}}\n"
        book = project(tmp_path, config=config)
        assert book.site_url == "https://example.org/book/"
        assert book.repository["url"] == "https://github.com/a/b"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1: the page is empty"),
        ("[a]: b\n", "1: the page is empty"),
        ("# A\n\nOne\u2028two.\n", "3: the invisible character U+2028 ends a line for some tools"),
        ("# A\n\none\ftwo\n", "3: the invisible character U+000C"),
        ("---\n---\n# A\n", "2: None is not a list of names and values"),
        ("---\n- a\n---\n# A\n", "2: ['a'] is not a list of names and values"),
        ("---\na: b\ndata: 5\n---\n# A\n", "3: data: 5 is not the name of a file, or a list"),
        ("---\na: b\nkernelspec: r\n---\n", "3: kernelspec: 'r' is not a list of names and values"),
        ("---\nwhen: 2026-13-42\n---\n", "2: not YAML: month must be in 1..12"),
        ("A\n\n```{code-cell} python\n:tags: hide-input\n1\n```\n", "4: tags: "),
        ("A\n\n```{code-cell}\n---\nmystnb: figure\n---\n```\n", "5: mystnb: "),
        ("A\n\n```{code-cell}\n---\nmystnb:\n  image: a\n---\n```\n", "6: mystnb.image: "),
        ("A\n\n```{code-cell}\n---\ncaption: a: b\n---\n```\n", "5: not YAML: mapping"),
    ],
)  # fmt: skip
def test_a_page_that_is_none_is_told_with_its_line(text, told):
    with pytest.raises(PageError) as caught:
        load_page(text, "page.md")
    assert str(caught.value).startswith(f"page.md:{told}")


def test_a_page_may_begin_with_no_more_than_a_heading():
    load_page("---\ndata:\n---\n# A\n\n```{code-cell} python\n---\n---\n1\n```\n", "page.md")
