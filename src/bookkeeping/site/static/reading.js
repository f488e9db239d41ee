/* What helps a reader along: arrow keys between pages, the section that is read, notation folded on a
   phone, the LaTeX of an equation. Without scripts nothing is missing that the page says. */

"use strict";

const NARROW = matchMedia("(max-width: 480px)");

/* An arrow turns the page, unless something has the focus that may have a use for it. */
function turnPages() {
  const keys = { ArrowLeft: "a.left-prev", ArrowRight: "a.right-next" };
  for (const [key, link] of Object.entries(keys)) {
    document.querySelector(link)?.setAttribute("aria-keyshortcuts", key);
  }
  addEventListener("keydown", (event) => {
    const free = document.activeElement === document.body || document.activeElement?.id === "main-content";
    const held = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
    if (!free || held || event.defaultPrevented || !keys[event.key]) return;
    document.querySelector(keys[event.key])?.click();
  });
}

/* The contents beside the page show which section is read: the last whose heading has gone by. */
function markSection() {
  const links = [...document.querySelectorAll(".bd-sidebar-secondary a.nav-link[href^='#']")];
  const sections = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  if (!links.length) return;
  let waiting = false;
  const mark = () => {
    waiting = false;
    let read = -1;
    sections.forEach((section, number) => {
      if (section && section.getBoundingClientRect().top < innerHeight / 3) read = number;
    });
    links.forEach((link, number) => {
      link.classList.toggle("is-read", number === read);
      if (number === read) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    });
  };
  addEventListener("scroll", () => {
    if (!waiting) waiting = Boolean(requestAnimationFrame(mark));
  }, { passive: true });
  mark();
}

/* The contents keep their place from page to page, with the entry of this one in view. */
function keepContentsInPlace() {
  const contents = document.querySelector(".bd-sidebar-primary .sidebar-primary-item:last-child");
  const entry = [...(contents?.querySelectorAll(".current > a.reference") ?? [])].at(-1);
  if (!contents) return;
  contents.scrollTop = Number(sessionStorage.getItem("contents"));
  addEventListener("pagehide", () => sessionStorage.setItem("contents", contents.scrollTop));
  if (!entry) return;
  const [inner, outer] = [entry.getBoundingClientRect(), contents.getBoundingClientRect()];
  if (inner.top >= outer.top && inner.bottom <= outer.bottom) return;
  contents.scrollTop += inner.top - outer.top - outer.height / 3;
}

/* On a phone the notation is a line that unfolds. */
function foldNotation() {
  for (const box of document.querySelectorAll(".notation.admonition")) {
    const title = box.querySelector(".admonition-title");
    const words = title.textContent;
    const fold = () => {
      box.classList.toggle("is-folded", NARROW.matches);
      if (!NARROW.matches) return title.replaceChildren(words);
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = words;
      button.setAttribute("aria-expanded", "false");
      button.addEventListener("click", () => {
        button.setAttribute("aria-expanded", String(!box.classList.toggle("is-folded")));
      });
      title.replaceChildren(button);
    };
    fold();
    NARROW.addEventListener("change", fold);
  }
}

/* Beside the mark of an equation: a button that copies its LaTeX. */
function offerLatex() {
  for (const line of document.querySelectorAll(".equation-mark-line")) {
    const tex = line.previousElementSibling?.querySelector(".katex annotation")?.textContent;
    if (!tex) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-latex";
    button.textContent = "Copy LaTeX";
    button.addEventListener("click", async () => {
      const copied = await navigator.clipboard.writeText(tex.trim()).then(() => true, () => false);
      button.textContent = copied ? "Copied" : "Not copied: the browser refused";
      setTimeout(() => { button.textContent = "Copy LaTeX"; }, 2000);
    });
    line.prepend(button);
  }
}

turnPages();
markSection();
foldNotation();
offerLatex();
keepContentsInPlace();
