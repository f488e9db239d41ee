"""What the policy of a page is made of, and which pages could not work under one."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess

import pytest

from bookkeeping.site.html_fixes import mend_translations
from bookkeeping.site.katex import node_binary
from bookkeeping.site.policy import element, reading, write_policies
from bookkeeping.texts import PageError

HEAD = "<!DOCTYPE html>\n<html>\n<head>\n<meta charset='utf-8' />\n"


def hash_of(code):
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def test_every_script_that_runs_where_it_stands_is_named_by_its_hash():
    code = 'let told = "x < y && <b>";\n'
    page = (
        f"{HEAD}<script>{code}</script><SCRIPT type='module' data-a=\"a > b\">two()</SCRIPT>"
        '<script src="own.js"></script><script type="application/json">{"a": 1}</script>'
        "<!-- <script>unseen()</script> --><script>two()</script></head>"
    )
    assert reading(page).hashes == [hash_of(code), hash_of("two()")]


def test_a_hash_is_that_of_the_lines_as_a_browser_ends_them():
    page = f"{HEAD}<script>one();\r\ntwo();\rthree();</script>"
    assert reading(page).hashes == [hash_of("one();\ntwo();\nthree();")]


def test_the_policy_stands_behind_the_encoding_and_before_all_that_is_loaded(tmp_path):
    head = HEAD.replace("<meta charset", "<meta name='viewport'><meta charset")
    page = f'{head}<meta name="a"><link href="own.css"><script>one()</script></head></html>\n'
    (tmp_path / "part").mkdir()
    (tmp_path / "part/page.html").write_text(page, encoding="utf-8")
    older = tmp_path / "older"
    older.hardlink_to(tmp_path / "part/page.html")
    write_policies(tmp_path)
    made = element([hash_of("one()")])
    written = (tmp_path / "part/page.html").read_text(encoding="utf-8")
    assert written == page.replace("'utf-8' />", f"'utf-8' />\n{made}")
    assert older.read_text(encoding="utf-8") == page


def test_the_policy_allows_no_code_but_the_books_and_nothing_from_elsewhere():
    made = element([hash_of("one()")])
    policy = made.partition('content="')[2].removesuffix('">')
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["script-src"] == f"'self' 'wasm-unsafe-eval' {hash_of('one()')}"
    assert (
        directives["default-src"] == directives["object-src"] == directives["base-uri"] == "'none'"
    )
    sources = {one for sources in directives.values() for one in sources.split()}
    assert sources - {hash_of("one()")} == {
        "'none'", "'self'", "'wasm-unsafe-eval'", "'unsafe-inline'", "data:"
    }  # fmt: skip
    assert [name for name in directives if "'unsafe-inline'" in directives[name]] == ["style-src"]
    assert [name for name in directives if "data:" in directives[name]] == ["img-src"]


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (
            f"{HEAD}<button class=\"a\"\nonclick='go()'>",
            "5: onclick holds a script, 'go()'; listen in a file for it",
        ),
        (
            f"{HEAD}\n<a href='JavaScript:go()'>",
            "6: href holds a script, 'JavaScript:go()'; write a button",
        ),
        (
            f"<script>one()</script>{HEAD}",
            "1: <script> stands before <meta charset>; begin with that",
        ),
        (
            "<title>Bare</title>",
            "1: without <meta charset>, behind which its policy stands; write one",
        ),
    ],
    ids=["a handler", "a link", "a script too early", "no encoding"],
)
def test_a_page_that_could_not_work_is_refused_by_its_line(tmp_path, page, told):
    (tmp_path / "sound.html").write_text(HEAD)
    (tmp_path / "broken.html").write_text(page)
    with pytest.raises(PageError) as error:
        write_policies(tmp_path)
    assert str(error.value) == f"broken.html:{told}"


def test_words_about_scripts_are_no_scripts():
    page = f'{HEAD}<p title="a > b onclick=x">&lt;a onclick="go()"&gt; <b>one onload=1</b></p>'
    assert reading(page).faults == []


CATALOGUE = """\
Documentation.addTranslations({
    "locale": "en_GB",
    "messages": {"Found %s page.": ["A", "B", "C"], "%s sheep": ["sheep", "", ""], "one": "one",
                 "two": "twain", "three": ""},
    "plural_expr": "(n==1 ? 0 : n>1 && n%10 < 5 ? 1 : 2)"
});"""


def test_translations_bring_their_plurals_as_code(tmp_path):
    file = tmp_path / "translations.js"
    file.write_text(CATALOGUE)
    mend_translations(tmp_path)
    told = subprocess.run(
        [node_binary(), "-e", f"const Documentation = {{TRANSLATIONS: {{}}}};\n{file.read_text()}\n"
         "console.log(JSON.stringify([Documentation, [1, 2, 25].map(Documentation.PLURAL_EXPR)]))"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert json.loads(told) == [
        {"TRANSLATIONS": {"Found %s page.": ["A", "B", "C"], "two": "twain"}, "LOCALE": "en_GB"},
        [0, 1, 2],
    ]
    mend_translations(tmp_path / "of plain English")


@pytest.mark.parametrize(
    ("here", "instead"), [("addTranslations", "add"), ("n==1", "alert(n)==1"), ("plural_", "")]
)
def test_translations_of_another_form_are_told(tmp_path, here, instead):
    (tmp_path / "translations.js").write_text(CATALOGUE.replace(here, instead))
    with pytest.raises(PageError, match="with a rule for plurals"):
        mend_translations(tmp_path)
