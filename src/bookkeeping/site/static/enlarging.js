/* Shows a figure as large as the screen allows. Without scripts its link leads to the drawing. */

"use strict";

/* What is said of a drawing: the sentence of its step, or the caption of its figure. */
function wordsOf(place) {
  const step = place.closest(".step");
  const words = step ? step.querySelector(".step-says") : place.parentElement.querySelector("figcaption, details > p");
  const copy = document.createElement("div");
  if (words) copy.append(...words.cloneNode(true).childNodes);
  for (const part of copy.querySelectorAll(".headerlink")) part.remove();
  for (const part of copy.querySelectorAll("[id]")) part.removeAttribute("id");
  return copy;
}

/* Draws a figure at three times its size on white, and offers it as a file. */
async function saveAsPng(image) {
  const drawn = new Image();
  drawn.src = image.src;
  await drawn.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [3 * drawn.naturalWidth, 3 * drawn.naturalHeight];
  const ink = canvas.getContext("2d");
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, canvas.width, canvas.height);
  ink.drawImage(drawn, 0, 0, canvas.width, canvas.height);
  const link = document.createElement("a");
  link.href = canvas.toDataURL("image/png");
  link.download = `${image.src.split("/").at(-1).replace(/\.svg$/, "")}.png`;
  link.click();
}

function enlarge(image, button) {
  const dialog = document.createElement("dialog");
  dialog.className = "enlarged";
  dialog.setAttribute("aria-label", button.textContent);
  dialog.innerHTML = '<img/><form method="dialog"><a download="">Save as SVG</a><button type="button">Save as PNG</button><button>Close</button></form>';
  Object.assign(dialog.querySelector("img"), { src: image.src, alt: image.alt });
  dialog.querySelector("a").href = image.src;
  dialog.querySelector("button[type=button]").addEventListener("click", () => saveAsPng(image));
  dialog.querySelector("form").before(wordsOf(button));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("keydown", (event) => { if (event.key === "Escape") dialog.close(); });
  dialog.addEventListener("close", () => { dialog.remove(); button.focus(); });
  document.body.append(dialog);
  dialog.showModal();
}

for (const link of document.querySelectorAll("a.enlarge")) {
  const image = link.previousElementSibling.querySelector("img");
  const number = link.closest("figure")?.querySelector(".caption-number");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "enlarge";
  button.setAttribute("aria-haspopup", "dialog");
  button.innerHTML = `Enlarge <span class="enlarge-what">${number ? number.textContent.trim() : "the figure"}</span>`;
  button.addEventListener("click", () => enlarge(image, button));
  image.addEventListener("click", () => enlarge(image, button));
  link.replaceWith(button);
}
