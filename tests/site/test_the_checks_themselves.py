"""Each check, seen to fail: on a small sound page nothing is found, on a broken one just that."""

import pytest

import test_files
from drawings import ink_complaints, smallest_text
from keyboard import press_tab_through, walk
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

FOLDED = f"<details><summary>Open</summary>{WIDE}</details>"
CHOICE = """<details class="choice {kind}"><summary>A choice</summary>
<p><span class="verdict">{verdict}</span> {reason}</p></details>"""
PALE = "<p style='{style}'>Pale words.</p>"


def chart(picture="display:none", label="A curve.", width=200, x=9, size=12, says="It falls."):
    return f"""<figure class="has-chart" id="fig-chart" style="width:300px;margin:0">
    <span class="figure-frame" style="{picture}">picture</span>
    <div class="chart-view" role="img" aria-label="{label}"><svg width="{width}" height="50">
    <text x="{x}" y="20" font-size="{size}">word</text></svg></div>
    <p class="chart-says">{says}</p></figure>"""


def steps(button="min-width:44px;min-height:44px", second="", last=1, told="at + 1"):
    return f"""<figure class="has-steps" id="fig-steps" style="margin:0"><div class="step-controls">
    <button type="button" class="step-back" style="{button}">Back</button>
    <button type="button" class="step-next" style="{button}">Next</button></div>
    <p role="status"></p>
    <ol><li class="step">one</li><li class="step" style="{second}">two</li></ol></figure><script>{{
      let at = 0;
      const show = (number) => {{
        at = Math.max(0, Math.min({last}, number));
        document.querySelectorAll(".step").forEach((one, n) => {{ one.hidden = n !== at; }});
        document.querySelector("[role=status]").textContent = `Picture ${{{told}}} of 2`;
      }};
      document.querySelector(".step-back").onclick = () => show(at - 1);
      document.querySelector(".step-next").onclick = () => show(at + 1);
      show(0);
    }}</script>"""


WHOLE = "".join(
    [chart(), steps(), "<details><summary>Open</summary><p>Words.</p></details>",
     CHOICE.format(kind="is-right", verdict="Right.", reason="It is so indeed.")]
)  # fmt: skip
WITHOUT_SCRIPTS = {"nothingMissing", "noNavigation"}  # for which scripts have hidden too much

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
    "pale": (PALE.format(style="color:#ddd"), "pale", "too pale for paper"),
    "wide-when-unfolded": (FOLDED, "unfolded", "scrolls sideways"),
    "wrong-verdict": (
        CHOICE.format(kind="is-right", verdict="Wrong.", reason="It is not quite so."),
        "choices", "instead of “Right.”",
    ),
    "no-reason": (
        CHOICE.format(kind="", verdict="Wrong.", reason="No."), "choices", "without a reason",
    ),
    "picture-beside-its-chart": (chart(picture=""), "charts", "beside its chart"),
    "chart-without-a-sentence": (chart(says=""), "charts", "without a sentence"),
    "chart-without-alt": (chart(label=""), "charts", "without alternative text"),
    "chart-too-wide": (chart(width=400), "charts", "wider than its figure"),
    "chart-of-small-letters": (chart(size=8), "charts", "8px for “word”"),
    "chart-cut-off": (chart(x=190), "charts", "is cut off"),
    "two-steps-at-once": (steps(second="display:block"), "steps", "1,2 are shown instead of 1"),
    "stuck-steps": (steps(last=0), "steps", "1 are shown instead of 2"),
    "untold-steps": (steps(told="1"), "steps", "“Picture 1 of 2” at picture 2"),
    "growing-steps": (steps(second="height:99px"), "steps", "changes its height"),
    "steps-without-buttons": (
        "<figure class='has-steps'><ol><li class='step'>one</li></ol></figure>", "steps",
        "without buttons",
    ),
    "steps-too-wide": (
        steps(second="width:900px"), "steps", "scrolls sideways",
    ),
    "small-steps": (steps(button="width:30px"), "smallControls", "for a finger"),
    "steps-out-of-their-figure": (
        steps(button="margin-left:-9px;min-width:44px;min-height:44px"), "smallControls",
        "sticks out",
    ),
    "chart-without-scripts": ("<div class='chart'>x</div>", "nothingMissing", "answers to nothing"),
    "pale-text": (PALE.format(style="color:#ccc"), "paleTexts", "a contrast of 1.6"),
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
    (site / "whole.html").write_text(SOUND.format(more=WHOLE), encoding="utf-8")
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
    assert opened.violations() == opened.violations(every_letter=True) == []
    assert opened.errors == []
    assert press_tab_through(opened, broken, "pressed") == []
    assert walk(opened, broken, "walked") == []
    assert broken.stops_met["pressed"] == broken.stops_met["walked"], "not all are photographed"
    assert len(broken.stops_met["walked"]) > 1
    assert test_files.broken_links("index.html", broken_site) == []
    assert test_files.foreign_hosts("index.html", broken_site) == []


def test_sound_charts_steps_choices_and_folds_have_no_complaints(broken):
    opened = broken.visit("whole.html", PHONE)
    before = opened.page.content()
    looks = {look for _, look, _ in BROKEN.values()}
    assert {look: opened.look(look) for look in looks - WITHOUT_SCRIPTS} == {
        look: [] for look in looks - WITHOUT_SCRIPTS
    }
    assert opened.page.content() == before, "a look changes the page"


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


@pytest.mark.parametrize("way", [press_tab_through, walk])
@pytest.mark.parametrize("name", UNREACHABLE)
def test_what_the_keyboard_misses_is_seen(broken, name, way):
    _, words = UNREACHABLE[name]
    complaints = way(broken.visit(slug("keys", name), PHONE), broken, f"{way} {name}")
    assert any(words in one for one in complaints), complaints


def test_a_stop_out_of_order_is_seen(broken):
    opened = broken.visit("index.html", PHONE)
    add(opened, "<button tabindex='2'>Second</button>")
    assert any("out of the order" in one for one in walk(opened, broken, "out of order"))


def test_the_middle_one_of_many_like_stops_is_looked_at(broken):
    opened = broken.visit("index.html", PHONE)
    add(opened, "<p>" + "<button class='one'>One</button> " * 9 + "</p>")
    opened.page.evaluate("document.querySelectorAll('.one')[4].style.outline = 'none'")
    assert any("nothing shows the focus" in one for one in walk(opened, broken, "middle"))


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_seen(broken_site, name):
    _, check, words = FILES[name]
    complaints = check(slug("file", name), broken_site)
    assert any(words in one for one in complaints), complaints


def add(opened, more):
    opened.page.evaluate("more => document.querySelector('article').innerHTML += more", more)


@pytest.mark.parametrize(
    ("style", "is_pale"),
    [
        ("color:#767676", False),
        ("color:#777", True),
        ("color:#949494; font-size:24px", False),
        ("color:#959595; font-size:24px", True),
        ("color:#949494; font-size:19px; font-weight:700", False),
        ("color:#949494; font-size:19px", True),
        ("color:rgb(0 0 0 / 60%)", False),
        ("color:rgb(0 0 0 / 50%)", True),
        ("color:#000; opacity:0.6", False),
        ("color:#000; opacity:0.5", True),
        ("color:#222; background:#808080", True),
        ("color:#fff; background:rgb(0 0 0 / 60%)", False),
        ("color:#fff; background:rgb(0 0 0 / 50%)", True),
        ("color:color-mix(in srgb, #fff 60%, #000)", True),
    ],
)
def test_contrast_is_what_axe_says_it_is(broken, style, is_pale):
    opened = broken.visit("index.html", PHONE)
    add(opened, PALE.format(style=style))
    assert bool(opened.look("paleTexts")) is is_pale
    said_by_axe = opened.violations(every_letter=True)
    assert any("axe color-contrast" in one for one in said_by_axe) is is_pale, said_by_axe


def test_pale_letters_of_a_formula_are_seen(broken):
    opened = broken.visit("index.html", PHONE)
    opened.page.evaluate("document.querySelector('.base').style.color = '#ddd'")
    assert any("a contrast of" in one for one in opened.look("paleTexts"))
    assert any("axe color-contrast" in one for one in opened.violations(every_letter=True))


def test_formulas_are_boxes_for_axe_and_come_back(broken):
    opened = broken.visit("index.html", PHONE)
    add(opened, "<span class='katex'><i role='nothing'>x</i></span>")
    before = opened.page.content()
    assert opened.violations() == []
    assert opened.page.content() == before
    assert any("axe aria-roles" in one for one in opened.violations(every_letter=True))


def test_axe_looks_only_where_it_is_to(broken):
    opened = broken.visit("index.html", PHONE)
    add(opened, "<div class='part'><button></button></div>")
    assert any("axe button-name" in one for one in opened.violations(".part"))
    assert opened.violations(".math") == []


VIEW_ONLY = """<p class="one">Words.</p><p class="one {other}">Other words.</p><style>
@media (prefers-color-scheme: dark) {{ .pale {{ color: #ddd }} }}
@media (min-width: 1000px) {{ .wide {{ color: #ddd }} }}</style>"""


@pytest.mark.parametrize(("other", "view"), [("pale", PHONE), ("wide", DESK)])
def test_what_is_pale_in_one_view_alone_is_seen_on_the_page_loaded_once(broken, other, view):
    """Among texts that look alike elsewhere, in the theme or at the width where it is pale."""
    opened = broken.visit("index.html", PHONE if view is DESK else DESK)
    add(opened, VIEW_ONLY.format(other=other))
    assert opened.look("paleTexts") == []
    opened.show(view)
    assert any("a contrast of" in one for one in opened.look("paleTexts"))


def test_a_button_too_small_for_a_finger_is_seen(broken):
    opened = broken.visit("index.html", PHONE)
    add(opened, "<button style='all:unset;width:9px;height:9px'>x</button>" * 2)
    assert any("axe target-size" in one for one in opened.violations())


def test_a_link_without_a_line_among_words_is_seen(broken):
    opened = broken.visit("index.html", PHONE)
    add(opened, "<p>Words, <a href='#x' style='display:inline;color:#333;text-decoration:none'>"
                "a link</a>, words.</p>")  # fmt: skip
    assert any("axe link-in-text-block" in one for one in opened.violations())


@pytest.mark.parametrize(("above", "seen"), [(0, True), (900, False)])
def test_a_page_that_opens_without_a_picture_is_seen(broken, above, seen):
    opened = broken.visit("index.html", PHONE)
    add(opened, f"<figure style='margin-top:{above}px'><img alt='A dog.' src='{PIXEL}'></figure>")
    assert (opened.look("firstSight") == []) is seen


def test_what_is_too_wide_at_one_width_alone_is_seen_on_the_page_loaded_once(broken):
    opened = broken.visit("index.html", DESK)
    add(opened, WIDE)
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
