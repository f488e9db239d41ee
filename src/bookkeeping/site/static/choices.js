/* Remembers which choice of each question was the first, in this browser alone, and counts those that
   were right. Without scripts each choice unfolds all the same. */

"use strict";

const KEPT_CHOICES = `choices ${new URL(document.documentElement.dataset.content_root ?? ".", location.href).pathname}`;
const QUESTIONS = [...document.querySelectorAll(".question")];
let firstChoices = {};
let areKept = true;

/* A browser may refuse to keep anything: then the marks last as long as the page. */
function tryToKeep(action) {
  try {
    return action();
  } catch {
    areKept = false;
    return null;
  }
}

function choicesOf(question) {
  return [...question.querySelectorAll(":scope > .choice")];
}

function mark(line, status) {
  const firsts = QUESTIONS.map((question) => choicesOf(question)[firstChoices[question.id]]);
  QUESTIONS.forEach((question, number) => {
    for (const choice of choicesOf(question)) {
      const isFirst = choice === firsts[number];
      choice.classList.toggle("was-first", isFirst);
      choice.querySelector(".choice-first")?.remove();
      if (isFirst) {
        const note = document.createElement("span");
        note.className = "choice-first";
        note.textContent = choice.classList.contains("is-right") ? "your first choice, right" : "your first choice";
        choice.firstElementChild.append(note);
      }
    }
  });
  const taken = firsts.filter(Boolean);
  const right = taken.filter((choice) => choice.classList.contains("is-right")).length;
  line.hidden = taken.length === 0;
  if (!taken.length) return;
  status.textContent = `${right} of ${taken.length} answered right at the first try` +
    (taken.length < QUESTIONS.length ? `, ${QUESTIONS.length - taken.length} not answered yet. ` : ". ") +
    (areKept ? "This is kept in your browser only." : "Your browser keeps nothing: this lasts until you leave the page.");
}

function rememberChoices() {
  const line = document.createElement("p");
  line.className = "choices-kept";
  line.innerHTML = '<span role="status"></span> <button type="button">Forget it</button>';
  const [status, forget] = line.children;
  const keep = () => {
    tryToKeep(() => localStorage.setItem(KEPT_CHOICES, JSON.stringify(firstChoices)));
    mark(line, status);
  };
  firstChoices = tryToKeep(() => JSON.parse(localStorage.getItem(KEPT_CHOICES))) ?? {};
  for (const question of QUESTIONS) {
    choicesOf(question).forEach((choice, number) => {
      choice.firstElementChild.addEventListener("click", () => {
        if (choice.open || question.id in firstChoices) return;
        firstChoices[question.id] = number;
        keep();
      });
    });
  }
  forget.addEventListener("click", () => {
    for (const question of QUESTIONS) {
      delete firstChoices[question.id];
      for (const choice of choicesOf(question)) choice.open = false;
    }
    keep();
    QUESTIONS[0].querySelector("summary").focus();
  });
  QUESTIONS.at(-1).after(line);
  mark(line, status);
}

rememberChoices();
