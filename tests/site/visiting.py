"""Opening a page of the book in a browser, and noting everything that goes wrong meanwhile."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, sync_playwright

from built import WEB
from serving import serve

HERE = Path(__file__).parent
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
QUIET = [
    "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
]  # fmt: skip


class View(NamedTuple):
    """How a page is looked at: a width in CSS pixels, and the colours that the reader prefers."""

    width: int
    theme: str

    @property
    def height(self) -> int:
        return {360: 740, 820: 1180}.get(self.width, 900)

    def __str__(self) -> str:
        return f"{self.width}-{self.theme}"


PHONE, TABLET = View(360, "dark"), View(820, "light")
DESK, DESK_AT_NIGHT = View(1440, "light"), View(1440, "dark")
ALL_VIEWS = tuple(View(width, theme) for width in (360, 820, 1440) for theme in ("light", "dark"))


@cache
def script(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@cache
def axe() -> str:
    return (WEB / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


# Two frames, in which listeners and charts answer to a new width, and the end of all transitions.
# They are ended, not awaited: chromium does not always tell the end of one that is out of view.
SETTLED = """async () => {
  for (const _ of "12") await new Promise(requestAnimationFrame);
  const ends = one => one.effect.getComputedTiming().endTime < Infinity;
  document.getAnimations().filter(ends).forEach(one => one.finish());
}"""


class Visit:
    """One page, opened once: what went wrong, and what can be seen."""

    def __init__(self, page: Page, home: str, scripts: bool = True) -> None:
        self.page = page
        self.home = home
        self.scripts = scripts
        self.errors: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.errors.append(f"page error: {error}"))
        page.on("request", lambda request: self._ask(request.url))
        page.on("websocket", lambda socket: self._ask(socket.url))
        page.on("response", self._answer)
        page.on("requestfailed", self._miss)

    def _hear(self, message: Any) -> None:
        # A failed request is reported with its address by the response.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(f"console error: {message.text}")

    def _ask(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob", "about") and not url.startswith(self.home):
            self.errors.append(f"request to another host: {url}")

    def _answer(self, response: Any) -> None:
        if response.status >= 400 and response.url.startswith(self.home):
            self.errors.append(f"status {response.status}: {response.url}")

    def _miss(self, request: Any) -> None:
        # With scripts off, a script that the page asked for early is refused by the browser itself.
        expected = ("net::ERR_ABORTED", "csp")
        if request.url.startswith(self.home) and request.failure not in expected:
            self.errors.append(f"request failed ({request.failure}): {request.url}")

    def look(self, what: str, *arguments: object) -> Any:
        """Ask one of the functions of page_checks.js about the page."""
        return self.page.evaluate(
            f"([what, given]) => ({script('page_checks.js')})[what](...given)",
            [what, list(arguments)],
        )

    def complaints(self, *looks: str) -> list[str]:
        """Ask those functions of page_checks.js that return a list of complaints."""
        return self.page.evaluate(
            f"looks => {{ const all = {script('page_checks.js')};"
            " return looks.flatMap(look => all[look]()); }",
            looks,
        )

    def show(self, view: View) -> None:
        """Look at the loaded page in another way, and let nothing move any more."""
        self.page.set_viewport_size({"width": view.width, "height": view.height})
        self.page.emulate_media(color_scheme=view.theme)
        if self.scripts:
            self.page.evaluate(SETTLED)

    def wait_for_charts(self) -> None:
        # Not by a function that the page would have to compile: a policy may forbid it.
        for number in range(self.page.locator(".chart").count()):
            self.page.locator(".has-chart.is-live").nth(number).wait_for(state="attached")

    def violations(self, within: str = "html", *, every_letter: bool = False) -> list[str]:
        """Return what axe finds against WCAG 2.2 AA: rule, place, markup, reason.

        Unless every letter is to be looked at, formulas are empty boxes meanwhile, and contrast is
        left to ``paleTexts`` of page_checks.js: they take axe longer than all the rest.
        """
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(axe())
        found = self.page.evaluate(
            f"""async ([within, everyLetter, options]) => {{
              const run = async () => (await axe.run(within, options)).violations;
              const {{ withBoxesForFormulas }} = {script("page_checks.js")};
              return everyLetter ? run() : withBoxesForFormulas(run);
            }}""",
            [
                within, every_letter,
                {"resultTypes": ["violations"], "runOnly": WCAG,
                 "rules": {"color-contrast": {"enabled": every_letter}}},
            ],
        )  # fmt: skip
        return [
            "\n      ".join(
                [
                    f"axe {rule['id']}: {' '.join(map(str, node['target']))}",
                    node["html"][:200],
                    "; ".join(one["message"] for one in node["any"] + node["all"] + node["none"]),
                ]
            )
            for rule in found
            for node in rule["nodes"]
        ]

    def close(self) -> None:
        self.page.close()


class Reader:
    """A browser, and the address of the book."""

    def __init__(self, browser: Browser, home: str) -> None:
        self.browser = browser
        self.home = home
        self._contexts: dict[tuple[str, bool], BrowserContext] = {}
        self._screenshots: Page | None = None
        # Kinds of stop of the keyboard that have been photographed, by view.
        self.stops_met: dict[str, set[str]] = {}

    def context(self, theme: str, scripts: bool = True) -> BrowserContext:
        """One context for each theme, so that style sheets and scripts are fetched once."""
        if (theme, scripts) not in self._contexts:
            context = self.browser.new_context(
                color_scheme=theme, java_script_enabled=scripts, locale="en-GB",
                reduced_motion="reduce", permissions=["clipboard-read", "clipboard-write"],
            )  # fmt: skip
            context.set_default_timeout(10_000)
            # Without scripts nothing is lazy: the list of figures loads them all at once.
            context.set_default_navigation_timeout(40_000)
            self._contexts[theme, scripts] = context
        return self._contexts[theme, scripts]

    def visit(self, name: str, view: View = DESK, *, scripts: bool = True) -> Visit:
        page = self.context(view.theme, scripts).new_page()
        page.set_viewport_size({"width": view.width, "height": view.height})
        visit = Visit(page, self.home, scripts)
        page.goto(self.home + name, wait_until="load")
        page.evaluate("document.fonts.ready.then(() => true)")
        return visit

    @contextmanager
    def elsewhere(self, folder: Path, under: str = "") -> Iterator[Reader]:
        """Read another folder with the same browser; the book may lie in one under it."""
        with serve(folder) as home:
            reader = Reader(self.browser, home + under)
            try:
                yield reader
            finally:
                for context in reader._contexts.values():
                    context.close()

    def develop(self, what: str, *pictures: bytes) -> Any:
        """Ask one of the functions of screenshots.js about screenshots."""
        if self._screenshots is None:
            self._screenshots = self.browser.new_context().new_page()
            self._screenshots.evaluate(script("screenshots.js"))
        encoded = [base64.b64encode(picture).decode() for picture in pictures]
        return self._screenshots.evaluate(
            "([what, pictures]) => screenshots[what](...pictures)", [what, encoded]
        )


@contextmanager
def reading(site: Path) -> Iterator[Reader]:
    """Serve a folder and start the browser that will read it."""
    chromium = os.environ.get("UNROLLED_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        raise RuntimeError(
            "There is no chromium on this machine: install it (Debian: apt install chromium), "
            "or name its executable in UNROLLED_CHROMIUM."
        )
    flags = [*QUIET, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")
    with serve(site) as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        try:
            yield Reader(browser, home)
        finally:
            browser.close()


def happens(page: Page, condition: str, given: Any, within: int = 1_000) -> bool:
    """Return whether a condition is true on a page, at once or within some milliseconds."""
    try:
        page.wait_for_function(condition, arg=given, timeout=within)
    except TimeoutError:
        return False
    return True


def nothing_wrong(complaints: list[str], limit: int = 40) -> None:
    """Fail with what went wrong, a line each."""
    if complaints:
        lines = [f"  - {line}" for line in complaints[:limit]]
        more = [f"  - and {len(complaints) - limit} more"] if len(complaints) > limit else []
        pytest.fail("\n".join([f"{len(complaints)} complaints:", *lines, *more]), pytrace=False)
