"""What `nox -s publish` makes works in a folder of a host, as a reader of it would find."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from built import ROOT, pages, pages_to_open, read, redirects
from visiting import nothing_wrong

# Makes a book of three pages, one of which has moved, and publishes it.
MAKE = """
import sys
from pathlib import Path
from bookkeeping.__main__ import main
from small_book import SmallBook

book = SmallBook(Path("small").absolute())
book.write_all()
book.edit("_config.yml", "sphinx:\\n", "  redirects: {old/count: counting}\\nsphinx:\\n")
sys.exit(main(["publish", "--root", str(book.root), "--url", "https://example.org/a/book/"]))
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder that a host serves, with a small published book in one under it."""
    folder = tmp_path_factory.mktemp("host")
    python = Path(os.environ.get("UNROLLED_PYTHON", ROOT / ".nox/docs/bin/python"))
    assert shutil.which(python), f"{python} is not there to publish a book: nox -s docs makes it"
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests/bookkeeping")])
    made = subprocess.run(
        [python, "-c", MAKE], cwd=folder, env={**os.environ, "PYTHONPATH": path}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=300,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout
    (folder / "a").mkdir()
    (folder / "small/_build/publish").rename(folder / "a/book")
    return folder


def test_a_published_book_works_in_a_folder_of_its_host(reader, published):
    """One test, or each of two processes would publish."""
    site = published / "a/book"
    (moved,) = redirects(site)
    assert moved in set(pages(site)) - set(pages_to_open(site))
    with reader.elsewhere(published, "a/book/") as host:
        opened = host.visit("index.html")
        page = opened.page
        page.locator(".bd-sidebar-primary a", has_text="Lists").click()
        page.wait_for_url(f"{host.home}back/lists.html")
        page.goto(host.home + moved, wait_until="load")
        page.wait_for_url(f"{host.home}counting.html")
        page.goto(f"{host.home}search.html?q=counting", wait_until="load")
        found = page.locator(f"#search-results a[href^='{host.home}counting.html'], "
                             "#search-results a[href^='counting.html']")  # fmt: skip
        found.first.wait_for(timeout=5_000)
        assert page.locator("#search-results a[href*='old/count']").count() == 0
        nothing_wrong(opened.errors)
        missing = host.visit("no/such/deep/page.html")
        expected = f"status 404: {host.home}no/such/deep/page.html"
        assert missing.errors == [expected]
        assert missing.page.locator("article h1").text_content() == "Page not found"
        missing.page.locator(".bd-sidebar-primary a", has_text="Adding").click()
        missing.page.wait_for_url(f"{host.home}adding.html")
        assert missing.errors == [expected]
    assert read("404.html", site).link("canonical").startswith("https://example.org/a/book/")
