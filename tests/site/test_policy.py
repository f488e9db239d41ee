"""Under the policy of a published page all works that worked before, and nothing else runs."""

import os
import re
import shutil
import subprocess

import pytest

from built import ROOT, SITE, one_of_each_kind, pages, pages_with, shortest, typical_pages
from test_in_the_page import FIRST, ONE, Box, about
from visiting import DESK, PHONE, Visit, nothing_wrong

WRITE = """
import sys
from pathlib import Path
from bookkeeping.site.policy import write_policies

write_policies(Path(sys.argv[1]))
"""
POLICY = "Content-Security-Policy"
WITH_CHARTS = pages_with("chart")
OPENED = sorted({*one_of_each_kind(), *typical_pages(), "search.html", "genindex.html"})
# What a page must not do, each as one who had got a script of the book's to say it would. What
# came of it stands in `did`, and what the browser refused in `refused`, by the directive.
PROBE = """
window.did = [];
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  refused.push(`${event.effectiveDirective} ${event.blockedURI}`);
});
const add = (tag, attributes, text = "") => {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(text);
  document.body.append(made);
  return made;
};
const attempts = {
  inline: () => add("script", {}, "did.push('inline')"),
  handler: () => {
    add("div", {}).innerHTML = `<button id="probe" onclick="did.push('handler')">Press</button>`;
    document.getElementById("probe").click();
  },
  link: () => { add("a", { href: "javascript:void did.push('link')" }).click(); },
  eval: () => eval("did.push('eval')"),
  compiled: () => new Function("did.push('compiled')")(),
  later: () => setTimeout("did.push('later')", 0),
  data: () => add("script", { src: "data:text/javascript,did.push('data')" }),
  blob: () => {
    const code = new Blob(["postMessage('blob')"], { type: "text/javascript" });
    const worker = new Worker(URL.createObjectURL(code));
    worker.onmessage = (said) => { did.push(said.data); worker.terminate(); };
  },
  base: () => {
    const before = document.baseURI;
    const made = add("base", { href: "https://example.org/" });
    if (document.baseURI !== before) did.push("base");
    made.remove();
  },
  form: () => {
    add("iframe", { name: "away" });
    add("form", { action: "https://example.org/form", target: "away" }).requestSubmit();
  },
  script: () => add("script", { src: "https://example.org/script.js" }),
  style: () => add("link", { rel: "stylesheet", href: "https://example.org/style.css" }),
  image: () => add("img", { src: "https://example.org/image.png", alt: "" }),
  frame: () => add("iframe", { src: "https://example.org/frame" }),
  object: () => add("object", { data: "https://example.org/object" }),
  media: () => add("audio", { src: "https://example.org/media.mp3" }),
  fetch: () => { fetch("https://example.org/fetch").catch(() => {}); },
  beacon: () => navigator.sendBeacon("https://example.org/beacon"),
  socket: () => new WebSocket("wss://example.org/socket"),
};
for (const attempt of Object.values(attempts)) {
  try { attempt(); } catch (error) { /* refused at once, which is told as well */ }
}
// What a page may do: WebAssembly, styles of its own, a worker and a request within the book.
WebAssembly.instantiate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(
  () => did.push("allowed: WebAssembly"), () => {});
const styled = add("p", {});
styled.setAttribute("style", "position: fixed");
if (getComputedStyle(styled).position === "fixed") did.push("allowed: style");
const own = new Worker("worker-of-the-probe.js");
own.onmessage = (said) => { did.push(said.data); own.terminate(); };
fetch("index.html").then((answer) => { if (answer.ok) did.push("allowed: fetch"); });
"""
ADD = """address => new Promise((resolve, reject) => {
  const made = Object.assign(document.createElement("script"), { src: address });
  made.addEventListener("load", resolve);
  made.addEventListener("error", reject);
  document.head.append(made);
})"""
WORKER = "postMessage('allowed: worker');"
ALLOWED = {f"allowed: {one}" for one in ("WebAssembly", "style", "worker", "fetch")}
RUN = {"inline", "handler", "link", "eval", "compiled", "later", "data", "blob", "base"}
# What the browser is to refuse, each by its directive.
REFUSED = {
    "script-src-elem inline", "script-src-attr inline", "script-src eval", "script-src-elem data",
    "script-src-elem https://example.org/script.js", "worker-src blob",
    "base-uri https://example.org/", "form-action https://example.org/form?",
    "style-src-elem https://example.org/style.css", "img-src https://example.org/image.png",
    "frame-src https://example.org", "object-src https://example.org",
    "media-src https://example.org/media.mp3", "connect-src https://example.org/fetch",
    "connect-src https://example.org/beacon", "connect-src wss://example.org/socket",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The built book, each page with the policy that `nox -s publish` writes into it."""
    made = tmp_path_factory.mktemp("published") / "book"
    shutil.copytree(SITE, made, copy_function=link)
    python = os.environ.get("UNROLLED_PYTHON", ROOT / ".nox/docs/bin/python")
    assert shutil.which(python), f"{python} is not there to write policies: nox -s docs makes it"
    subprocess.run(
        [python, "-c", WRITE, made], env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=True
    )
    (made / "probe.js").write_text(PROBE)
    (made / "worker-of-the-probe.js").write_text(WORKER)
    return made


def link(one, place):
    """Put a file into a copy of the site: nothing is written into it, so a link will do."""
    try:
        os.link(one, place)
    except OSError:  # on another disk
        shutil.copy2(one, place)


@pytest.fixture(scope="module")
def host(reader, folder):
    """A host that serves it."""
    with reader.elsewhere(folder) as host:
        yield host


def test_each_page_has_one_policy_before_all_that_it_loads(folder):
    for name in pages(folder):
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(f'<meta http-equiv="{POLICY}"') == 1, name
        before = text[: text.index(POLICY)]
        assert "<meta charset" in before, name
        assert not re.search("<(?:link|script|style)", before), name


@pytest.mark.parametrize("name", OPENED)
def test_a_page_of_each_kind_opens_without_a_complaint(host, name):
    opened = host.visit(name, PHONE)
    opened.wait_for_charts()
    nothing_wrong(opened.errors)
    opened.close()


@pytest.mark.parametrize("name", WITH_CHARTS)
def test_a_chart_is_drawn_and_answers(host, name):
    opened = host.visit(name, DESK)
    opened.wait_for_charts()
    for figure in opened.page.locator("figure.has-chart").all():
        says = figure.locator(".chart-says")
        drawn = figure.locator(".chart-view")
        before = says.text_content(), drawn.inner_html()
        control = figure.locator("[data-signal]").first
        control.focus()
        slides = control.get_attribute("type") == "range"
        moved = False
        for key in ["End", "Home"] if slides else ["ArrowDown"]:
            opened.page.keyboard.press(key)
            opened.page.wait_for_timeout(50)
            moved = moved or (says.text_content(), drawn.inner_html()) != before
        assert moved, f"a key does not move {control.get_attribute('data-signal')}"
    nothing_wrong(opened.errors)
    opened.close()


def test_the_furniture_works(host):
    """Searching, the theme, previews, steps, choices and printing."""
    opened = host.visit("search.html?q=gradient")
    page = opened.page
    page.locator("#search-results a").first.wait_for(timeout=5_000)
    page.locator(".theme-switch-button:visible").first.click()
    page.locator(".theme-change-button[data-mode=dark]:visible").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.evaluate("localStorage.clear()")
    page.goto(host.home + shortest(pages_with("steps")), wait_until="load")
    shown = page.locator(".step:visible").first.inner_html()
    page.locator(".step-next").first.click()
    assert page.locator(".step:visible").first.inner_html() != shown
    page.goto(host.home + shortest(pages_with("question")), wait_until="load")
    page.locator(".choice summary").first.click()
    assert page.locator(".choices-kept [role=status]").first.inner_text()
    page.locator("a.reference[href*='#equation-'], a.reference[href*='#fig-']").first.focus()
    page.locator(".preview").wait_for(timeout=5_000)
    page.keyboard.press("Escape")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator(".btn-download-pdf-button").evaluate("button => button.click()")
    assert page.evaluate("window.printed"), "the button does not print"
    nothing_wrong(opened.errors)
    opened.close()


def test_a_box_is_judged_and_a_cell_is_run(host):
    """Python starts, in its worker, and KaTeX sets what is typed."""
    name, label = ONE
    opened = host.visit(name)
    box = Box(opened, label)
    assert box.ask(about(label)["right"], FIRST).startswith("Right")
    box.whole.locator(".your-turn-preview .katex").first.wait_for()
    cell = opened.page.locator(".cell.tag_try-it").first
    cell.locator(".try-it").click()
    cell.locator("textarea").fill("import sympy\nprint(sympy.Integer(6) * 7)")
    cell.locator(".try-it-run").click()
    cell.locator(".try-it-output", has_text="42").wait_for(timeout=FIRST)
    nothing_wrong(opened.errors)
    opened.close()


def probed(reader, address):
    """Return what the probe did on a page, what was refused, and which hosts were asked."""
    opened = reader.visit("index.html")
    stopped: set[str] = set()  # of which the browser tells as well, before it stops them
    opened.page.on("requestfailed", lambda one: one.failure == "csp" and stopped.add(one.url))
    opened.page.evaluate(ADD, address)
    did: set[str] = set()
    for _ in range(50):
        opened.page.wait_for_timeout(100)
        if did >= ALLOWED:
            break
        did = set(opened.page.evaluate("did"))
    refused = set(opened.page.evaluate("refused"))
    told = "request to another host: "
    asked = {one.removeprefix(told) for one in opened.errors if one.startswith(told)}
    opened.close()
    return did, refused, asked - stopped


def test_the_policy_refuses_what_is_not_the_books(host):
    did, refused, asked = probed(host, f"{host.home}probe.js")
    assert did == ALLOWED
    assert refused >= REFUSED, f"not refused: {sorted(REFUSED - refused)}"
    assert asked == set()


def test_without_a_policy_the_same_things_are_done(reader, folder, tmp_path):
    """So that what the policy refuses is nothing that a browser refuses by itself."""
    shutil.copytree(SITE / "_static", tmp_path / "_static", copy_function=link)
    link(SITE / "index.html", tmp_path / "index.html")
    for name in ("probe.js", "worker-of-the-probe.js"):
        link(folder / name, tmp_path / name)
    with reader.elsewhere(tmp_path) as bare:
        did, refused, asked = probed(bare, f"{bare.home}probe.js")
    assert did >= ALLOWED | RUN
    assert refused == set()
    names = "script.js style.css image.png media.mp3 frame object fetch beacon form?".split()
    assert asked == {"wss://example.org/socket", *(f"https://example.org/{one}" for one in names)}


def test_a_page_that_is_opened_as_a_file_works(host, folder):
    page = host.context("light").new_page()
    opened = Visit(page, f"file://{folder}/")
    page.goto(f"file://{folder}/{shortest(WITH_CHARTS)}", wait_until="load")
    opened.wait_for_charts()
    nothing_wrong(opened.errors)
    opened.close()
