// What can be seen in a page. Each function returns a list of complaints, one line each,
// or what its comment says. Nothing here changes the page, except where "focus" is in the name.
(() => {
  const SLACK = 1.5; // CSS pixels: less than this nobody sees

  // ---- words for a place -----------------------------------------------------------------------

  function name(element) {
    if (!element || element === document.documentElement) return "the page";
    if (element.id) return `#${element.id}`;
    const classes = [...element.classList].slice(0, 3).map((one) => `.${one}`).join("");
    const own = `${element.tagName.toLowerCase()}${classes}`;
    const home = element.closest("[id]");
    return home ? `#${home.id} ${own}` : own;
  }

  function describe(element) {
    const words = (element.getAttribute("aria-label") || element.textContent || "").trim();
    const text = words.replace(/\s+/g, " ").slice(0, 40);
    return text ? `${name(element)} “${text}”` : name(element);
  }

  function isVisible(element) {
    if (!element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false })) return false;
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  }

  function closest(element, test) {
    for (let one = element; one; one = one.parentElement) if (test(one)) return one;
    return null;
  }

  const scrolls = (element, axis = "x") =>
    /auto|scroll/.test(getComputedStyle(element)[axis === "x" ? "overflowX" : "overflowY"]);

  function ancestors(element) {
    const found = [];
    for (let one = element.parentElement; one; one = one.parentElement) found.push(one);
    return found;
  }

  // ---- text ------------------------------------------------------------------------------------

  // Mathematics that the reader sees as TeX, and mathematics that KaTeX could not read.
  function mathematics() {
    const complaints = [];
    const tex = /\$|\\\(|\\\)|\\\[|\\\]|\\begin\{|\\end\{|\\(frac|sum|sqrt|mathbf|mathrm|text)\b/;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!tex.test(node.data) || parent.closest("code, pre, kbd, samp, script, style, noscript, textarea, .katex")) continue;
      complaints.push(`mathematics not rendered in ${name(parent)}: ${node.data.trim().slice(0, 80)}`);
    }
    for (const element of document.querySelectorAll("[alt], [title], [aria-label]"))
      for (const attribute of ["alt", "title", "aria-label"])
        if (/\$|\\\(/.test(element.getAttribute(attribute) || ""))
          complaints.push(`mathematics not rendered in the ${attribute} of ${name(element)}: ${element.getAttribute(attribute).slice(0, 80)}`);
    if (/\$|\\\(/.test(document.title)) complaints.push(`mathematics not rendered in the title: ${document.title}`);
    for (const element of document.querySelectorAll(".katex-error, .MathJax, merror, script[type^='math/tex']"))
      complaints.push(`mathematics not rendered: ${describe(element)}`);
    for (const element of document.querySelectorAll(".katex [style*='color'], .katex [mathcolor]")) {
      const colour = element.style.color || element.getAttribute("mathcolor");
      if (/^#c00(000)?$|rgb\(204, 0, 0\)/i.test(colour))
        complaints.push(`KaTeX complains in red: ${describe(element)}`);
    }
    for (const element of document.querySelectorAll("div.math, span.math"))
      if (!element.querySelector(".katex")) complaints.push(`mathematics not rendered: ${describe(element)}`);
    return complaints;
  }

  // ---- width -----------------------------------------------------------------------------------

  // Where an element ends on the right, with the words that stick out of it.
  function rightOf(element) {
    const box = element.getBoundingClientRect();
    const spills = element.clientWidth > 0 && getComputedStyle(element).overflowX === "visible";
    return spills ? Math.max(box.right, box.left + element.scrollWidth) : box.right;
  }

  // A page that scrolls sideways, with what sticks out of it.
  function sideways() {
    const root = document.documentElement;
    const body = document.body;
    if (Math.max(root.scrollWidth, body.scrollWidth - (body.offsetWidth - body.clientWidth)) <= root.clientWidth) return [];
    const guilty = [...body.querySelectorAll("*")]
      .filter((one) => isVisible(one) && rightOf(one) > root.clientWidth + SLACK)
      .filter((one) => !ancestors(one).some((up) => up !== body && up !== root && getComputedStyle(up).overflowX !== "visible"
        && up.getBoundingClientRect().right <= root.clientWidth + SLACK));
    const innermost = guilty.filter((one) => !guilty.some((other) => other !== one && one.contains(other)));
    return [`the page scrolls sideways: ${root.scrollWidth} > ${root.clientWidth} pixels, because of ${innermost.slice(0, 3).map(describe).join(", ") || "something"}`];
  }

  // The part of the page that shows an element's left or right end, after all clipping.
  function window_(element) {
    let [left, right] = [0, document.documentElement.clientWidth];
    for (const up of ancestors(element)) {
      if (up === document.body || up === document.documentElement) continue;
      if (getComputedStyle(up).overflowX === "visible") continue;
      const box = up.getBoundingClientRect();
      left = Math.max(left, box.left + up.clientLeft);
      right = Math.min(right, box.left + up.clientLeft + up.clientWidth);
    }
    return [left, right];
  }

  function extent(equation) {
    const boxes = [...equation.querySelectorAll(".katex-html > .base, .katex-html > .tag")]
      .map((one) => one.getBoundingClientRect()).filter((box) => box.width > 0);
    if (!boxes.length) return null;
    return { left: Math.min(...boxes.map((b) => b.left)), right: Math.max(...boxes.map((b) => b.right)),
             top: Math.min(...boxes.map((b) => b.top)), bottom: Math.max(...boxes.map((b) => b.bottom)) };
  }

  // Equations whose left or right end the reader cannot bring into view, or that a number covers.
  function equationEnds() {
    const complaints = [];
    for (const equation of document.querySelectorAll(".katex")) {
      const display = equation.closest(".katex-display");
      if (!isVisible(equation) || closest(equation, (one) => one.tagName === "DETAILS" && !one.open)) continue;
      const label = () => `${name(equation)} “${equation.querySelector("annotation")?.textContent.slice(0, 50)}”`;
      const here = extent(equation);
      if (!here) { complaints.push(`an equation has no size: ${label()}`); continue; }
      const part = equation.querySelector(".katex-html > *");
      const [left, right] = window_(part);
      let ends = { left: here.left < left - SLACK, right: here.right > right + SLACK };
      if (ends.left || ends.right) {
        const frame = ancestors(part).find((one) => scrolls(one) && one.scrollWidth > one.clientWidth);
        if (frame) {
          const before = frame.scrollLeft;
          frame.scrollLeft = -1e6;
          ends.left = extent(equation).left < window_(part)[0] - SLACK;
          frame.scrollLeft = 1e6;
          ends.right = extent(equation).right > window_(part)[1] + SLACK;
          frame.scrollLeft = before;
        }
      }
      for (const end of ["left", "right"])
        if (ends[end]) complaints.push(`the ${end} end of an equation cannot be reached: ${label()}`);
      const number = display?.parentElement.querySelector(":scope > .eqno");
      if (number && isVisible(number)) {
        const box = number.getBoundingClientRect();
        const [from, to] = [Math.max(here.left, left), Math.min(here.right, right)];
        const overlap = Math.min(to, box.right) - Math.max(from, box.left);
        if (overlap > SLACK && Math.min(here.bottom, box.bottom) - Math.max(here.top, box.top) > SLACK)
          complaints.push(`its number covers ${Math.round(overlap)} pixels of an equation: ${label()}`);
      }
    }
    return complaints;
  }

  // ---- pictures --------------------------------------------------------------------------------

  function pictures() {
    const complaints = [];
    for (const image of document.images) {
      if (!image.hasAttribute("alt")) complaints.push(`a picture without alternative text: ${image.src}`);
      else if (!image.alt.trim() && image.closest("article") && !image.closest("[aria-hidden='true']"))
        complaints.push(`a picture in the text with empty alternative text: ${image.src}`);
      if (image.loading !== "lazy" && !(image.complete && image.naturalWidth > 0))
        complaints.push(`a picture did not load: ${image.src}`);
      if (isVisible(image) && !image.closest("a[href^='http']")) {
        const [left, right] = window_(image);
        const box = image.getBoundingClientRect();
        const inFrame = ancestors(image).some((up) => up !== document.body && up !== document.documentElement && scrolls(up) && up.scrollWidth > up.clientWidth);
        if (!inFrame && (box.left < left - SLACK || box.right > right + SLACK)) complaints.push(`a picture is cut off: ${image.src}`);
      }
    }
    for (const drawing of document.querySelectorAll("article svg"))
      if (isVisible(drawing) && drawing.getBoundingClientRect().width > 48 && !drawing.closest("[aria-hidden='true'], button") && drawing.getAttribute("aria-hidden") !== "true"
          && !drawing.closest("[role='img'][aria-label]")
          && !drawing.getAttribute("aria-label") && !drawing.getAttribute("aria-labelledby") && !drawing.querySelector("title"))
        complaints.push(`a drawing without alternative text: ${describe(drawing)}`);
    return complaints;
  }

  // For each drawing its address, and how wide it is shown: [{source, width}].
  const drawings = () => [...document.querySelectorAll("article img")]
    .filter((one) => /\.svg([?#]|$)/.test(one.src) && isVisible(one))
    .map((one) => ({ source: one.getAttribute("src"), width: one.getBoundingClientRect().width }));

  // Drawings made for a phone that are wider than their frame.
  const cut = () => [...document.querySelectorAll(".figure-frame:has(> img.narrow)")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1)
    .map((one) => `scrolls sideways: ${one.firstChild.src}`);

  // ---- contrast --------------------------------------------------------------------------------

  // What lies behind an element, up to the first opaque ground.
  function ground(element, known) {
    if (!element) return "";
    if (!known.has(element)) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
      const opaque = opacity === "1" && /^rgb\(/.test(backgroundColor);
      const own = `${backgroundColor} ${backgroundImage} ${opacity};`.replace("rgba(0, 0, 0, 0) none 1;", "");
      known.set(element, opaque ? own : own + ground(element.parentElement, known));
    }
    return known.get(element);
  }

  // Elements with text of their own: the first, the middle and the last of each kind that was not met
  // yet. Texts are of one kind when they have the same colour, size and weight upon the same grounds.
  function texts(met) {
    const [kinds, known] = [new Map(), new Map()];
    for (const element of document.body.querySelectorAll("*")) {
      const speaks = element.matches("input, select, textarea")
        || [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
      if (!speaks || element.closest("script, style, noscript") || !isVisible(element)) continue;
      const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element);
      const kind = [color, fontSize, fontWeight, textShadow, ground(element, known)].join("|");
      if (kinds.get(kind)?.push(element) === undefined) kinds.set(kind, [element]);
    }
    for (const kind of met) kinds.delete(kind);
    const some = [...kinds.values()].flatMap((all) => [all[0], all[all.length >> 1], all.at(-1)]);
    return { kinds: [...kinds.keys()], elements: [...new Set(some)] };
  }

  // ---- without scripts -------------------------------------------------------------------------

  function isThere(element) {
    return isVisible(element) && !closest(element, (one) => +getComputedStyle(one).opacity < 0.1);
  }

  // Text, equations, and links to the neighbours that cannot be seen. (Closed details open by themselves.)
  function nothingMissing() {
    const complaints = [];
    const article = document.querySelector("article") || document.querySelector(".bd-search-container");
    if (!article || !article.innerText.trim()) return ["there is no text"];
    const folded = (one) => closest(one, (up) => (up.tagName === "DETAILS" && !up.open) || up.matches(".sd-tab-content, .onlyprint, .visually-hidden, noscript, [hidden]"));
    for (const element of article.querySelectorAll("h1, h2, h3, p, li, dt, dd, td, pre, figcaption")) {
      if (!element.textContent.trim() || folded(element) || element.closest(".katex")) continue;
      if (!isThere(element)) complaints.push(`text is hidden: ${describe(element)}`);
    }
    for (const equation of article.querySelectorAll(".katex-display"))
      if (!folded(equation) && !(isThere(equation) && extent(equation))) complaints.push(`an equation is hidden: ${describe(equation)}`);
    for (const image of article.querySelectorAll("img:not(.toggler)"))
      if (!folded(image) && !isThere(image)) complaints.push(`a picture is hidden: ${image.src}`);
    for (const rel of ["prev", "next"]) {
      const target = document.querySelector(`link[rel="${rel}"]`)?.href;
      if (target && ![...document.querySelectorAll("main a")].some((one) => one.href === target && isThere(one)))
        complaints.push(`no link to the ${rel === "prev" ? "previous" : "next"} page: ${target}`);
    }
    return complaints;
  }

  // The navigation of the parts: every entry that cannot be seen anywhere on the page.
  function noNavigation() {
    const entries = [...document.querySelectorAll("nav.bd-docs-nav a.reference")]
      .filter((one) => !closest(one, (up) => up.tagName === "DETAILS" && !up.open && !one.closest("summary")));
    if (!entries.length) return ["there is no navigation of the parts"];
    const width = document.documentElement.clientWidth;
    return entries
      .filter((one) => { const box = one.getBoundingClientRect(); return !isThere(one) || box.right <= 0 || box.left >= width; })
      .map((one) => `not in view in the navigation: ${describe(one)}`);
  }

  // ---- paper -----------------------------------------------------------------------------------

  // Text too pale for white paper: a printer leaves the ground away, whatever its colour.
  function pale() {
    const linear = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    const found = new Set();
    for (const element of document.querySelectorAll("article :is(h1, h2, p, li, td, pre, span, figcaption, .katex)")) {
      if (!isVisible(element) || ![...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim())) continue;
      const [r, g, b] = getComputedStyle(element).color.match(/[\d.]+/g).map(Number);
      const luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
      if (1.05 / (luminance + 0.05) < 3) found.add(`too pale for paper: rgb(${r}, ${g}, ${b}) in ${name(element)}`);
    }
    return [...found];
  }

  // ---- keyboard --------------------------------------------------------------------------------

  const CONTROLS = "a[href], area[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex], [contenteditable=true], audio[controls], video[controls]";
  const keys = () => (window.__keys ??= { stops: new Map(), order: [], complaints: [] });

  const isControl = (one) => one.matches(CONTROLS) && one.tabIndex >= 0 && !one.disabled && !one.closest("[inert]") && !one.closest("[aria-hidden='true']");

  // What stands for the control in the reader's eye: a hidden radio button is seen as its label, a
  // control without a body of its own as the first thing in it, or as what it is stretched over.
  function face(element) {
    const hasBody = (one) => [...one.getClientRects()].some((box) => box.width >= 1 && box.height >= 1);
    if (!element.matches("input") && !hasBody(element))
      return [...element.querySelectorAll("*")].find(hasBody) || element.offsetParent || element;
    if (!element.matches("input[type=radio], input[type=checkbox]")) return element;
    const box = element.getBoundingClientRect();
    const hidden = box.width < 4 || box.height < 4 || +getComputedStyle(element).opacity < 0.1;
    return (hidden && (element.labels?.[0] || element.nextElementSibling)) || element;
  }

  const RING = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "backgroundColor", "backgroundImage", "borderTopColor", "borderBottomColor", "borderLeftColor", "borderTopWidth", "borderBottomWidth", "textDecorationLine", "textDecorationThickness", "opacity", "filter"];

  function ring(element) {
    return [null, "::before", "::after"].map((part) => {
      const style = getComputedStyle(element, part);
      const values = RING.map((property) => style[property]);
      if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) === 0) values.splice(0, 3, "none", "", "");
      return values.join("|");
    }).join("||");
  }

  const around = (element) => [element, face(element), ...ancestors(element).slice(0, 3)].map(ring).join("|||");

  // Everything that the keyboard must reach, as elements.
  function toReach() {
    const found = [];
    for (const element of document.querySelectorAll("body *")) {
      if (isControl(element) && isVisible(face(element))) found.push(element);
      else if (["x", "y"].some((axis) => scrolls(element, axis) && (axis === "x"
        ? element.scrollWidth > element.clientWidth + SLACK && element.clientWidth > 0
        : element.scrollHeight > element.clientHeight + SLACK && element.clientHeight > 0)) && isVisible(element))
        found.push(element);
    }
    return found;
  }

  // Get ready to follow the focus: from now on every press of a key notes where the focus stands.
  function followFocus() {
    const still = document.createElement("style");
    still.textContent = "*, *::before, *::after { transition: none !important; animation: none !important; scroll-behavior: auto !important }";
    document.head.append(still);
    const state = keys();
    state.wanted = toReach();
    state.unfocused = new Map([...document.querySelectorAll(CONTROLS), ...state.wanted].map((one) => [one, around(one)]));
    document.addEventListener("keydown", note, true);
    return state.wanted.length;
  }

  // Note where the focus stands now; true when it has come round.
  function note() {
    const state = keys();
    const element = document.activeElement;
    state.stuck = element === state.previous && element !== document.body ? (state.stuck || 0) + 1 : 0;
    state.previous = element;
    if (!element || element === document.body || element === document.documentElement) {
      state.atBody = (state.atBody || 0) + (state.order.length ? 1 : 0);
      return;
    }
    if (state.stops.has(element)) {
      state.round = state.round || element === state.order[0];
      return;
    }
    state.stops.set(element, true);
    state.order.push(element);
    const seen = face(element);
    if (closest(seen, (one) => +getComputedStyle(one).opacity < 0.1))
      state.complaints.push(`the focus stands on something transparent: ${describe(element)}`);
    const before = state.unfocused.get(element);
    if (before !== undefined && around(element) === before)
      state.complaints.push(`nothing shows the focus on ${describe(element)}`);
    if (!inView(seen)) state.complaints.push(`the focus is out of view or covered on ${describe(element)}`);
  }

  function inView(element) {
    const [width, height] = [document.documentElement.clientWidth, innerHeight];
    for (const box of element.getClientRects()) {
      const [left, right] = [Math.max(box.left, 0), Math.min(box.right, width)];
      const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, height)];
      if (right - left < 1 || bottom - top < 1) continue;
      for (const across of [0.5, 0.1, 0.9])
        for (const down of [0.5, 0.15, 0.85]) {
          const hit = document.elementFromPoint(left + across * (right - left), top + down * (bottom - top));
          if (hit && (element.contains(hit) || hit.contains(element))) return true;
        }
    }
    return false;
  }

  // True when the focus has been everywhere that it goes.
  function focusCameRound() {
    const state = keys();
    return Boolean(state.round || (state.atBody || 0) > 1 || (state.stuck || 0) > 2);
  }

  // What the keyboard did not reach, and where the focus could not be seen.
  function focusComplaints() {
    const state = keys();
    const reached = (one) => state.stops.has(one)
      || (one.matches("input[type=radio]") && state.order.some((other) => other.name === one.name && other.type === "radio"))
      || (!isControl(one) && state.order.some((other) => one.contains(other)));
    const missed = state.wanted.filter((one) => one.isConnected && !reached(one));
    const trap = (state.stuck || 0) > 2 ? [`the focus does not leave ${describe(document.activeElement)}`] : [];
    return [...trap, ...state.complaints, ...missed.map((one) => `the keyboard does not reach ${describe(one)}`)];
  }

  // Put the focus on every stop in turn, in the order of the tab key, and note what is wrong with it.
  function focusEach() {
    window.__keys = undefined;
    followFocus();
    const state = keys();
    document.removeEventListener("keydown", note, true);
    const frames = new Set(state.wanted.filter((one) => ![...one.querySelectorAll(CONTROLS)].some(isControl)));
    const stops = [...document.querySelectorAll("body *")].filter((one) => isControl(one) || frames.has(one));
    for (const element of stops) {
      if (element.tabIndex > 0) state.complaints.push(`out of the order of the page: ${describe(element)}`);
      element.focus();
      if (document.activeElement === element) note();
    }
    document.activeElement?.blur();
  }

  // Where the tab key must lead from a stop: to the next one; from the last one, anywhere.
  function tabLeftTo(index) {
    const [order, here] = [keys().order, document.activeElement];
    if (here === order[index]) return [`the focus does not leave ${describe(here)}`];
    const sameGroup = (one) => one.matches("input[type=radio]") && one.name === order[index].name;
    const next = order.slice(index + 1).find((one) => !sameGroup(one));
    if (!next || here === next || sameGroup(next)) return [];
    // A button that scrolling brings up, such as the way back to the top, may stand between them.
    const follows = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (follows(order[index], here) && follows(here, next)) return [];
    return [`the keyboard does not reach ${describe(next)} from ${describe(order[index])}: it leads to ${describe(here)}`];
  }

  // One element of each kind that took the focus: [{kind, index}], to be photographed.
  function focusKinds() {
    const kinds = new Map();
    keys().order.forEach((element, index) => {
      const words = (one) => `${one.tagName}.${[...one.classList].sort().join(".")}`;
      const clip = ancestors(element).find((up) => getComputedStyle(up).overflowX !== "visible");
      const kind = `${words(element)} < ${words(element.parentElement)} < ${clip ? words(clip) : ""}`;
      if (!kinds.has(kind) && element.isConnected && isVisible(face(element))) kinds.set(kind, index);
    });
    return [...kinds].map(([kind, index]) => ({ kind, index }));
  }

  // Put the focus on an element that had it; returns where to look: {x, y, width, height}, and its words.
  function focusOn(index) {
    const element = keys().order[index];
    document.activeElement?.blur();
    element.focus({ preventScroll: true });
    face(element).scrollIntoView({ block: "center", inline: "nearest" });
    return place(index);
  }

  function place(index) {
    const element = keys().order[index];
    const box = face(element).getBoundingClientRect();
    const margin = 8;
    const x = Math.max(0, box.left - margin);
    const y = Math.max(0, box.top - margin);
    return { x, y, width: Math.min(innerWidth, box.right + margin) - x, height: Math.min(innerHeight, box.bottom + margin) - y, words: describe(element), focused: document.activeElement === element };
  }

  // Take the focus away again, without scrolling.
  const unfocus = (index) => { keys().order[index].blur(); return place(index); };

  return { mathematics, sideways, equationEnds, pictures, drawings, cut, texts, nothingMissing, noNavigation, pale,
           followFocus, note, focusCameRound, focusComplaints, focusEach, tabLeftTo, focusKinds, focusOn, unfocus };
})()
