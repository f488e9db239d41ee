"""What a chart must bring, and what the book makes of it."""

from __future__ import annotations

import json
import re

import pytest

from bookkeeping.run.kernel import CHART
from bookkeeping.run.payloads import join
from bookkeeping.site.charts import HEAVIEST, faults

SLIDER = {"name": "k", "value": 2, "bind": {"input": "range", "min": 1, "max": 3, "name": "k"}}
SAYS = {"name": "says", "expr": "'k is ' + k"}
SOUND = {"mark": "point", "data": {"values": [{"k": 1}]}, "params": [SLIDER, SAYS]}

FAULTY = {
    "a static picture": (SOUND, False),
    "several views": ({**SOUND, "hconcat": []}, True),
    "without a slider or a menu": ({**SOUND, "params": [SAYS]}, True),
    "neither a slider nor a menu": (
        {**SOUND, "params": [{**SLIDER, "bind": {"input": "color", "name": "k"}}, SAYS]}, True
    ),
    "has no name": (
        {**SOUND, "params": [{**SLIDER, "bind": {"input": "range"}}, SAYS]}, True
    ),
    "no value to begin with": (
        {**SOUND, "params": [{"name": "k", "bind": SLIDER["bind"]}, SAYS]}, True
    ),
    "only a mouse": (
        {**SOUND, "params": [SLIDER, SAYS, {"name": "picked", "select": "point"}]}, True
    ),
    "in words": ({**SOUND, "params": [SLIDER]}, True),
    "from elsewhere": ({**SOUND, "data": {"url": "numbers.csv"}}, True),
    "thin out its data": ({**SOUND, "data": {"values": ["x" * HEAVIEST]}}, True),
}  # fmt: skip


def test_a_sound_chart_has_no_faults():
    assert list(faults(SOUND, pictured=True)) == []


@pytest.mark.parametrize("words", FAULTY)
def test_each_fault_is_told_alone(words):
    specification, pictured = FAULTY[words]
    (told,) = faults(specification, pictured=pictured)
    assert words in told


def test_a_chart_joins_the_picture_before_it():
    picture = {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>"}}
    chart = {"output_type": "execute_result", "data": {CHART: SOUND}}
    text = {"output_type": "stream", "text": "words"}
    joined = join([text, picture, chart])
    assert [set(output.get("data", {})) for output in joined] == [
        set(), {"image/svg+xml", "text/html"}
    ]  # fmt: skip
    assert picture["data"] == {"image/svg+xml": "<svg/>"}
    alone = join([chart])
    assert set(alone[0]["data"]) == {"text/html"}


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
from IPython.display import SVG, display

display(SVG('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'))
slider = alt.binding_range(min=1, max=3, step=1, name="number k")
data = alt.InlineData(values=[{"k": 1}, {"k": 3}])
alt.layer(
    alt.Chart(data).mark_point(color="#22272e").encode(x="k:Q").transform_filter("datum.k <= k")
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
    assert "vega.min.js" in page
    assert "vega" not in small_book.page("counting")
    assert (small_book.root / "_build/html/_static/vega/vega.min.js").is_file()
    again = small_book.build()
    assert again.executed == set()
    assert small_book.page("dots") == page
