/* Compiles charts from Vega-Lite to Vega, tries each at the ends of its controls and draws it once.

   Reads {charts: {key: specification}, widths: {letter: share of its size}} as JSON;
   writes {key: {vega, controls, problems, picture}}. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [web] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(web, path)).href);
const [lite, vega] = [await load("vega-lite/build/index.js"), await load("vega/build/vega.module.js")];
const { expressionInterpreter } = await load("vega-interpreter/build/vega-interpreter.js");

/* As charts.js makes it: a policy forbids what Vega does otherwise, which is to compile expressions. */
function viewOf(specification, logger) {
  const parsed = vega.parse(specification, null, { ast: true });
  return new vega.View(parsed, { expr: expressionInterpreter, renderer: "none", logger });
}

const CONFIG = { background: null, aria: false, autosize: { type: "fit-x", contains: "padding" } };

const WIDTH = 410; // CSS pixels of the picture: shrunk to a phone, letters of 14 pixels still have 11

const NO_WINDOW = "Can not resolve event source: window"; // a browser has one

function listener(problems) {
  const note = (...said) => {
    const message = said.map(String).join(" ");
    if (message !== NO_WINDOW) problems.push(message);
    return logger;
  };
  const quiet = () => logger;
  const logger = { level: () => logger, error: note, warn: note, info: quiet, debug: quiet };
  return logger;
}

/* The values at which a control is tried: of a slider both ends, of a menu all. */
function ends(bind) {
  return bind.input === "range" ? [bind.min, bind.max] : bind.options;
}

async function tryOut(specification, controls, logger, problems) {
  const view = viewOf(specification, logger);
  const check = async (where) => {
    await view.runAsync();
    const says = String(view.signal("says") ?? "");
    if (!says.trim() || /NaN|undefined|null|Infinity/.test(says)) {
      problems.push(`it says ${JSON.stringify(says)} ${where}`);
    }
  };
  await check("at the start");
  for (const { name, bind, value } of controls) {
    for (const end of ends(bind)) {
      view.signal(name, end);
      await check(`with ${name} = ${end}`);
    }
    view.signal(name, value);
  }
  view.finalize();
}

async function compiled(specification) {
  const problems = [];
  const logger = listener(problems);
  try {
    const { spec } = lite.compile({ width: "container", ...specification }, { config: CONFIG, logger });
    const controls = [];
    for (const signal of spec.signals ?? []) {
      if (!signal.bind) continue;
      controls.push({ name: signal.name, value: signal.value, bind: signal.bind });
      delete signal.bind; // the page's own control takes its place
    }
    await tryOut(spec, controls, logger, problems);
    return { vega: spec, controls, problems, picture: await drawn(specification) };
  } catch (error) {
    problems.push(String(error.message ?? error));
    return { vega: null, controls: [], problems, picture: "" };
  }
}

/* Draws the chart as it opens. Without a canvas Vega guesses how wide words are; these are measured. */
async function drawn(specification) {
  const { spec } = lite.compile({ ...specification, width: WIDTH }, { config: CONFIG, logger: listener([]) });
  return viewOf(spec, listener([])).toSVG();
}

const { charts, widths } = JSON.parse(readFileSync(0, "utf8"));
if (Object.keys(widths).length) {
  vega.textMetrics.width = (item, text) =>
    [...String(text)].reduce((sum, letter) => sum + (widths[letter] ?? 0.5), 0) * item.fontSize;
}
const records = {};
for (const [key, specification] of Object.entries(charts)) records[key] = await compiled(specification);
process.stdout.write(JSON.stringify(records));
