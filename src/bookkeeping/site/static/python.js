/* Gives each box a field for the answer, and each cell that can be tried a button. What sets, checks and
   runs them is loaded when one of them is used, and Python with the first press. */

"use strict";

const OWN = new URL(".", document.currentScript.src);
const WHY_NOT = location.protocol === "file:"
  ? "Opened as a file, this page cannot start Python: browsers allow it only on pages from a server, which may be one on your own machine (python -m http.server)."
  : typeof Worker === "function" && typeof WebAssembly === "object" ? "" : "This browser does not run Python in a page.";

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
  text.setAttribute("aria-describedby", `${id}-asks ${id}-example ${id}-note`); // these come with the first focus
  const check = button("your-turn-check", "Check");
  const answer = element("div", { className: "your-turn-answer" });
  answer.setAttribute("role", "status");
  field.append(label, text, element("div", { className: "in-page-do" }, check), answer);
  text.addEventListener("focus", () => whenUsed().then((used) => used.prepare(box)), { once: true });
  check.addEventListener("click", () => whenUsed().then((used) => used.check(box)));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) whenUsed().then((used) => used.check(box));
  });
}

function giveButton(cell) {
  if (WHY_NOT) return;
  const input = cell.querySelector(".cell_input");
  const open = button("try-it", "Try it");
  input.after(element("div", { className: "in-page-do" }, open));
  open.addEventListener("click", () => whenUsed().then((used) => used.openCell(cell)));
}

document.querySelectorAll(".your-turn").forEach(giveField);
document.querySelectorAll(".cell.tag_try-it").forEach(giveButton);
