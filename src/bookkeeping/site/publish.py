"""Make of the book what a static host wants: for its address, with a policy and checksums."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from bookkeeping.forms import SITE
from bookkeeping.project import BOUND_VARIABLE, URL_VARIABLE, Project
from bookkeeping.site import taking_along
from bookkeeping.site.build import build_into
from bookkeeping.site.policy import write_policies
from bookkeeping.site.provenance import set_source_date
from bookkeeping.texts import PageError, fits

SUMS = "SHA256SUMS"
WITHOUT = """
No address is known, so this is left out: the sitemap, the social cards, the full addresses of pages
and notebooks. The page for a missing address, 404.html, finds its parts at the root of a host only.
To have all of it, name the address: python -m nox -s publish -- --url https://example.org/book/"""


def publish(project: Project, url: str | None, *, bound: bool = False) -> int:
    """Build the book from nothing but the stored outputs into ``_build/publish``.

    Parameters
    ----------
    project : Project
        The book.
    url : str or None
        The address that the site gets; without one, that of ``_config.yml``.
    bound : bool
        Whether it offers the EPUB and the PDFs that were made before.

    Returns
    -------
    status : int
        The exit status.
    """
    if url is not None and not is_address(url):
        return 2
    os.environ[URL_VARIABLE] = url or ""
    try:
        address = project.site_url
        if bound:
            set_source_date(project.root)
            if not taking_along.may_publish(project):
                return 1
            os.environ[BOUND_VARIABLE] = ""
        status = build_into(
            project.build / "publish", project, project.build / "publishing", finish
        )
    except PageError as error:
        print(error, file=sys.stderr)
        return 1
    if status == 0:
        print(f"\nIt is made for {address}" if address else WITHOUT)
        print(f"{SUMS} names every file; `sha256sum --check --quiet {SUMS}` holds a copy to it.")
    return status


def is_address(url: str) -> bool:
    """Whether a site can have this address; say what it should be where it cannot."""
    if not fits(url, SITE):
        print(
            f"--url: expected {SITE['description']}; got {url!r}. Give the address at which "
            "readers will find the home page, without the name of a file, query or fragment.",
            file=sys.stderr,
        )
        return False
    return True


def finish(site: Path) -> None:
    """Give each page its policy, and tell a host to serve all files as they are, by checksums.

    Parameters
    ----------
    site : Path
        The folder of the finished site.

    Raises
    ------
    PageError
        When a page could not work under a policy.
    """
    write_policies(site)
    (site / ".nojekyll").touch()
    files = {p.relative_to(site).as_posix(): p for p in site.rglob("*") if p.is_file()}
    lines = [f"{hashlib.sha256(files[n].read_bytes()).hexdigest()}  {n}\n" for n in sorted(files)]
    (site / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
