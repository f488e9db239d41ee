"""The command ``python -m bookkeeping``: build the book, serve it while writing, check it."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from pathlib import Path

from bookkeeping.project import BUILD_VARIABLE, LOCK_VARIABLE, URL_VARIABLE, Project
from bookkeeping.texts import PageError


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bookkeeping", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in {
        "build": "build the whole book into _build/html",
        "again": "build the book twice, the second time from nothing, and compare every byte",
        "publish": "build the book for a host into _build/publish, with checksums",
        "live": "serve the book on this machine and rebuild it after each edit",
        "links": "ask every link that leaves the book whether it still leads somewhere",
        "epub": "make an EPUB of the built site, and check it",
        "pdf": "print each part of the built site as a PDF (needs chromium and poppler)",
        "check": "run the claims of some equations, or all, on the pages as they stand",
        "notebooks": "try the notebooks of the built site as a reader does (needs uv)",
        "machines": "run pages under the kernels of other processors, and tell numbers that move",
        "mutants": "change equations by a token, and see whether a test notices",
        "tries": "judge right and changed answers to the exercises that readers type",
    }.items():
        command = commands.add_parser(name, help=what)
        command.add_argument("--root", type=Path, default=Path(), help="the book's folder")
        if name in {"check", "mutants", "tries"}:
            command.add_argument("labels", nargs="*", help="equations; all when none is named")
        if name in {"machines", "notebooks"}:
            command.add_argument("pages", nargs="*", help="pages; all when none is named")
        if name in {"mutants", "notebooks"}:
            command.add_argument("--share", action="store_true", help="the part of this commit")
        if name == "pdf":
            command.add_argument(
                "parts", nargs="*", help="as their files are named; all when none is"
            )
            command.add_argument("--smallest", action="store_true", help="the smallest part only")
        if name in {"epub", "pdf", "publish"}:
            command.add_argument("--url", help="the address of the site's folder on its host")
        if name == "publish":
            command.add_argument("--bound", action="store_true", help="offer EPUB and PDFs too")
        if name == "machines":
            command.add_argument("--new", action="store_true", help="what the record lacks, once")
            command.add_argument("--seconds", type=float, help="how long it may take")
        command.add_argument("--build", help="where everything made goes (default: _build)")
        command.add_argument("--lock", help="the file that pins what pages run with")
        command.add_argument("--port", type=int, default=8000, help="for `live`")
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # which may hold no letters but those of English
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    for variable, value in ((BUILD_VARIABLE, options.build), (LOCK_VARIABLE, options.lock)):
        if value:
            os.environ[variable] = value
    project = Project(options.root.resolve())
    if not (project.root / "_config.yml").exists():
        parser.error(f"{project.root} holds no _config.yml; run this in the book's own folder")
    if options.command in {"check", "mutants", "tries"}:
        from bookkeeping.check import mutation, tries

        try:
            if options.command == "tries":
                return tries.measure(project, options.labels)
            if options.command == "check":
                return mutation.check(project, options.labels)
            return mutation.measure(project, share=options.share, labels=options.labels)
        except PageError as error:
            print(error, file=sys.stderr)
            return 1
    if options.command == "notebooks":
        from bookkeeping.site import at_home

        return at_home.try_notebooks(project, options.pages, share=options.share)
    if options.command == "machines":
        from bookkeeping.run import machines

        try:
            return machines.try_pages(
                project, options.pages, new=options.new, seconds=options.seconds
            )
        except PageError as error:
            print(error, file=sys.stderr)
            return 1
    if options.command in {"epub", "pdf"} and options.url is not None:
        from bookkeeping.site.publish import is_address

        if not is_address(options.url):
            return 2
        os.environ[URL_VARIABLE] = options.url
    if options.command == "epub":
        from bookkeeping.bound import epub

        return epub.make(project) or epub.check(project)
    if options.command == "pdf":
        from bookkeeping.bound import pdf

        return pdf.make(project, options.parts, smallest=options.smallest)
    from bookkeeping.site import again, build, publish

    if options.command == "again":
        return again.build_again(project)
    if options.command == "publish":
        return publish.publish(project, options.url, bound=options.bound)
    if options.command == "live":
        return build.live(project, options.port)
    if options.command == "links":
        return build.check_links(project)
    return build.build(project)


if __name__ == "__main__":
    status = main()
    gc.freeze()  # or Python would look through all that a build made, to take it apart at the end
    sys.exit(status)
