(function () {
  "use strict";
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const sections = [...document.querySelectorAll("section.report")];
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const settings = {
    displaylogo: false, responsive: true, modeBarButtons: [["toImage"]], showTips: false,
  };

  // A colour in a figure is {css: "--name"}; names from users' tables are strings and cannot be taken for one.
  function paint(part, style) {
    if (Array.isArray(part)) return part.map((item) => paint(item, style));
    if (part === null || typeof part !== "object") return part;
    if (typeof part.css === "string") return style.getPropertyValue(part.css).trim();
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, paint(item, style)]));
  }

  function draw(plot) {
    const figure = paint(figures[plot.id], getComputedStyle(document.documentElement));
    plot.style.height = `${figure.layout.height}px`;
    return Plotly.react(plot, figure.data, figure.layout, settings);
  }

  // A hidden plot has no width, so it is drawn when it is first seen.
  function drawVisible() {
    for (const plot of document.querySelectorAll(".plot")) {
      if (plot.offsetWidth > 0) draw(plot);
    }
  }

  function choose(place) {
    tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", at === place);
      tab.tabIndex = at === place ? 0 : -1;
    });
    sections.forEach((section, at) => { section.hidden = tabs.length > 0 && at !== place; });
    drawVisible();
  }

  let chosen = 0;
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => choose(chosen = place));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      chosen = (chosen + step + tabs.length) % tabs.length;
      choose(chosen);
      tabs[chosen].focus();
    });
  });
  if (tabs.length) sections.forEach((section, at) => {
    section.setAttribute("role", "tabpanel");
    section.setAttribute("aria-labelledby", tabs[at].id);
  });

  // On paper everything is shown, in light colours and at the width of a page.
  addEventListener("beforeprint", () => {
    document.documentElement.classList.add("printing");
    sections.forEach((section) => { section.hidden = false; });
    drawVisible();
  });
  addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    choose(chosen);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawVisible);
  choose(0);
})();
