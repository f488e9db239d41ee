/* What Sphinx' search found, in groups: chapters first, then the back matter, then code. Each page is
   shown once, with its number, the places in it, and the sentence that was found. */

"use strict";

const GROUPS = [
  ["Chapters", (docname) => !/^(back\/|notation$|genindex|_modules\/)/.test(docname)],
  ["Words, signs and corrections", (docname) => /^(notation|back\/(?!api|checks|evidence))/.test(docname)],
  ["Code", () => true],
];
const AT_ONCE = 8; // pages of a group that are shown before the reader asks for the rest
const BLOCKS = "p, dd, dt, li, figcaption, caption, td";
const NOT_PROSE = ".headerlink, .eqno, .katex-html, .highlight, .equation-mark-line, script, style";

/* Sphinx' results, best first, gathered by page: {docname, title, places: [{title, anchor}]}. */
function byPage(results) {
  const pages = new Map();
  for (const [docname, title, anchor, described] of results) {
    if (docname === "index") continue; // the home page names every page
    if (!pages.has(docname)) pages.set(docname, { docname, title: titleOf(docname), places: [] });
    const place = title.split(" > ").at(-1);
    if (anchor && !pages.get(docname).places.some((one) => one.anchor === anchor))
      pages.get(docname).places.push({ title: place === pages.get(docname).title ? "" : place, anchor, described });
  }
  return [...pages.values()];
}

const titleOf = (docname) => Search._index.titles[Search._index.docnames.indexOf(docname)];

/* The page as the contents beside it name it, with its number. */
function numbered(docname, title) {
  const address = new URL(`${docname}.html`, document.baseURI).pathname;
  const entries = document.querySelectorAll(".bd-docs-nav a.reference");
  const entry = [...entries].find((link) => new URL(link.href).pathname === address);
  return entry ? entry.textContent.trim() : title;
}

/* The sentence of a page that holds the most of the words; its first where none holds any. */
function sentenceOf(text, words) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const article = page.querySelector("article.bd-article");
  if (!article) return "";
  for (const part of article.querySelectorAll(NOT_PROSE)) part.remove();
  for (const formula of article.querySelectorAll(".katex")) {
    formula.replaceWith(formula.querySelector("annotation")?.textContent ?? "");
  }
  let [best, most] = ["", -1];
  for (const block of article.querySelectorAll(BLOCKS)) {
    if (block.querySelector(BLOCKS)) continue;
    for (const sentence of block.textContent.replace(/\s+/g, " ").split(/(?<=[.!?])\s+/)) {
      const lower = sentence.toLowerCase();
      const found = words.filter((word) => lower.includes(word)).length;
      if (found > most) [best, most] = [sentence.trim(), found];
    }
  }
  return best.length > 240 ? `${best.slice(0, best.lastIndexOf(" ", 240))} …` : best;
}

/* Shows the sentence once the entry comes into view, so that no page is fetched for nothing. */
function tellLater(entry, address, words) {
  const watch = new IntersectionObserver(async ([seen]) => {
    if (!seen.isIntersecting) return;
    watch.disconnect();
    const answer = await fetch(address).then((got) => got.text()).catch(() => "");
    const sentence = document.createElement("p");
    sentence.className = "search-sentence";
    sentence.textContent = sentenceOf(answer, words);
    if (!sentence.textContent) return;
    entry.append(sentence);
    for (const word of words) _highlightText(sentence, word, "highlighted");
  });
  watch.observe(entry);
}

function linkTo(address, text) {
  const link = document.createElement("a");
  link.href = address;
  link.textContent = text;
  return link;
}

function entryOf({ docname, title, places }, words) {
  const entry = document.createElement("li");
  const address = `${docname}.html`;
  entry.append(linkTo(address, numbered(docname, title)));
  const named = places.filter((place) => place.title).slice(0, 4);
  if (named.length) {
    const list = document.createElement("p");
    list.className = "search-places";
    named.forEach((place, number) => list.append(number ? " · " : "", linkTo(address + place.anchor, place.title)));
    entry.append(list);
  }
  tellLater(entry, address, words);
  return entry;
}

function groupOf(name, pages, words) {
  const section = document.createElement("section");
  const heading = document.createElement("h2");
  heading.textContent = name;
  const list = document.createElement("ul");
  list.className = "search";
  list.setAttribute("role", "list");
  list.append(...pages.slice(0, AT_ONCE).map((page) => entryOf(page, words)));
  section.append(heading, list);
  const rest = pages.slice(AT_ONCE);
  if (rest.length) {
    const more = document.createElement("button");
    more.type = "button";
    more.className = "search-more";
    more.textContent = `Show ${rest.length} more`;
    more.addEventListener("click", () => {
      const added = rest.map((page) => entryOf(page, words));
      list.append(...added);
      added[0].querySelector("a").focus();
      more.remove();
    });
    section.append(more);
  }
  return section;
}

Search.query = (query) => {
  const asked = Search._parseQuery(query);
  const words = [...asked[3]];
  const pages = byPage(Search._performSearch(...asked).reverse());
  const nameOf = (page) => GROUPS.find(([, holds]) => holds(page.docname))[0];
  for (const [name] of GROUPS) {
    const group = pages.filter((page) => nameOf(page) === name);
    if (group.length) Search.output.before(groupOf(name, group, words));
  }
  Search.output.remove();
  Search.stopPulse();
  Search.title.textContent = "";
  Search.status.textContent = pages.length
    ? `${pages.length} ${pages.length === 1 ? "page has" : "pages have"} what you look for.`
    : "No page has all of these words. Fewer or shorter words find more.";
};
