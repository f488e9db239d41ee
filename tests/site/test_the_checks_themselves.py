"""Each check, seen to fail: on a small sound page nothing is found, on a broken one just that."""

import pytest

import test_files
from test_figures import ink_complaints, smallest_text
from test_keyboard import photograph_focus, press_tab_through, visit_stops
from visiting import DESK, PHONE

SOUND = """<!DOCTYPE html>
<html lang="en-GB" data-theme="light"><head><meta charset="utf-8"><title>Sound</title>
<link rel="icon" href="data:,">
<style>
  body {{ margin: 16px; font: 16px/1.5 sans-serif; color: #222; background: #fff }}
  .katex-display {{ display: block; overflow-x: auto }}
  .katex-html, .base {{ display: inline-block; white-space: nowrap }}
  a, button {{ display: inline-block; min-height: 24px; color: #004a9f }}
  :focus-visible {{ outline: 3px solid #b00 }}
</style></head><body>
<main><article><h1>A sound page</h1><p>Words, and a <a href="index.html">link</a>.</p>
<div class="math"><span class="katex-display"><span class="katex"><span class="katex-html">
<span class="base">y = x</span></span></span></span></div>
<button type="button">Press</button>{more}</article>
<nav class="bd-docs-nav" aria-label="Main"><a class="reference" href="index.html">Home</a></nav>
</main>
</body></html>
"""
WIDE = "<div style='width:900px'>wide</div>"
EQUATION = """<div class="math" style="{outer}"><span class="katex-display" style="{style}">
<span class="katex"><span class="katex-html"><span class="base" style="width:700px">a long equation
</span></span></span></span></div>"""
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="

BROKEN = {
    # what is wrong: (what stands on the page besides, the look that finds it, what it says)
    "sideways": (WIDE, "sideways", "scrolls sideways: 9"),
    "dollar": ("<p>the length $x$</p>", "mathematics", "not rendered in"),
    "bracket": (r"<p>the length \(x\)</p>", "mathematics", "not rendered in"),
    "alt-dollar": (f"<img src='{PIXEL}' alt='the $x$ axis'>", "mathematics", "in the alt of"),
    "katex-error": ("<span class='katex-error'>x</span>", "mathematics", "not rendered"),
    "katex-red": (
        "<span class='katex'><span style='color:#cc0000'>\\foo</span></span>",
        "mathematics", "in red",
    ),
    "math-raw": ("<div class='math'>x^2</div>", "mathematics", "not rendered"),
    "equation-cut-right": (
        EQUATION.format(outer="", style="overflow:hidden"), "equationEnds", "the right end",
    ),
    "equation-cut-left": (
        EQUATION.format(outer="display:flex;justify-content:center;overflow-x:auto",
                        style="flex:none;overflow:visible"),
        "equationEnds", "the left end",
    ),
    "equation-covered": (
        "<div class='math' style='position:relative'>"
        "<span class='eqno' style='position:absolute;left:0'>(1)</span>"
        "<span class='katex-display'><span class='katex'><span class='katex-html'>"
        "<span class='base'>y = x</span></span></span></span></div>",
        "equationEnds", "its number covers",
    ),
    "no-alt": (f"<img src='{PIXEL}'>", "pictures", "without alternative text"),
    "empty-alt": (f"<img src='{PIXEL}' alt=''>", "pictures", "empty alternative text"),
    "lost-picture": ("<img src='lost.png' alt='A dog.'>", "pictures", "did not load"),
    "hidden-text": ("<p style='display:none'>Not seen.</p>", "nothingMissing", "text is hidden"),
    "transparent-text": ("<p style='opacity:0'>Not seen.</p>", "nothingMissing", "text is hidden"),
    "no-neighbour": ("<link rel='next' href='next.html'>", "nothingMissing", "no link to the next"),
    "no-navigation": ("<style>nav { display: none }</style>", "noNavigation", "not in view"),
    "navigation-off-screen": (
        "<style>nav { position: absolute; left: -999px }</style>", "noNavigation", "not in view",
    ),
    "cut": (
        "<div class='figure-frame' style='overflow:auto;width:90px'>"
        f"<img class='narrow' alt='A dog.' src='{PIXEL}' style='display:block;width:300px'></div>",
        "cut", "scrolls sideways",
    ),
    "pale": ("<p style='color:#ddd'>Pale.</p>", "pale", "too pale for paper"),
}  # fmt: skip

ACCIDENTS = {
    "console-error": ("<script>console.error('ouch')</script>", "console error: ouch"),
    "page-error": ("<script>ouch()</script>", "page error:"),
    "foreign-script": (
        "<script src='https://cdn.invalid/a.js'></script>", "request to another host: https://cdn",
    ),
    "foreign-beacon": (
        "<script>navigator.sendBeacon('https://spy.invalid/')</script>", "request to another host",
    ),
    "lost-file": ("<script src='lost.js'></script>", "status 404:"),
}  # fmt: skip

UNREACHABLE = {
    "no-tab-stop": (
        "<div style='overflow:auto;width:90px' onkeydown='0'><div style='width:300px'>x</div></div>"
        "<script>addEventListener('keydown', (e) => {"
        " if (document.activeElement.tagName === 'BUTTON') {"
        " e.preventDefault(); document.querySelector('a').focus(); } })</script>",
        "does not reach",
    ),
    "no-ring": ("<style>:focus-visible { outline: none }</style>", "nothing shows the focus"),
    "clipped-ring": (
        "<style>:focus-visible { outline-color: transparent }</style>", "the focus cannot be seen",
    ),
    "transparent": (
        "<button style='opacity:0'>Copy</button>", "the focus stands on something transparent",
    ),
    "covered": (
        "<div style='position:fixed;inset:0;background:#fff'></div>", "out of view or covered",
    ),
    "trap": (
        "<input aria-label='trap' onkeydown='event.preventDefault()'>", "the focus does not leave",
    ),
}  # fmt: skip

FILES = {
    "lost-page": ("<a href='lost.html'>x</a>", test_files.broken_links, "leads to no file"),
    "lost-place": ("<a href='#lost'>x</a>", test_files.broken_links, "leads to no place"),
    "preconnect": (
        "<link rel='preconnect' href='//fonts.invalid'>", test_files.foreign_hosts, "asks for",
    ),
    "foreign-image": (
        "<img alt='x' srcset='a.png 1x, https://img.invalid/b.png 2x'>",
        test_files.foreign_hosts, "asks for https://img",
    ),
}  # fmt: skip


def slug(kind, name):
    return f"{kind}-{name}.html"


@pytest.fixture(scope="module")
def broken_site(tmp_path_factory):
    site = tmp_path_factory.mktemp("site")
    (site / "index.html").write_text(SOUND.format(more=""), encoding="utf-8")
    kinds = {"look": BROKEN, "accident": ACCIDENTS, "keys": UNREACHABLE, "file": FILES}
    for kind, cases in kinds.items():
        for name, (more, *_) in cases.items():
            text = SOUND.format(more=more)
            (site / slug(kind, name)).write_text(text, encoding="utf-8")
    return site


@pytest.fixture(scope="module")
def broken(reader, broken_site):
    """The same browser, reading the broken site."""
    with reader.elsewhere(broken_site) as other:
        yield other


def test_a_sound_page_has_no_complaints(broken, broken_site):
    opened = broken.visit("index.html", PHONE)
    looks = {look for _, look, _ in BROKEN.values()}
    assert {look: opened.look(look) for look in looks} == {look: [] for look in looks}
    assert opened.violations() == []
    assert opened.errors == []
    assert press_tab_through(opened) == []
    broken.seen_focused.clear()
    assert photograph_focus(opened, broken, "sound") == []
    assert broken.seen_focused, "nothing was photographed"
    assert visit_stops(opened) == []
    assert test_files.broken_links("index.html", broken_site) == []
    assert test_files.foreign_hosts("index.html", broken_site) == []


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_seen(broken, name):
    _, look, words = BROKEN[name]
    complaints = broken.visit(slug("look", name), PHONE).look(look)
    assert any(words in one for one in complaints), complaints


@pytest.mark.parametrize("name", ACCIDENTS)
def test_an_accident_is_noted(broken, name):
    _, words = ACCIDENTS[name]
    opened = broken.visit(slug("accident", name), PHONE)
    opened.page.wait_for_timeout(50)
    assert any(words in one for one in opened.errors), opened.errors


@pytest.mark.parametrize("walk", [press_tab_through, visit_stops])
@pytest.mark.parametrize("name", UNREACHABLE)
def test_what_the_keyboard_misses_is_seen(broken, name, walk):
    _, words = UNREACHABLE[name]
    opened = broken.visit(slug("keys", name), PHONE)
    complaints = walk(opened)
    broken.seen_focused.clear()
    complaints += photograph_focus(opened, broken, name)
    assert any(words in one for one in complaints), complaints


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_seen(broken_site, name):
    _, check, words = FILES[name]
    complaints = check(slug("file", name), broken_site)
    assert any(words in one for one in complaints), complaints


def test_axe_sees_pale_text(broken):
    opened = broken.visit("index.html", PHONE)
    opened.page.evaluate("document.querySelector('h1').style.color = '#ddd'")
    assert any("axe color-contrast: h1" in one for one in opened.violations())


DARK_ONLY = """<p class="one">Words.</p><p class="one {other}">Other words.</p><style>
@media (prefers-color-scheme: dark) {{ .pale {{ color: #ddd }} }}
@media (min-width: 1000px) {{ .wide {{ color: #ddd }} }}</style>"""


@pytest.mark.parametrize(("other", "view"), [("pale", PHONE), ("wide", DESK)])
def test_what_is_pale_in_one_view_alone_is_seen_on_the_page_loaded_once(broken, other, view):
    """Among texts that look alike elsewhere, in the theme or at the width where it is pale."""
    opened = broken.visit("index.html", PHONE if view is DESK else DESK)
    more = DARK_ONLY.format(other=other)
    opened.page.evaluate("more => document.querySelector('article').innerHTML += more", more)
    assert opened.violations(DESK.theme if view is PHONE else PHONE.theme) == []
    opened.show(view)
    assert any("axe color-contrast" in one for one in opened.violations(view.theme))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_button_too_small_for_a_finger_is_seen_in_either_theme(broken, theme):
    opened = broken.visit("index.html", PHONE)
    small = "<button style='all:unset;width:9px;height:9px'>x</button>" * 2
    opened.page.evaluate("more => document.querySelector('article').innerHTML += more", small)
    assert any("axe target-size" in one for one in opened.violations(theme))


def test_what_is_too_wide_at_one_width_alone_is_seen_on_the_page_loaded_once(broken):
    opened = broken.visit("index.html", DESK)
    opened.page.evaluate("more => document.querySelector('article').innerHTML += more", WIDE)
    assert opened.look("sideways") == []
    opened.show(PHONE)
    assert any("scrolls sideways" in one for one in opened.look("sideways"))


DRAWING = """<body style='margin:0;background:{ground}'><svg width='200' height='100'>
<rect x='10' y='10' width='90' height='30' fill='{ink}'/>
<rect x='10' y='50' width='90' height='30' fill='#df7803'/></svg></body>"""


@pytest.mark.parametrize(("ink", "sound"), [("#ced6dd", True), ("#22272e", False)])
def test_dark_ink_on_a_dark_page_is_seen(broken, ink, sound):
    page = broken.visit("index.html").page
    found = []
    for ground, colour in (("#ffffff", "#222832"), ("#121212", ink)):
        page.set_content(DRAWING.format(ground=ground, ink=colour))
        found.append(broken.develop("ink", page.locator("svg").screenshot()))
    assert (ink_complaints("a drawing", *found) == []) is sound


def test_the_smallest_letters_of_a_drawing_are_found():
    svg = """<svg viewBox="0 0 460.8 345.6"><g transform="translate(62 322) scale(0.1 -0.1)"/>
    <g transform="translate(62 322) scale(0.09 -0.09)"/></svg>"""
    assert smallest_text(svg) == (9, 460.8)
