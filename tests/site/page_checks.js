// What can be seen in a page. Each function returns a list of complaints, one line each,
// or what its comment says. Nothing here changes the page, except where "focus" is in the name.
(() => {
  const SLACK = 1.5; // CSS pixels: less than this nobody sees
  const SMALLEST = 11; // CSS pixels, for any text in a chart

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

  // Of each kind, which Map.groupBy found, the first, the middle and the last.
  const someOf = (kinds) => [...new Set([...kinds.values()].flatMap((all) => [all[0], all[all.length >> 1], all.at(-1)]))];

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
  function equationEnds(within = document) {
    const complaints = [];
    for (const equation of within.querySelectorAll(".katex")) {
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

  // ---- what a reader meets ----------------------------------------------------------------------

  // A page that opens without a picture, at least 100 pixels of it, or a number of a run in the window.
  function firstSight() {
    const shown = [...document.querySelectorAll("article figure img, article figure .chart-view svg, article .output, article .pasted-text")]
      .map((one) => one.getBoundingClientRect())
      .some((box) => box.width > 0 && box.top + Math.min(box.height, 100) <= innerHeight);
    return shown ? [] : ["no picture and no number in the window"];
  }

  // What is too wide, or out of reach, with all folds open. They are closed again.
  function unfolded() {
    const folds = [...document.querySelectorAll("article details:not([open])")];
    for (const fold of folds) fold.open = true;
    const complaints = [...sideways(), ...equationEnds()];
    for (const fold of folds) fold.open = false;
    return complaints.map((one) => `${one}, with all folds open`);
  }

  // Charts that do not stand whole in the place of their picture, with a sentence and letters to be read.
  function charts() {
    const complaints = [];
    for (const figure of document.querySelectorAll("figure.has-chart")) {
      const view = figure.querySelector(".chart-view");
      const tell = (what) => complaints.push(`${what}: ${name(figure)}`);
      if (isVisible(figure.querySelector(".figure-frame"))) tell("the picture is there beside its chart");
      if (!figure.querySelector(".chart-says").textContent.trim()) tell("a chart without a sentence");
      if (!view.getAttribute("aria-label").trim()) tell("a chart without alternative text");
      const drawing = view.querySelector("svg").getBoundingClientRect();
      if (drawing.width > figure.getBoundingClientRect().width + 1) tell("a chart wider than its figure");
      for (const text of view.querySelectorAll("text")) {
        const box = text.getBoundingClientRect();
        const { fontSize, opacity } = getComputedStyle(text);
        if (!text.textContent.trim() || parseFloat(opacity) === 0) continue;
        if (parseFloat(fontSize) < SMALLEST) tell(`${fontSize} for “${text.textContent}”`);
        if (box.left < drawing.left - 1 || box.right > drawing.right + 1 || box.top < drawing.top - 2 || box.bottom > drawing.bottom + 2)
          tell(`“${text.textContent}” is cut off`);
      }
    }
    return complaints;
  }

  const stepsShown = (figure) => [...figure.querySelectorAll(".step")]
    .flatMap((step, at) => (step.checkVisibility() && step.offsetHeight > 0 ? [at + 1] : []));

  // Steps, gone through with the button and back again: where not one alone is shown, or something moves.
  function steps() {
    const complaints = [];
    for (const figure of document.querySelectorAll("figure.has-steps")) {
      if (!figure.querySelector(".step-next")) { complaints.push(`steps without buttons: ${name(figure)}`); continue; }
      const heights = [];
      const all = figure.querySelectorAll(".step").length;
      for (let number = 1; number <= all + 1; number += 1) { // once more than there are
        const expected = Math.min(number, all);
        const shown = stepsShown(figure).join();
        const says = figure.querySelector("[role=status]").textContent;
        if (shown !== `${expected}`) complaints.push(`pictures ${shown} are shown instead of ${expected}: ${name(figure)}`);
        if (says !== `Picture ${expected} of ${all}`) complaints.push(`“${says}” at picture ${expected}: ${name(figure)}`);
        heights.push(figure.getBoundingClientRect().height);
        complaints.push(...sideways(), ...equationEnds(figure));
        figure.querySelector(".step-next").click();
      }
      const [least, most] = [Math.min(...heights), Math.max(...heights)];
      if (most - least > SLACK) complaints.push(`the figure changes its height, from ${least} to ${most}: ${name(figure)}`);
      for (let number = 1; number < all; number += 1) figure.querySelector(".step-back").click();
    }
    return complaints;
  }

  // Buttons and sliders of steps that a finger misses.
  function smallControls() {
    const complaints = [];
    for (const control of document.querySelectorAll(".step-controls :is(button, input)")) {
      const box = control.getBoundingClientRect();
      const room = control.closest("figure").getBoundingClientRect();
      if (box.height < 44 || box.width < 44) complaints.push(`${box.width} by ${box.height} pixels for a finger: ${describe(control)}`);
      if (box.left < room.left - 1 || box.right > room.right + 1) complaints.push(`it sticks out of its figure: ${describe(control)}`);
    }
    return complaints;
  }

  // Choices whose verdict is not the right one, or that give no reason.
  function choices() {
    const complaints = [];
    for (const choice of document.querySelectorAll(".choice")) {
      const verdict = choice.querySelector(".verdict")?.textContent;
      const expected = choice.classList.contains("is-right") ? "Right." : "Wrong.";
      if (verdict !== expected) complaints.push(`“${verdict}” instead of “${expected}”: ${describe(choice)}`);
      const reason = choice.textContent.split(verdict)[1] || "";
      if (reason.trim().split(/\s+/).length < 3) complaints.push(`a verdict without a reason: ${describe(choice)}`);
    }
    return complaints;
  }

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

  // A colour of CSS, whatever it is written in: [red, green, blue, alpha].
  function rgba(css) {
    const dot = new OffscreenCanvas(1, 1).getContext("2d");
    dot.fillStyle = css;
    dot.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = dot.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }

  function over([red, green, blue, alpha], behind) {
    const through = behind[3] * (1 - alpha);
    const mixed = [red, green, blue].map((one, at) => (one * alpha + behind[at] * through) / (alpha + through || 1));
    return [...mixed, alpha + through];
  }

  // The colours of a text and of its ground, as they are seen; nothing where a picture lies behind it, or
  // where it waits unseen for the pointer.
  function seenColours(element) {
    let seen = [rgba(getComputedStyle(element).color), [0, 0, 0, 0]];
    for (let one = element; one; one = one.parentElement) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(one);
      if ((backgroundImage !== "none" && seen[1][3] < 1) || opacity < 0.1) return null;
      seen = seen.map((colour) => over(colour, rgba(backgroundColor)))
        .map(([red, green, blue, alpha]) => [red, green, blue, alpha * opacity]);
    }
    return seen.map((colour) => over(colour, [255, 255, 255, 1]));
  }

  function luminance([red, green, blue]) {
    const linear = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  }

  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }

  const speaks = (element) => element.matches("input:not([type=range], [type=radio], [type=checkbox]), select, textarea")
    || [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());

  // Texts with less contrast than WCAG AA asks for. Texts of one colour, size and weight upon the same
  // grounds are alike. The letters of a chart have a test of their own.
  function paleTexts() {
    const complaints = [];
    const known = new Map();
    const kindOf = (element) => {
      const { color, fontSize, fontWeight } = getComputedStyle(element);
      return [color, fontSize, fontWeight, ground(element, known)].join("|");
    };
    const texts = [...document.body.querySelectorAll("*")].filter((one) => speaks(one)
      && !one.closest("script, style, noscript, svg, :disabled, [aria-disabled=true]")
      && isVisible(one) && one.getBoundingClientRect().width > 2);
    for (const [first] of Map.groupBy(texts, kindOf).values()) {
      const { fontSize, fontWeight } = getComputedStyle(first);
      const isLarge = parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24);
      const seen = seenColours(first);
      if (seen && contrast(...seen) < (isLarge ? 3 : 4.5))
        complaints.push(`a contrast of ${contrast(...seen).toFixed(2)}: ${describe(first)}`);
    }
    return complaints;
  }

  // Do something while every formula is an empty box of its size. Formulas are most of a page, and KaTeX
  // writes them alike.
  async function withBoxesForFormulas(action) {
    const formulas = [...document.querySelectorAll(".katex")].map((one) => ({
      one, inside: [...one.childNodes], style: one.getAttribute("style"), box: one.getBoundingClientRect(), width: one.scrollWidth }));
    for (const { one, box, width } of formulas) {
      one.replaceChildren();
      one.style.cssText += `; display: inline-block; width: ${Math.max(box.width, width)}px; height: ${box.height}px`;
    }
    try {
      return await action();
    } finally {
      for (const { one, inside, style } of formulas) {
        one.replaceChildren(...inside);
        if (style === null) one.removeAttribute("style"); else one.setAttribute("style", style);
      }
    }
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
    for (const element of article.querySelectorAll("h1, h2, h3, p, li, dt, dd, td, pre, figcaption, .step-number")) {
      if (!element.textContent.trim() || folded(element) || element.closest(".katex")) continue;
      if (!isThere(element)) complaints.push(`text is hidden: ${describe(element)}`);
    }
    for (const equation of article.querySelectorAll(".katex-display"))
      if (!folded(equation) && !(isThere(equation) && extent(equation))) complaints.push(`an equation is hidden: ${describe(equation)}`);
    for (const image of article.querySelectorAll("img:not(.toggler)"))
      if (!folded(image) && !isThere(image)) complaints.push(`a picture is hidden: ${image.src}`);
    for (const one of article.querySelectorAll(".chart, .step-controls"))
      if (isThere(one)) complaints.push(`it answers to nothing without scripts: ${describe(one)}`);
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
    const found = new Set();
    for (const element of document.querySelectorAll("article :is(h1, h2, p, li, td, pre, span, figcaption, .katex)")) {
      if (!isVisible(element) || !speaks(element)) continue;
      const { color } = getComputedStyle(element);
      if (contrast(rgba(color), [255, 255, 255]) < 3) found.add(`too pale for paper: ${color} in ${name(element)}`);
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

  // Let nothing move, and remember how these elements look without the focus.
  function prepare(elements) {
    const still = document.createElement("style");
    still.textContent = "*, *::before, *::after { transition: none !important; animation: none !important; scroll-behavior: auto !important }";
    document.head.append(still);
    keys().unfocused = new Map(elements.map((one) => [one, around(one)]));
  }

  // Get ready to follow the focus: from now on every press of a key notes where the focus stands.
  function followFocus() {
    const state = keys();
    state.wanted = toReach();
    prepare([...document.querySelectorAll(CONTROLS), ...state.wanted]);
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

  // All that the keyboard must reach or that takes the focus, in the order of the tab key. A frame that
  // scrolls is a stop where it holds no control.
  function allStops() {
    const wanted = new Set(toReach());
    const takesFocus = (one) => isControl(one) && one.checkVisibility({ visibilityProperty: true });
    const holdsControl = (one) => [...one.querySelectorAll(CONTROLS)].some(isControl);
    return [...document.querySelectorAll("body *")]
      .filter((one) => (isControl(one) ? wanted.has(one) || takesFocus(one) : wanted.has(one) && !holdsControl(one)));
  }

  // Stops of one kind have the same classes, the same parents, and the same frame that may cut them off.
  function kindOfStop(element) {
    const words = (one) => `${one.tagName}.${[...one.classList].sort().join(".")}`;
    const clip = ancestors(element).find((up) => getComputedStyle(up).overflowX !== "visible");
    return `${words(element)} < ${words(element.parentElement)} < ${clip ? words(clip) : ""}`;
  }

  // Put the focus on some stops of each kind, in the order of the tab key, and return what is wrong.
  function focusSome() {
    document.activeElement?.blur();
    window.__keys = undefined;
    const state = keys();
    const stops = allStops();
    state.wanted = someOf(Map.groupBy(stops, kindOfStop));
    prepare(state.wanted);
    for (const element of state.wanted) {
      element.focus();
      if (document.activeElement === element) note();
    }
    document.activeElement?.blur();
    scrollTo(0, 0);
    state.order = stops;
    const outOfOrder = stops.filter((one) => one.tabIndex > 0).map((one) => `out of the order of the page: ${describe(one)}`);
    return [...outOfOrder, ...focusComplaints()];
  }

  // Where the tab key must lead from a stop: to the next one; from the last one, anywhere. The focus is
  // taken away again, and with it the preview that a link may have opened.
  function tabLeftTo(index) {
    const [order, here] = [keys().order, document.activeElement];
    here.blur();
    if (here === order[index]) return [`the focus does not leave ${describe(here)}`];
    const sameGroup = (one) => one.matches("input[type=radio]") && one.name === order[index].name;
    const next = order.slice(index + 1).find((one) => !sameGroup(one));
    if (!next || here === next || sameGroup(next)) return [];
    // A button that scrolling brings up, such as the way back to the top, may stand between them.
    const follows = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (follows(order[index], here) && follows(here, next)) return [];
    return [`the keyboard does not reach ${describe(next)} from ${describe(order[index])}: it leads to ${describe(here)}`];
  }

  // One stop of each kind that can be seen: [{kind, index}], to be photographed.
  function focusKinds() {
    const { order } = keys();
    const seen = order.filter((one) => one.isConnected && isVisible(face(one)));
    return [...Map.groupBy(seen, kindOfStop)].map(([kind, [first]]) => ({ kind, index: order.indexOf(first) }));
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

  return { mathematics, sideways, equationEnds, pictures, drawings, cut, firstSight, unfolded, charts, steps, smallControls,
           choices, paleTexts, withBoxesForFormulas, nothingMissing, noNavigation, pale, followFocus, note, focusCameRound,
           focusComplaints, focusSome, tabLeftTo, focusKinds, focusOn, unfocus };
})()
