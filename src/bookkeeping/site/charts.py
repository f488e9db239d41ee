"""Charts that answer to a slider: a picture of their opening state first, the chart in its place.

A cell ends in an Altair chart. While the book is built it is compiled to Vega, tried at the ends of
its controls and drawn once; that picture stands in the page, and the chart takes its place where
scripts run. Vega itself comes with the book, on the pages that hold a chart.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from bookkeeping.project import Project
from bookkeeping.run.kernel import CHART
from bookkeeping.run.payloads import PICTURE
from bookkeeping.run.recolour import recolour, repaint
from bookkeeping.site.extracting import extract
from bookkeeping.site.katex import node_binary
from bookkeeping.site.state import build_of, page_index
from bookkeeping.store import Store, digest, file_digest
from bookkeeping.texts import PageError, read_text

LOGGER = logging.getLogger(__name__)
MODULE = re.compile(
    r"import \{(?P<names>[\w, ]+)\} from 'vega-util';\n(?P<code>(?:(?!^(?:im|ex)port\b).)*)"
    r"^export \{ expression as expressionInterpreter \};\n(?://.*\n?)?",
    re.DOTALL | re.MULTILINE,
)
HEAVIEST = 100_000  # bytes of one chart with its data, before compression
LIBRARIES = ("vega", "vega-interpreter", "vega-lite")
SAYS = "says"  # the name of the sentence that tells what the chart shows


class Chart(NamedTuple):
    """A chart of a page, as it was specified."""

    line: int
    key: str
    specification: dict[str, Any]


def prepare(project: Project, records: Iterable[dict[str, Any]]) -> None:
    """Compile and draw the charts of executed pages that are new, all at once."""
    outputs = (output for record in records for output in _outputs(record))
    compile_new(project, [output["data"][CHART] for output in outputs])


def add_pictures(project: Project, record: dict[str, Any]) -> None:
    """Lay the picture of each chart of an executed page beside it."""
    prepare(project, [record])
    for output in _outputs(record):
        drawn = compiled(project).load(key_of(project, output["data"][CHART]))
        if drawn and drawn["picture"]:
            output["data"][PICTURE] = drawn["picture"]


def _outputs(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the outputs of an executed page that are charts."""
    for outputs in record["outputs"]:
        yield from (output for output in outputs if CHART in output.get("data", {}))


class chart(nodes.General, nodes.Element):
    """Where a chart takes the place of the picture before it."""


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Take the charts of a page out of its outputs, and check what can be checked by reading."""
    docname = app.env.current_document.docname
    found = []
    for line, figure, image, specification in extract(doctree, "chart"):
        told = list(faults(specification))
        for message in told:
            LOGGER.warning(message, location=(docname, line), type="bookkeeping", subtype="chart")
        key = key_of(build_of(app).project, specification)
        if not told:
            found.append(Chart(line, key, specification))
        if figure is not None and image is not None:
            captions = (n for n, part in enumerate(figure) if isinstance(part, nodes.caption))
            place = next(captions, len(figure))
            figure.insert(place, chart(key=key, alternative=image.get("alt", "")))
            figure["classes"].append("has-chart")
    page_index(app.env).charts[docname] = found


def faults(specification: dict[str, Any]) -> Iterator[str]:
    """Say what a chart lacks, as far as its specification tells."""
    controls = [p for p in specification.get("params", []) if "bind" in p and "select" not in p]
    if {"hconcat", "vconcat", "concat", "facet", "repeat"} & specification.keys():
        yield "a chart of several views, which does not fit a phone; draw one view"
    if not controls:
        yield "a chart without a slider or a menu; a picture alone would do"
    for parameter in controls:
        if parameter["bind"].get("input") not in {"range", "select"}:
            yield f"the control of {parameter['name']!r} is neither a slider nor a menu"
        elif not parameter["bind"].get("name"):
            yield f"the control of {parameter['name']!r} has no name; say what it changes"
        elif "value" not in parameter:
            yield f"the control of {parameter['name']!r} has no value to begin with"
    if any("select" in parameter for parameter in specification.get("params", [])):
        yield "a selection that only a mouse can make; use a slider or a menu"
    if SAYS not in {parameter["name"] for parameter in specification.get("params", [])}:
        yield f"a chart that does not say in words what it shows; add a parameter {SAYS!r}"
    if '"url":' in (text := json.dumps(specification)):
        yield "a chart that loads its data from elsewhere; put the data into the chart"
    if len(text) > HEAVIEST:
        yield f"a chart of {len(text) // 1000} KB; thin out its data to {HEAVIEST // 1000} KB"


def tell_problems(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Say which charts cannot be drawn, and keep the compiled ones of this book only."""
    project, charts = build_of(app).project, page_index(env).charts
    wanted = {entry.key: entry.specification for held in charts.values() for entry in held}
    store = compiled(project)
    store.prune()
    compile_new(project, wanted.values())  # those of pages that were not read, if any is lost
    for docname, held in charts.items():
        for entry in held:
            for problem in (store.load(entry.key) or {}).get("problems", []):
                LOGGER.warning(
                    "Vega cannot draw this chart: %s", problem, location=(docname, entry.line),
                    type="bookkeeping", subtype="chart",
                )  # fmt: skip
    return []


def compiled(project: Project) -> Store:
    """Return the store of compiled charts."""
    return Store(project.build / "charts")


def key_of(project: Project, specification: dict[str, Any]) -> str:
    """Return the key of a compiled chart: its specification, and what compiles and draws it."""
    tools = [project.web / name / "package.json" for name in LIBRARIES]
    tools += [Path(__file__).with_name(name) for name in ("compile_charts.mjs", "lettering.py")]
    tools.append(Path(__file__).parents[1] / "run" / "recolour.py")
    files = [file_digest(path) for path in [*tools, *project.upright_fonts]]
    return digest(specification, files, project.own.get("figure_colours", {}))


def compile_new(project: Project, specifications: Iterable[dict[str, Any]]) -> None:
    """Compile the charts that are not in the store, try each at the ends of its controls, draw it.

    One process does all of it, with the very Vega that draws in the browser.
    """
    store = compiled(project)
    keyed = {key_of(project, specification): specification for specification in specifications}
    missing = {key: spec for key, spec in keyed.items() if store.load(key) is None}
    if not missing:
        return
    from bookkeeping.site.lettering import Lettering  # slow to import, and needed for new charts

    lettering = Lettering(project, json.dumps(list(missing.values()), ensure_ascii=False))
    script = Path(__file__).with_name("compile_charts.mjs")
    finished = subprocess.run(
        [node_binary(), str(script), str(project.web.resolve())],
        input=json.dumps({"charts": missing, "widths": lettering.widths()}),
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    if finished.returncode:
        raise RuntimeError(f"the charts could not be compiled:\n{finished.stderr}")
    colours = project.own.get("figure_colours", {})
    for key, record in json.loads(finished.stdout).items():
        if record["picture"]:  # which a chart with problems lacks
            record["picture"] = recolour(lettering.embed(record["picture"]), colours)
        store.save(key, record)


def copy_libraries(project: Project, static: Path) -> None:
    """Copy what draws charts in a browser into the site.

    Vega comes as a script. Its interpreter comes as a module that takes three names from a library
    of Vega's, which the script holds as well; a module could not be loaded from a file on a disk.

    Raises
    ------
    PageError
        When the interpreter has another form than this one.
    """
    folder = static / "vega"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy2(project.web / "vega" / "build" / "vega.min.js", folder)
    module = project.web / "vega-interpreter" / "build" / "vega-interpreter.js"
    code = MODULE.fullmatch(read_text(module))
    if code is None:
        raise PageError(
            f"{module}:1: expected one import of {{names}} from 'vega-util', code, and one export "
            "of `expression`, as version 2.3.2 has them; copy_libraries of charts.py makes of the "
            "module a script, and has to learn this form"
        )
    script = (
        f"(() => {{\nconst {{{code['names']}}} = vega;\n{code['code']}\n"
        "vega.expressionInterpreter = expression;\n})();\n"
    )
    (folder / "vega-interpreter.js").write_text(script, encoding="utf-8", newline="\n")


def visit_chart(self: HTML5Translator, node: chart) -> None:
    """Write the chart, its controls and its sentence, all hidden until scripts run."""
    app = self.builder.app
    project = build_of(app).project
    record = compiled(project).load(node["key"])
    if record is None or record["problems"]:
        raise nodes.SkipNode  # told already
    text = json.dumps(record["vega"], sort_keys=True, separators=(",", ":")).replace("</", "<\\/")
    text = repaint(text, project.own.get("figure_colours", {}), prefix="figure-")
    controls = "".join(
        _control(control, f"{node['key'][:8]}-{n}") for n, control in enumerate(record["controls"])
    )
    self.body.append(
        f'<div class="chart" hidden="hidden">'
        f'<div class="chart-view" role="img" aria-label="{html.escape(node["alternative"])}"></div>'
        f'<div class="chart-controls">{controls}</div>'
        f'<p class="chart-says" role="status"></p>'
        f'<script type="application/json">{text}</script></div>'
    )
    raise nodes.SkipNode


def _control(control: dict[str, Any], name: str) -> str:
    """Write a slider with its value beside it, or a menu."""
    bind, value = control["bind"], control["value"]
    label = f'<label for="{name}">{html.escape(bind["name"])}</label>'
    signal = f'id="{name}" data-signal="{html.escape(control["name"])}"'
    if bind["input"] == "range":
        limits = " ".join(f'{key}="{bind[key]}"' for key in ("min", "max", "step") if key in bind)
        field = f'<input type="range" {signal} {limits} value="{value}" autocomplete="off"/>'
        return f'<div>{label}{field}<output for="{name}">{value}</output></div>'
    words = bind.get("labels", bind["options"])
    options = "".join(
        f'<option value="{html.escape(json.dumps(option))}"'
        f"{' selected' if option == value else ''}>{html.escape(str(word))}</option>"
        for option, word in zip(bind["options"], words, strict=True)
    )
    return f'<div>{label}<select {signal} autocomplete="off">{options}</select></div>'


def add_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load Vega on the pages that hold a chart, and on no other."""
    if doctree and page_index(app.env).charts.get(pagename):
        app.add_js_file("vega/vega.min.js", loading_method="defer")
        app.add_js_file("vega/vega-interpreter.js", loading_method="defer")
        app.add_js_file("charts.js", loading_method="defer")
        colours = build_of(app).project.own.get("figure_colours", {})
        light, dark = (
            "".join(f"--figure-{name}:{colour[theme]};" for name, colour in colours.items())
            for theme in ("light", "dark")
        )
        context["metatags"] = context.get("metatags", "") + (
            f"<style>.chart{{{light}}}"
            f"@media not print{{html[data-theme=dark] .chart{{{dark}}}}}</style>"
        )


def setup(app: Sphinx) -> None:
    """Register what a chart is."""
    app.add_node(chart, html=(visit_chart, None))
