"""What a chart must bring, and what the book makes of it."""

from __future__ import annotations

import json
import re

import pytest

from bookkeeping.project import BUILD_VARIABLE, Project
from bookkeeping.run.kernel import CHART
from bookkeeping.run.payloads import join
from bookkeeping.site.charts import HEAVIEST, compile_new, compiled, copy_libraries, faults, key_of
from bookkeeping.texts import PageError
from small_book import REPOSITORY

SLIDER = {"name": "k", "value": 2, "bind": {"input": "range", "min": 1, "max": 3, "name": "k"}}
SAYS = {"name": "says", "expr": "'k is ' + k"}
SOUND = {"mark": "point", "data": {"values": [{"k": 1}]}, "params": [SLIDER, SAYS]}

FAULTY = {
    "several views": {**SOUND, "hconcat": []},
    "without a slider or a menu": {**SOUND, "params": [SAYS]},
    "neither a slider nor a menu": {
        **SOUND, "params": [{**SLIDER, "bind": {"input": "color", "name": "k"}}, SAYS]
    },
    "has no name": {**SOUND, "params": [{**SLIDER, "bind": {"input": "range"}}, SAYS]},
    "no value to begin with": {
        **SOUND, "params": [{"name": "k", "bind": SLIDER["bind"]}, SAYS]
    },
    "only a mouse": {**SOUND, "params": [SLIDER, SAYS, {"name": "picked", "select": "point"}]},
    "in words": {**SOUND, "params": [SLIDER]},
    "from elsewhere": {**SOUND, "data": {"url": "numbers.csv"}},
    "thin out its data": {**SOUND, "data": {"values": ["x" * HEAVIEST]}},
}  # fmt: skip


def test_a_sound_chart_has_no_faults():
    assert list(faults(SOUND)) == []


@pytest.mark.parametrize("words", FAULTY)
def test_each_fault_is_told_alone(words):
    (told,) = faults(FAULTY[words])
    assert words in told


def test_a_chart_is_carried_beside_its_own_picture():
    before = {"output_type": "display_data", "data": {"image/svg+xml": "<svg id='other'/>"}}
    chart = {"output_type": "execute_result", "data": {CHART: SOUND, "image/svg+xml": "<svg/>"}}
    text = {"output_type": "stream", "text": "words"}
    first, second, third = join([text, before, chart])
    assert [first, second] == [text, before]
    assert set(third["data"]) == {"image/svg+xml", "text/html"}
    assert third["data"]["image/svg+xml"] == "<svg/>"
    assert json.loads(re.search(">(.*)<", third["data"]["text/html"]).group(1)) == SOUND


def test_a_chart_cannot_end_its_own_script():
    chart = {"data": {CHART: {"title": "</script>"}}}
    assert join([chart])[0]["data"]["text/html"].count("</script>") == 1


PAGE = """\
# A chart

```{code-cell} python
---
mystnb:
  figure: {name: fig-dots, caption: A dot for each number.}
  image: {alt: Dots in a row.}
---
import altair as alt

slider = alt.binding_range(min=1, max=3, step=1, name="number k")
data = alt.InlineData(values=[{"k": 1}, {"k": 3}])
alt.layer(
    alt.Chart(data).mark_point(color="#22272e").encode(
        x=alt.X("k:Q", axis=alt.Axis(title="Quays and λ"))
    ).transform_filter("datum.k <= k")
).add_params(
    alt.param(name="k", value=2, bind=slider), alt.param(name="says", expr="'k is ' + k")
)
```

See {numref}`fig-dots`.
"""


def test_a_page_with_a_chart(small_book):
    small_book.add({"book/dots.md": PAGE})
    built = small_book.build()
    assert built.status == 0, built.output
    page = small_book.page("dots")
    figure = re.search(r"<figure.*?</figure>", page, re.DOTALL).group()
    order = ["<img", 'class="chart" hidden', 'type="range"', "application/json", "<figcaption"]
    places = [figure.index(part) for part in order]
    assert places == sorted(places)
    assert 'min="1" max="3" step="1" value="2"' in figure
    assert 'aria-label="Dots in a row."' in figure
    vega = json.loads(re.search(r'json">(.*?)</script>', figure, re.DOTALL).group(1))
    assert "#22272e" not in json.dumps(vega)
    assert "var(--figure-ink)" in json.dumps(vega)
    assert not [signal for signal in vega["signals"] if "bind" in signal]
    picture = picture_in(small_book, figure)
    dots = re.findall(r'<path [^>]*stroke="var\(--ink\)" stroke-width="2"', picture)
    assert len(dots) == 1, "of the numbers one and three the first is up to two"
    assert 'width="410"' in picture
    assert page.index("vega.min.js") < page.index("vega-interpreter.js") < page.index("charts.js")
    assert "vega" not in small_book.page("counting")
    assert (small_book.root / "_build/html/_static/vega/vega.min.js").is_file()
    again = small_book.build()
    assert again.executed == set()
    assert small_book.page("dots") == page
    assert picture_in(small_book, figure) == picture


def test_a_picture_does_not_depend_on_what_is_drawn_with_it(tmp_path, monkeypatch):
    axis = {"field": "k", "type": "quantitative", "title": "a", "scale": {"domain": [-600, 2400]}}
    alone = {**SOUND, "encoding": {"y": axis}}
    others = {**SOUND, "title": "0123456789 −"}
    pictures = []
    for name, together in {"alone": [alone], "together": [alone, others]}.items():
        monkeypatch.setenv(BUILD_VARIABLE, str(tmp_path / name))
        project = Project(REPOSITORY)
        compile_new(project, together)
        pictures.append(compiled(project).load(key_of(project, alone))["picture"])
    assert "2,000" in pictures[0]
    assert pictures[0] == pictures[1]


EXPORT = "export { expression as expressionInterpreter };\n"


@pytest.mark.parametrize(
    "code", ["", EXPORT, f"import {{ a }} from 'vega-util';\nimport b from 'c';\n{EXPORT}"]
)
def test_an_interpreter_of_another_form_is_told(tmp_path, code):
    web = tmp_path / "web"
    for package, file in (("vega", "vega.min.js"), ("vega-interpreter", "vega-interpreter.js")):
        (web / package / "build").mkdir(parents=True)
        (web / package / "build" / file).write_text(code)
    (tmp_path / "_config.yml").write_text("bookkeeping: {web: web}\n")
    with pytest.raises(PageError, match="expected one import of"):
        copy_libraries(Project(tmp_path), tmp_path / "static")


def picture_in(book, figure):
    (name,) = re.findall(r'<img[^>]* src="(_images/[^"]+)"', figure)
    return (book.root / "_build/html" / name).read_text(encoding="utf-8")
