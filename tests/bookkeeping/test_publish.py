"""What a static host gets, and what stands at the addresses of pages that moved."""

from __future__ import annotations

import hashlib
import re

import pytest
from bs4 import BeautifulSoup

from bookkeeping.__main__ import main
from bookkeeping.forms import SITE
from bookkeeping.texts import fits
from small_book import REPOSITORY

MOVED = "  redirects: {old/count: counting, left: back/lists}\nsphinx:\n"
URL = "https://example.org/book/"


def published(book):
    """Return every file of the published book, to the byte."""
    folder = book.root / "_build/publish"
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_published_site_has_its_address_and_checksums_and_comes_out_the_same_again(small_book):
    small_book.edit("_config.yml", "sphinx:\n", MOVED)
    made = []
    for _ in range(2):
        built = small_book.publish("--url", URL)
        assert built.status == 0, built.output
        made.append(published(small_book))
    assert made[0] == made[1]
    site = {name: content.decode("utf-8", "replace") for name, content in made[0].items()}
    assert site[".nojekyll"] == ""
    assert built.executed == set()
    sums = [line.split("  ") for line in site["SHA256SUMS"].splitlines()]
    assert [name for _, name in sums] == sorted(made[0].keys() - {"SHA256SUMS"})
    assert all(hashlib.sha256(made[0][name]).hexdigest() == one for one, name in sums)
    assert f"Sitemap: {URL}sitemap.xml" in site["robots.txt"]
    assert f"<loc>{URL}counting.html</loc>" in site["sitemap.xml"]
    assert "old/count" not in site["sitemap.xml"] + site["searchindex.js"] + site["llms.txt"]
    astray = BeautifulSoup(site["404.html"], "html.parser")
    parts = [
        one.get("href") or one.get("src") for one in astray.select("link, script[src], a, img")
    ]
    own = [part for part in parts if not part.startswith(("#", "https://"))]
    assert own
    assert [part for part in own if not part.startswith("/book/")] == []
    assert re.search(r"counting: \d+\.\d s", site["back/build-report.html"])
    assert "in this build" not in site["back/build-report.html"]


def test_a_site_without_an_address_says_what_it_lacks(small_book):
    built = small_book.publish()
    assert built.status == 0, built.output
    site = published(small_book)
    assert {"SHA256SUMS", ".nojekyll", "404.html", "robots.txt"} < site.keys()
    assert "sitemap.xml" not in site
    assert "No address is known" in built.output
    assert "-s publish -- --url https://example.org/book/" in built.output


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "example.org", "//example.org/", "ftp://example.org/", "https://", "https:///book/",
        "https://example.org/a b/", " https://example.org/", "https://example.org/\n",
        "https://example.org/book/?a=1", "https://example.org/#top", "https://me@example.org/",
        "https://example.org/a/../b/", "https://example.org//book/", "https://example.org:port/",
        "https://example.org/book/index.html", "https://example.org\\book",
    ],
)  # fmt: skip
def test_an_address_that_no_site_can_have_is_refused_in_words(tmp_path, capsys, url):
    (tmp_path / "_config.yml").write_text("title: A\n")
    assert main(["publish", "--root", str(tmp_path), "--url", url]) == 2
    told = capsys.readouterr().err
    assert told.startswith("--url: expected an address that begins with https:// or http:// and")
    assert f"got {url!r}. Give the address at which readers" in told
    assert not (tmp_path / "_build").exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://127.0.0.1:8000/",
        "https://a.github.io/book",
        "https://e.org/a/b~c/",
    ],
)
def test_an_address_that_a_site_can_have_is_taken(url):
    assert fits(url, SITE)


def test_a_forge_runs_the_commands_of_the_readme():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^python3 -m venv .*$", readme, re.M)
    steps = (REPOSITORY / ".github/workflows/book.yml").read_text(encoding="utf-8").split("\n")
    assert commands
    assert [line for line in commands if f"      - run: {line}" not in steps] == []


# ---- pages that moved ----------------------------------------------------------------------------


def test_an_old_address_leads_on_without_scripts_until_it_is_dropped(small_book):
    small_book.edit("_config.yml", "sphinx:\n", MOVED)
    built = small_book.build()
    assert built.status == 0, built.output
    page = BeautifulSoup(small_book.page("old/count"), "html.parser")
    assert page.select_one("link[rel=canonical]")["href"] == "../counting.html"
    assert page.select_one("meta[http-equiv=refresh]")["content"] == "0; url=../counting.html"
    assert page.select_one("a[href='../counting.html']").text == page.title.text == "Counting"
    assert page.html["lang"] == "en"
    assert page.select("script") == []
    assert 'url=back/lists.html"' in small_book.page("left")
    small_book.edit("_config.yml", "{old/count: counting, left: back/lists}", "{left: adding}")
    built = small_book.build()
    assert built.status == 0, built.output
    assert 'url=adding.html"' in small_book.page("left")
    assert "old/count.html" not in small_book.site()


def test_a_page_that_was_renamed_gives_its_address_to_what_leads_on(small_book):
    (small_book.root / "book/adding.md").rename(small_book.root / "book/sums.md")
    small_book.edit("_toc.yml", "file: adding", "file: sums")
    small_book.edit("book/notation.yml", "pages: [adding]", "pages: [sums]")
    small_book.edit("_config.yml", "sphinx:\n", "  redirects: {adding: sums}\nsphinx:\n")
    built = small_book.build()
    assert built.status == 0, built.output
    assert '<meta http-equiv="refresh" content="0; url=sums.html">' in small_book.page("adding")


WRONG = """\
  redirects:
    old/one: nowhere
    counting: adding
    /old/two: adding
    old/../two: adding
    old/two.html: adding
    search: adding
    back/checks/sum: adding
    old/three: old/one
sphinx:
"""


def test_what_leads_nowhere_or_stands_on_a_page_is_refused_by_its_line(small_book):
    small_book.edit("_config.yml", "sphinx:\n", WRONG)
    before = small_book.site()
    built = small_book.build()
    assert built.status == 1
    first = small_book.read("_config.yml").split("\n").index("    old/one: nowhere") + 1
    told = re.findall(r"^.*/_config\.yml:(\d+): bookkeeping\.redirects: (.*)$", built.output, re.M)
    assert [(int(line) - first, said) for line, said in told] == [
        (0, "'nowhere' is not a page that _toc.yml names; write where 'old/one' went"),
        (1, "'counting' is a page of this site; only an address that none has can lead on"),
        *(
            (n, f"{old!r} is no name of a page; write it as _toc.yml names pages: part/page")
            for n, old in ((2, "/old/two"), (3, "old/../two"), (4, "old/two.html"))
        ),
        (5, "'search' is a page of this site; only an address that none has can lead on"),
        (6, "'back/checks/sum' is a page of this site; only an address that none has can lead on"),
        (7, "'old/one' is not a page that _toc.yml names; write where 'old/three' went"),
    ]
    assert "Traceback" not in built.output
    assert built.executed == set()
    assert small_book.site() == before
