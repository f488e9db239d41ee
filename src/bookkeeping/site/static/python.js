/* Gives each box a field for the answer, and each cell that can be tried a button. What sets, checks and
   runs them is loaded when one of them is used, and Python with the first press. */

"use strict";

const OWN = new URL(".", document.currentScript.src);
const SIZES = document.currentScript.dataset;
const WHY_NOT = location.protocol === "file:"
  ? "Opened as a file, this page cannot start Python: browsers allow it only on pages from a server, which may be one on your own machine (python -m http.server)."
  : typeof Worker === "function" && typeof WebAssembly === "object" ? "" : "This browser does not run Python in a page.";
const LOADS = `loads Python from this site, ${SIZES.python} MB`;
const AT_HOME = "It runs on your own machine, and nothing that you type leaves this page.";

const whenUsed = () => import(new URL("trying.js", OWN));

function element(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

function button(className, textContent) {
  return element("button", { type: "button", className, textContent });
}

function giveField(box) {
  const field = box.querySelector(".your-turn-field");
  if (!field) return;
  if (WHY_NOT) {
    field.append(element("p", { className: "in-page-note", textContent: `${WHY_NOT} So no answer can be checked here; the solution stands below.` }));
    return;
  }
  const id = box.id;
  const label = element("label", { htmlFor: `${id}-text`, textContent: "Your answer, in LaTeX or plainly" });
  const text = element("textarea", { id: `${id}-text`, rows: 2, spellcheck: false, autocapitalize: "none", autocomplete: "off" });
  text.setAttribute("aria-describedby", `${id}-asks ${id}-note`);
  const check = button("your-turn-check", "Check");
  const note = element("p", { className: "in-page-note is-size", id: `${id}-note`, textContent:
    `The first check ${LOADS}, and SymPy, ${SIZES.sympy} MB more, if it takes a proof. ${AT_HOME}` });
  const answer = element("div", { className: "your-turn-answer" });
  answer.setAttribute("role", "status");
  field.append(label, text, element("div", { className: "in-page-do" }, check), answer, note);
  text.addEventListener("focus", () => whenUsed().then((used) => used.prepare(box)), { once: true });
  check.addEventListener("click", () => whenUsed().then((used) => used.check(box)));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) whenUsed().then((used) => used.check(box));
  });
}

function giveButton(cell, number) {
  if (WHY_NOT) return;
  const input = cell.querySelector(".cell_input");
  const open = button("try-it", "Try it");
  const note = element("p", { className: "in-page-note is-size", id: `try-it-${number}`, textContent:
    `Change this cell and run it: the first run ${LOADS}, with SymPy ${SIZES.sympy} MB more. ${AT_HOME}` });
  open.setAttribute("aria-describedby", note.id);
  input.after(element("div", { className: "in-page-do" }, open), note);
  open.addEventListener("click", () => whenUsed().then((used) => used.openCell(cell)));
}

document.querySelectorAll(".your-turn").forEach(giveField);
document.querySelectorAll(".cell.tag_try-it").forEach(giveButton);
