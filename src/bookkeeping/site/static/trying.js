/* Sets, checks and runs what a reader types: loaded by python.js when a box or a cell is first used. */

import { BLANK, inWords, placed } from "./formula-keys.js";
import { isTex, remarks, toTex } from "./plain-form.js";

const HOME = new URL(".", import.meta.url);
const KATEX = new URL("katex/katex.min.js", HOME);
const LONGEST = { judge: 20_000, prove: 8_000 }; // milliseconds for what might never end
const LOUDEST = 100_000; // characters of a cell's output
const PAUSE = 150; // milliseconds after a key before the formula is set
const LEAD = /^(Right|Not yet)\b[.,]/; // how a verdict begins
const SIZES = document.querySelector("script[data-python]").dataset; // megabytes
const DOING = {
  load: "Loading Python, once a page …", start: "Starting Python, once a page: some ten seconds, more on a slow machine …",
  judge: "Comparing numbers …", import: "Starting SymPy, once a page: some seconds …", prove: "Looking for a proof …", run: "Running …",
};

/* The style of all that comes now, before any of it is there. */
await new Promise((resolve) => {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("trying.css", HOME), onload: resolve, onerror: resolve });
  document.head.append(link);
});

function element(tag, className = "", textContent = "") {
  return Object.assign(document.createElement(tag), { className, textContent });
}

function button(className, words) {
  return Object.assign(element("button", className, words), { type: "button" });
}

// ---- what is said beforehand ---------------------------------------------------------------------

let size = null; // the note on what is loaded: once a page, where something is used first

function sizeNote(id, words) {
  if (size) return [];
  size = element("p", "in-page-note is-size", `The first ${words} It runs on your own machine, and nothing that you type leaves this page.`);
  size.id = id;
  return [size];
}

// ---- Python, in a worker ------------------------------------------------------------------------

class Stopped extends Error {}

let worker = null;
let number = 0;
let turn = Promise.resolve(); // one question at a time

/* Asks the worker, and hands what it says meanwhile to `hear`. Ending it by the signal ends the worker: the
   next question starts another. */
function ask(question, hear, ending) {
  const asked = turn.then(() => new Promise((resolve, reject) => {
    const { signal } = ending;
    let patience = 0;
    const stop = () => {
      clearTimeout(patience);
      worker?.terminate();
      worker = null;
      reject(new Stopped());
    };
    const finish = (act, value) => {
      clearTimeout(patience);
      signal.removeEventListener("abort", stop);
      act(value);
    };
    const limit = (stage) => {
      clearTimeout(patience);
      if (stage in LONGEST) patience = setTimeout(() => ending.abort("too long"), LONGEST[stage]);
    };
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    worker ??= new Worker(new URL("python-worker.js", HOME), { type: "module" });
    worker.onerror = (event) => {
      event.preventDefault();
      worker = null;
      finish(reject, new Error(event.message || "its worker did not start"));
    };
    number += 1;
    worker.onmessage = ({ data }) => {
      if (data.number !== number) return;
      if (data.kind === "stage") limit(data.stage);
      document.documentElement.classList.toggle("has-python", data.kind !== "failed" && data.stage !== "load" && data.kind !== "progress");
      if (data.isDead) {
        worker.terminate();
        worker = null;
      }
      if (data.kind === "failed") finish(reject, new Error(data.why));
      else if (data.kind === "answer" || data.kind === "done") {
        size?.remove();
        finish(resolve, data);
      } else hear(data);
    };
    return worker.postMessage({ number, ...question });
  }));
  turn = asked.catch(() => null);
  return asked;
}

/* Shows how far the loading is, without a word for each kilobyte, and then how long each stage has taken. */
function follow(place, status) {
  const bar = element("progress");
  const [words, seconds] = [element("span"), element("span", "in-page-seconds")];
  let [ticking, since] = [0, 0];
  const tick = () => {
    if (seconds.isConnected) seconds.textContent = `${Math.round((performance.now() - since) / 1000)} s`;
    else ticking = clearInterval(ticking);
  };
  bar.setAttribute("aria-label", "Loading");
  return (said) => {
    if (said.kind === "stage") {
      status.textContent = DOING[said.stage];
      place.replaceChildren(seconds);
      since = performance.now();
      ticking ||= setInterval(tick, 1000);
      tick();
    } else if (said.kind === "progress") {
      if (!bar.isConnected) place.replaceChildren(bar, words);
      bar.max = said.of;
      bar.value = said.done;
      words.textContent = `${said.what}: ${(said.done / 1e6).toFixed(1)} of ${(said.of / 1e6).toFixed(1)} MB`;
    }
  };
}

/* Says how it ended. */
function tell(status, words) {
  status.replaceChildren(element("p", "", words));
}

/* Lets a question be asked by one button and ended by another: one at a time, and the focus is not lost. */
async function whileAsking({ go, stop, progress, status }, act, whenStopped) {
  if (go.getAttribute("aria-disabled") === "true") return;
  const ending = new AbortController();
  go.setAttribute("aria-disabled", "true"); // not disabled, which would lose the focus
  stop.hidden = false;
  stop.onclick = () => ending.abort("asked");
  status.textContent = "Asking Python …";
  try {
    await act(ending);
  } catch (error) {
    if (error instanceof Stopped) whenStopped(ending.signal.reason);
    else tell(status, `Python could not be asked (${error.message}). Try again, or load the page anew.`);
  } finally {
    go.removeAttribute("aria-disabled");
    if (document.activeElement === stop) go.focus();
    stop.hidden = true;
    progress.replaceChildren();
  }
}

// ---- mathematics --------------------------------------------------------------------------------

let setting = null;

/* Loads KaTeX's script once. */
function katex() {
  setting ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = KATEX;
    script.onload = () => resolve(window.katex);
    script.onerror = () => {
      setting = null;
      reject(new Error("KaTeX did not load"));
    };
    document.head.append(script);
  });
  return setting;
}

/* Puts a formula into an element; false where KaTeX cannot read it. */
function set(setter, place, tex, displayMode = false) {
  try {
    setter.render(tex, place, { displayMode, strict: "ignore" });
    return true;
  } catch {
    place.textContent = tex;
    return false;
  }
}

/* Does for new formulas what bookkeeping.js does for those of the page: where one scrolls, it takes the
   focus, and shows on which side more of it is. */
function letScroll(place) {
  window.letScrollingFramesTakeFocus();
  for (const frame of place.querySelectorAll(".katex-display")) {
    window.tellWhereMoreIs(frame);
    frame.onscroll = () => window.tellWhereMoreIs(frame);
  }
}

/* Makes a paragraph of words with `$…$`, code and `*stress*` in them, the verdict in bold. */
function paragraph(setter, words) {
  const made = element("p");
  const lead = words.match(LEAD)?.[0] ?? "";
  if (lead) made.append(element("strong", "", lead));
  words.slice(lead.length).split(/\$([^$]+)\$|`([^`]+)`|\*([^*]+)\*/).forEach((part, at, parts) => {
    if (part === undefined || at % 4 === 0) return made.append((part ?? "").replaceAll("'", "’"));
    if (at % 4 > 1) return made.append(element(at % 4 === 2 ? "code" : "em", "", part));
    const formula = element("span", "math");
    set(setter, formula, part);
    const ending = parts[at + 3].match(/^[.,;:!?)]*/)[0];
    if (!ending || formula.querySelectorAll(".base").length > 3) return made.append(formula); // that one breaks itself
    parts[at + 3] = parts[at + 3].slice(ending.length);
    const whole = element("span", "is-whole");
    whole.append(formula, ending);
    return made.append(whole);
  });
  return made;
}

// ---- a box --------------------------------------------------------------------------------------

const held = new Map(); // what belongs to a box, by its element

/* The parts of a box, with those that it gets when it is used. */
function partsOf(box) {
  const find = (kind) => box.querySelector(kind);
  if (!find(".in-page-stop")) {
    const [preview, palette] = ["your-turn-preview", "your-turn-palette"].map((kind) => element("div", kind));
    const stop = button("in-page-stop", "Stop");
    preview.hidden = palette.hidden = stop.hidden = true;
    find("textarea").after(preview, palette);
    find(".your-turn-check").after(stop, element("div", "in-page-progress"));
    find(".your-turn-answer").after(...sizeNote(`${box.id}-note`,
      `check loads Python from this site, ${SIZES.python} MB, and SymPy, ${SIZES.sympy} MB more, if it takes a proof.`));
  }
  return {
    field: find("textarea"), preview: find(".your-turn-preview"), palette: find(".your-turn-palette"),
    go: find(".your-turn-check"), stop: find(".in-page-stop"),
    progress: find(".in-page-progress"), status: find(".your-turn-answer"),
  };
}

/* Fetches what belongs to a box, sets what is typed, and lays out its letters; once, at its first focus. */
export function prepare(box) {
  if (!held.has(box)) {
    const loading = load(box);
    loading.catch(() => held.delete(box));
    held.set(box, loading);
  }
  return held.get(box);
}

async function load(box) {
  const address = new URL(`tries/${box.dataset.label}.json`, HOME);
  const [setter, text] = await Promise.all([katex(), fetch(address).then((answer) => {
    if (!answer.ok) throw new Error(`${answer.status} for ${answer.url}`);
    return answer.text();
  })]);
  const all = { box, ...partsOf(box), text, about: JSON.parse(text), setter };
  layOut(all);
  giveExample(all);
  let waiting = 0;
  const wait = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => (all.box.matches(":active") ? wait() : showTyped(all)), PAUSE); // what is pressed stays in its place
  };
  all.field.addEventListener("input", wait);
  showTyped(all);
  return all;
}

function texOf(text, about) {
  try {
    return toTex(text, about.plain);
  } catch {
    return text; // Python says what is wrong with it
  }
}

function showTyped({ field, preview, about, setter }) {
  const text = field.value.trim();
  preview.hidden = !text;
  if (!text) return;
  const formula = element("div", "math");
  const isSet = set(setter, formula, withSquares(`${about.asks} = ${texOf(text, about)}`), true);
  preview.replaceChildren(isSet ? formula : element("span", "in-page-note", "(no formula yet)"));
  preview.append(...remarks(text, about.plain).map((words) => element("p", "in-page-note", words)));
  letScroll(preview);
  const frame = preview.querySelector(".katex-display");
  if (frame && frame.scrollWidth > frame.clientWidth + 1) preview.append(element("p", "in-page-note", "The formula goes on: scroll it sideways."));
}

/* Shows beside the field what plain notation looks like, with letters of the box. */
function giveExample({ field, about }) {
  const note = element("p", "in-page-note", "Plainly, for example: ");
  note.id = `${field.id.replace(/-text$/, "")}-example`;
  about.example.forEach((plain, at) => note.append(at ? ",\u2002" : "", element("code", "", plain)));
  note.append(". ", element("span", "is-for-keys", "Ctrl+Enter checks."));
  field.after(note);
}

/* TeX with a little square at each empty place. */
const withSquares = (tex) => tex.replaceAll(BLANK, "{\\square}");

/* The letters and signs, of which one takes the tab key and the arrows lead to the others. */
function layOut({ box, field, palette, about, setter }) {
  palette.setAttribute("role", "toolbar");
  palette.setAttribute("aria-label", "Letters and signs");
  const give = (tex, words, act) => {
    const key = button("", "");
    key.tabIndex = -1;
    set(setter, key, withSquares(tex));
    key.setAttribute("aria-label", words);
    key.addEventListener("click", act);
    return key;
  };
  const onward = give(`\\to ${BLANK}`, "on to the next empty place, or behind the brackets", () => goOn(field));
  const keys = [onward, ...about.palette.map((tex) => give(tex, inWords(tex), () => insert(held.get(box), tex)))];
  onward.className = "your-turn-onward";
  onward.tabIndex = 0;
  palette.addEventListener("keydown", (event) => {
    const at = keys.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const to = { Home: 0, End: keys.length - 1 }[event.key] ?? (step && (at + step + keys.length) % keys.length);
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    keys[at].tabIndex = -1;
    keys[to].tabIndex = 0;
    keys[to].focus();
  });
  palette.replaceChildren(...keys);
  palette.hidden = about.palette.length === 0;
  const tell = () => window.tellWhereMoreIs(palette);
  palette.addEventListener("scroll", tell, { passive: true });
  new ResizeObserver(tell).observe(palette);
}

/* Puts a letter where the cursor is, or a sign round what is selected, and selects the first empty place. What
   is plain there becomes LaTeX first, since the two do not mix. */
async function insert(loading, tex) {
  const { field, about } = await loading;
  const { value } = field;
  let { selectionStart: from, selectionEnd: to } = field;
  if (from === to && value[from] === BLANK) to += 1;
  else if (from === to && value[from - 1] === BLANK) from -= 1;
  let [before, chosen, after] = [value.slice(0, from), value.slice(from, to), value.slice(to)];
  if (!isTex(value)) {
    chosen = texOf(chosen, about);
    [before, after] = texOf(`${before} ${BLANK} ${after}`, about).split(BLANK);
  }
  const letters = about.palette.slice(0, about.palette.indexOf("+"));
  const [start, made] = placed(tex, before, chosen === BLANK ? "" : chosen.trim(), letters);
  const lead = start && !/[\s{(]$/.test(start) ? `${start} ` : start;
  field.value = `${lead}${made} ${after.trimStart()}`;
  const blank = made.indexOf(BLANK);
  const cursor = lead.length + (blank < 0 ? made.length + 1 : blank);
  field.setSelectionRange(cursor, cursor + (blank < 0 ? 0 : 1));
  field.focus();
  field.dispatchEvent(new Event("input"));
}

/* Selects the next empty place; where none is left, goes behind the group or the brackets round the cursor. */
function goOn(field) {
  const { value, selectionEnd } = field;
  const ahead = value.indexOf(BLANK, selectionEnd);
  const blank = ahead < 0 ? value.indexOf(BLANK) : ahead;
  let [at, depth] = [selectionEnd, 0];
  while (at < value.length && depth >= 0) {
    depth += /[{(]/.test(value[at]) - /[})]/.test(value[at]);
    at += 1;
  }
  if (blank < 0) field.setSelectionRange(at, at);
  else field.setSelectionRange(blank, blank + 1);
  field.focus();
}

/* Asks Python whether the answer of a box is right, and says what it says. */
export function check(box) {
  const parts = partsOf(box);
  const { field, status, progress } = parts;
  if (!field.value.trim()) {
    tell(status, "Type an answer first.");
    field.focus();
    return null;
  }
  if (field.value.includes(BLANK)) {
    tell(status, "A place is still empty: fill the little square, or take it out.");
    goOn(field);
    return null;
  }
  let [setter, known] = [null, null]; // the second: what the numbers say while a proof is looked for
  return whileAsking(parts, async (ending) => {
    const prepared = await prepare(box);
    setter = prepared.setter;
    const watch = follow(progress, status);
    const question = { kind: "judge", box: prepared.text, answer: texOf(field.value, prepared.about) };
    const { verdict, proof } = await ask(question, (said) => {
      if (said.kind === "meanwhile") known = said.verdict;
      else watch(said);
    }, ending);
    show(status, setter, verdict, proof);
  }, (reason) => {
    if (known) show(status, setter, known, reason === "too long" ? "undecided" : "stopped");
    else tell(status, reason === "too long" ? "This took too long, and could not be decided." : "Stopped.");
  });
}

const PROOFS = {
  same: "Right, in another form than the page’s.",
  differs: "With any numbers for its letters it would be another formula, though.",
  undecided: "Whether it is the same formula could not be decided: known is only that these numbers agree.",
  stopped: "Whether it is the same formula was not looked into, since you stopped it.",
};

function show(status, setter, verdict, proof = "") {
  const isProved = proof === "same";
  const said = isProved ? [PROOFS.same] : [verdict.says, PROOFS[proof], verdict.slip, verdict.where];
  if (verdict.fate === "unreadable") said.unshift("Not yet. This cannot be read.");
  if (verdict.fate === "wrong" && !LEAD.test(said[0])) said[0] = `Not yet. ${said[0]}`;
  status.className = `your-turn-answer is-${isProved ? "right" : verdict.fate}`;
  status.replaceChildren(...said.filter(Boolean).map((words) => paragraph(setter, words)));
}

// ---- a cell -------------------------------------------------------------------------------------

/* Makes the code of a cell a field with buttons. */
export function openCell(cell) {
  const listing = cell.querySelector(".cell_input .highlight");
  const written = listing.querySelector("pre").textContent.trimEnd();
  const code = element("textarea", "try-it-code");
  Object.assign(code, { value: written, spellcheck: false, autocapitalize: "none", autocomplete: "off", ariaLabel: "The cell's code" });
  const [go, stop, back] = [button("try-it-run", "Run"), button("in-page-stop", "Stop"), button("try-it-back", "As it was")];
  const [progress, status, output] = [element("div", "in-page-progress"), element("div", "in-page-note"), element("div", "try-it-output")];
  const bar = cell.querySelector(".in-page-do");
  const enter = () => { // at its beginning
    code.setSelectionRange(0, 0);
    code.focus();
    code.scrollTo(0, 0);
  };
  const grow = () => { code.rows = Math.max(code.value.split("\n").length, 2); };
  const before = element("p", "in-page-note", "The page’s own output:");
  status.setAttribute("role", "status");
  stop.hidden = true;
  before.hidden = true;
  go.addEventListener("click", () => runCell({ code, go, stop, progress, status, output, before }));
  code.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) go.click();
  });
  code.addEventListener("input", grow);
  back.addEventListener("click", () => {
    code.value = written;
    grow();
    if (stop.hidden) {
      status.replaceChildren();
      output.replaceChildren();
      before.hidden = true;
    }
    enter();
  });
  grow();
  listing.hidden = true;
  listing.after(code);
  bar.replaceChildren(go, stop, back, progress);
  bar.after(...sizeNote("try-it-size", `run loads Python from this site, ${SIZES.python} MB, with SymPy ${SIZES.sympy} MB more.`), status, output, before);
  enter();
}

function runCell(parts) {
  const { code, progress, status, output, before } = parts;
  let [length, hasFailed] = [0, false];
  return whileAsking(parts, async (ending) => {
    output.replaceChildren();
    before.hidden = !before.nextElementSibling;
    const setter = await katex();
    const watch = follow(progress, status);
    await ask({ kind: "run", code: code.value }, (said) => {
      if (said.kind !== "output") return watch(said);
      length += said.output.text.length;
      if (length > LOUDEST) return ending.abort("too loud");
      hasFailed ||= said.output.kind === "error";
      return add(output, setter, said.output);
    }, ending);
    if (hasFailed) tell(status, "It stopped with an error:");
    else tell(status, output.childElementCount ? "It ran. What came out:" : "It ran, and nothing came out.");
  }, (reason) => {
    tell(status, reason === "too loud" ? `Stopped, after ${LOUDEST} characters of output.` : "Stopped.");
  });
}

/* Adds what a cell gave: printed text, which goes on where it was; a formula; a value; or a complaint. */
function add(output, setter, { kind, text }) {
  const last = output.lastElementChild;
  if (kind === "latex") {
    const formula = element("div", "math");
    set(setter, formula, text, true);
    output.append(formula);
    letScroll(output);
  } else if (kind === "printed" && last?.classList.contains("is-printed")) {
    last.textContent += text;
  } else {
    const lines = element("pre", `is-${kind}`, text);
    Object.assign(lines, { tabIndex: 0, role: "group", ariaLabel: kind === "error" ? "complaint" : "output" });
    output.append(lines);
  }
}
