/* Puts each living chart in the place of its picture. A chart that cannot be drawn leaves the picture. */

"use strict";

async function bringToLife(chart) {
  const figure = chart.closest("figure");
  const specification = JSON.parse(chart.querySelector("script").textContent);
  chart.hidden = false; // its width is asked for while it is drawn
  try {
    // Expressions are interpreted, since the policy of a published page lets no text become code.
    const view = new vega.View(vega.parse(specification, null, { ast: true }), {
      expr: vega.expressionInterpreter,
      renderer: "svg", container: chart.querySelector(".chart-view"), hover: false,
    });
    const says = chart.querySelector(".chart-says");
    view.addSignalListener("says", (_, sentence) => { says.textContent = sentence; });
    for (const control of chart.querySelectorAll("[data-signal]")) {
      control.addEventListener("input", () => {
        const value = JSON.parse(control.value);
        if (control.nextElementSibling) control.nextElementSibling.value = control.value;
        view.signal(control.dataset.signal, value).runAsync();
      });
    }
    await view.runAsync();
    chart.querySelector(".chart-view > svg").setAttribute("aria-hidden", "true"); // its frame speaks
    says.textContent = view.signal("says");
    figure.classList.add("is-live");
  } catch (error) {
    chart.hidden = true;
    console.error(error);
  }
}

/* Words are measured before they are drawn, so their font must be there. */
document.fonts.ready.then(() => document.querySelectorAll(".chart").forEach(bringToLife));
