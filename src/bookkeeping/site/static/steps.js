/* Shows the steps of a figure one at a time. Without scripts, and on paper, all of them are there. */

"use strict";

const PACE = 3000; // milliseconds a picture, when they are played

function stepThrough(list) {
  const figure = list.closest("figure");
  const steps = [...list.children];
  const pictures = steps.map((step) => step.querySelector("img"));
  const controls = document.createElement("div");
  controls.className = "step-controls";
  controls.setAttribute("role", "group");
  controls.setAttribute("aria-label", "Pictures");
  controls.innerHTML =
    '<button type="button" class="step-back">Back</button>' +
    `<input type="range" min="1" max="${steps.length}" value="1" aria-label="Picture" autocomplete="off"/>` +
    '<button type="button" class="step-next">Next</button>' +
    '<p role="status" aria-live="polite"></p>' +
    '<button type="button" class="step-play">Play</button>' +
    '<button type="button" class="step-all">Show all</button>';
  const [back, slider, next, place, player, all] = controls.children;
  let current = 0;
  let playing = 0;

  function load(number) {
    if (pictures[number]) pictures[number].loading = "eager";
  }

  function show(number) {
    const before = steps[current].querySelector(".figure-frame").scrollLeft;
    steps[current].classList.remove("is-current");
    current = Math.max(0, Math.min(steps.length - 1, number));
    steps[current].classList.add("is-current");
    load(current);
    load(current + 1); // so that the next step is there at once
    slider.value = current + 1;
    place.textContent = `Picture ${current + 1} of ${steps.length}`;
    slider.setAttribute("aria-valuetext", place.textContent);
    back.setAttribute("aria-disabled", current === 0); // not disabled, which would lose the focus
    next.setAttribute("aria-disabled", current === steps.length - 1);
    letScrollingFramesTakeFocus();
    const frame = steps[current].querySelector(".figure-frame");
    frame.scrollLeft = before; // the eye keeps its place
    for (const one of steps[current].querySelectorAll(".figure-frame, .katex-display")) tellWhereMoreIs(one);
  }

  /* Goes on by itself, up to the last step or until the reader does anything else. */
  function play(on) {
    clearInterval(playing);
    playing = on ? setInterval(() => {
      show(current + 1);
      if (current === steps.length - 1) play(false);
    }, PACE) : 0;
    player.textContent = on ? "Pause" : "Play";
  }

  function turnTo(number) {
    play(false);
    show(number);
  }

  /* Every step takes as much room as the tallest, so that nothing below moves. */
  function evenOut() {
    list.style.minHeight = "";
    if (figure.classList.contains("shows-all")) return;
    list.classList.add("is-measured");
    const tallest = Math.max(...steps.map((step) => step.getBoundingClientRect().height));
    list.classList.remove("is-measured");
    list.style.minHeight = `${Math.ceil(tallest)}px`;
  }

  function showAll(whole) {
    play(false);
    figure.classList.toggle("shows-all", whole);
    all.textContent = whole ? "Show one at a time" : "Show all";
    evenOut();
    letScrollingFramesTakeFocus();
    for (const one of list.querySelectorAll(".figure-frame, .katex-display")) tellWhereMoreIs(one);
  }

  /* Opens the step that the address names. */
  function follow() {
    const named = steps.findIndex((step) => `#${step.id}` === location.hash);
    if (named < 0) return;
    show(named);
    steps[named].scrollIntoView();
  }

  back.addEventListener("click", () => turnTo(current - 1));
  next.addEventListener("click", () => turnTo(current + 1));
  slider.addEventListener("input", () => turnTo(slider.value - 1));
  player.addEventListener("click", () => {
    const on = !playing;
    if (on && current === steps.length - 1) show(0);
    play(on);
  });
  all.addEventListener("click", () => showAll(!figure.classList.contains("shows-all")));
  figure.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (figure.classList.contains("shows-all")) return;
    if (event.target.closest("input, .figure-frame, .katex-display")) return; // keys of their own
    const wanted = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: steps.length - 1 }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    turnTo(wanted);
  });
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => steps.forEach((_, number) => load(number)));

  for (const picture of pictures) picture.decoding = "sync"; // no blank moment between two steps
  list.before(controls);
  place.textContent = `Picture 1 of ${steps.length}`;
  back.setAttribute("aria-disabled", true);
  next.setAttribute("aria-disabled", steps.length === 1);
  pictures[0].addEventListener("load", () => load(current + 1), { once: true });
  if (pictures[0].complete) load(1);
  let width = 0;
  new ResizeObserver(() => {
    if (list.clientWidth !== width) evenOut();
    width = list.clientWidth;
  }).observe(list);
  document.fonts.ready.then(evenOut);
  follow();
}

if (matchMedia("(scripting)").matches) document.querySelectorAll(".steps").forEach(stepThrough);
