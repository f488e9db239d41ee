/* What a page does beyond being read: frames that scroll can be reached by keyboard, and a reference
   shows what it refers to. Without scripts the page is complete; references are then plain links. */

"use strict";

const FRAMES = "div.math > .katex-display, .figure-frame, .highlight > pre, .ledger-frame, .pst-scrollable-table-container, .output";
const FADED = "div.math > .katex-display, .figure-frame, .highlight > pre";
const PREVIEWED = "a.reference[href*='#equation-'], a.reference[href*='#term-'], a.reference[href*='#fig-'], a.reference.bibtex, .bibtex > a.reference";
const PATIENCE = 120; // milliseconds before a preview opens or closes

function letScrollingFramesTakeFocus() {
  for (const frame of document.querySelectorAll(FRAMES)) {
    const scrolls = frame.scrollWidth > frame.clientWidth + 1;
    if (scrolls && !frame.hasAttribute("tabindex")) {
      frame.tabIndex = 0;
      frame.dataset.scrolls = "";
      if (!frame.hasAttribute("role")) frame.setAttribute("role", "group");
      if (!frame.hasAttribute("aria-label")) frame.setAttribute("aria-label", "scrolls sideways");
    } else if (!scrolls && "scrolls" in frame.dataset) {
      for (const name of ["tabindex", "role", "aria-label", "data-scrolls"]) frame.removeAttribute(name);
    }
  }
}

/* Says on which side of a scrolling frame more is to come, so that nothing cut off looks complete. */
function tellWhereMoreIs(frame) {
  const left = frame.scrollLeft > 2;
  const right = frame.scrollLeft + frame.clientWidth < frame.scrollWidth - 2;
  if (left || right) frame.dataset.more = left && right ? "both" : left ? "left" : "right";
  else delete frame.dataset.more;
}

function fadeWhereMoreIs() {
  for (const frame of document.querySelectorAll(FADED)) {
    tellWhereMoreIs(frame);
    frame.addEventListener("scroll", () => tellWhereMoreIs(frame), { passive: true });
  }
}

const pages = new Map();

function pageOf(url) {
  const address = url.origin + url.pathname;
  if (address === location.origin + location.pathname) return Promise.resolve(document);
  if (!pages.has(address)) {
    pages.set(address, fetch(address)
      .then((answer) => answer.text())
      .then((text) => new DOMParser().parseFromString(text, "text/html")));
  }
  return pages.get(address);
}

/* Returns a copy of what the link leads to, fit to be shown elsewhere, or null. */
async function contentOf(link) {
  const url = new URL(link.href);
  const page = await pageOf(url);
  const target = page.getElementById(decodeURIComponent(url.hash.slice(1)));
  if (!target) return null;
  const copy = document.createElement("div");
  const shown = target.tagName === "DT" ? target.nextElementSibling : target;
  if (target.tagName === "SPAN" && !target.textContent.trim()) {
    const next = target.nextElementSibling || target.parentElement.nextElementSibling;
    if (!next) return null;
    copy.append(next.cloneNode(true));
  } else if (target.tagName === "DT") {
    copy.append(...shown.cloneNode(true).childNodes);
  } else {
    copy.append(shown.cloneNode(true));
  }
  for (const part of copy.querySelectorAll(".chart, .step-controls, .steps > :not(.is-current)")) part.remove();
  for (const part of copy.querySelectorAll(".is-live")) part.classList.remove("is-live");
  for (const part of copy.querySelectorAll("[id]")) part.removeAttribute("id");
  for (const part of copy.querySelectorAll(".headerlink, .label, .backrefs, .copybtn, .enlarge")) part.remove();
  for (const part of copy.querySelectorAll("a")) part.replaceWith(...part.childNodes);
  for (const part of copy.querySelectorAll("[tabindex]")) part.removeAttribute("tabindex");
  const images = [...copy.querySelectorAll("img")];
  for (const image of images) image.src = new URL(image.getAttribute("src"), url).href;
  await Promise.allSettled(images.map((image) => image.decode())); // their height decides the place
  return copy;
}

/* What a screen reader says of a preview: its text, and a formula as its TeX. */
function inWords(content) {
  const copy = content.cloneNode(true);
  for (const formula of copy.querySelectorAll(".katex")) {
    const tex = formula.querySelector("annotation");
    formula.replaceWith(tex ? tex.textContent : "");
  }
  for (const image of copy.querySelectorAll("img")) image.replaceWith(image.alt);
  return copy.textContent.replace(/\s+/g, " ").trim();
}

let shown = null; // the open preview and its link
let waiting = 0;

function close() {
  clearTimeout(waiting);
  if (!shown) return;
  shown.preview.remove();
  shown.link.removeAttribute("aria-describedby");
  shown = null;
}

async function open(link) {
  if (shown && shown.link === link) return;
  const content = await contentOf(link).catch(() => null);
  if (!content || !(link.matches(":hover") || document.activeElement === link)) return;
  close();
  const preview = document.createElement("div");
  preview.className = "preview";
  preview.id = "preview";
  preview.setAttribute("role", "tooltip");
  preview.setAttribute("aria-label", inWords(content));
  preview.append(...content.childNodes);
  document.body.append(preview);
  const at = link.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  const left = Math.max(8, Math.min(at.left, width - preview.offsetWidth - 8));
  const below = at.bottom + preview.offsetHeight + 8 < innerHeight || at.top < preview.offsetHeight + 8;
  preview.style.left = `${left + scrollX}px`;
  preview.style.top = `${(below ? at.bottom + 6 : at.top - preview.offsetHeight - 6) + scrollY}px`;
  preview.addEventListener("mouseenter", () => clearTimeout(waiting));
  preview.addEventListener("mouseleave", () => { waiting = setTimeout(close, PATIENCE); });
  link.setAttribute("aria-describedby", "preview");
  shown = { preview, link };
}

function offerPreviews() {
  for (const link of document.querySelectorAll(PREVIEWED)) {
    link.addEventListener("mouseenter", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => open(link), PATIENCE);
    });
    link.addEventListener("mouseleave", () => {
      clearTimeout(waiting);
      waiting = setTimeout(close, PATIENCE);
    });
    link.addEventListener("focus", () => open(link));
    link.addEventListener("blur", close);
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
}

/* Closing the contents on a phone leaves the focus nowhere; it belongs where it came from. */
function giveFocusBack() {
  const contents = document.getElementById("pst-primary-sidebar-modal");
  const button = document.querySelector(".primary-toggle");
  if (contents && button) contents.addEventListener("close", () => setTimeout(() => button.focus(), 0));
}

function letButtonPrint() {
  document.querySelector(".btn-download-pdf-button")?.addEventListener("click", () => print());
}

giveFocusBack();
letButtonPrint();
letScrollingFramesTakeFocus();
addEventListener("resize", letScrollingFramesTakeFocus);
addEventListener("load", letScrollingFramesTakeFocus);
fadeWhereMoreIs();
addEventListener("resize", () => document.querySelectorAll(FADED).forEach(tellWhereMoreIs));
offerPreviews();
