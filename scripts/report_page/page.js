// SPDX-License-Identifier: BSD-3-Clause
// What stands on the page whatever is chosen, drawing it all, and its buttons.
function cell(row, text, className) {
  const td = document.createElement("td");
  td.textContent = text;
  if (className) td.className = className;
  row.append(td);
  return td;
}
function fixedParts() {
  const counts = {};
  for (const raw of arrays.status.values) counts[meta.status[raw]] = (counts[meta.status[raw]] || 0) + 1;
  const total = arrays.status.length;
  const many = { model: "models", hardware: "devices", year: "years", qat: "levels of QAT", region: "regions" };
  const axes = names.filter(wide).map((dim) => `${dims[dim].length} ${many[dim] || "× " + dimTitle(dim)}`);
  const points = names.reduce((product, dim) => product * dims[dim].length, 1);
  const single = names.filter((dim) => !wide(dim)).map((dim) => `${dimTitle(dim).toLowerCase()} ${label(dim, 0)}`);
  const reasons = Object.entries(counts).filter(([key]) => key !== "feasible").map(([key, n]) => `${n.toLocaleString("en-US")} ${key}`);
  byId("swept").textContent = `Swept: ${axes.join(" × ") || "one point"}` + (axes.length ? ` = ${points.toLocaleString("en-US")} points` : "") + (single.length ? `; ${single.join(", ")}` : "") +
    `. ${total.toLocaleString("en-US")} plans searched for, ${(counts.feasible || 0).toLocaleString("en-US")} found` +
    (reasons.length ? `; without one: ${reasons.join(", ")}.` : ".");
  for (const hardware of dims.hardware) {
    const family = meta.families[hardware];
    const row = byId("families").tBodies[0].insertRow();
    cell(row, hardware);
    cell(row, family.family || "unknown");
    cell(row, family.cases ? String(family.cases) : "none");
    cell(row, Number.isFinite(family.mape) && family.mape !== null ? percent(family.mape) : "not measured");
    cell(row, { "held-out": "the device", "family only": "its family" }[family.kind] || "none");
  }
  for (const [key, words] of [["file", meta.file], ...Object.entries(meta.provenance), ["page drawn by", "Chart.js " + meta.chart]]) {
    const row = byId("provenance").tBodies[0].insertRow();
    cell(row, key.replaceAll("_", " "));
    const inner = document.createElement("div");
    inner.textContent = String(words);
    row.insertCell().append(inner);
  }
}
function draw() {
  selected = null;
  standsOut = -1;
  const fixed = names.filter((dim) => wide(dim) && dim !== state.each && dim !== xChoice().dim);
  byId("main-title").textContent = `${yChoice().text} against ${xChoice().text}`;
  const measured = (dim) => (dim === "hardware" ? ` (time of measured runs: ${trust(dims.hardware[state.pick.hardware])})` : "");
  const chosen = bothPlans ? [`Plan: ${planNames[shown.plan]}`] : [];
  byId("selected").textContent = [...chosen, ...fixed.map((dim) => `${dimTitle(dim)}: ${label(dim, state.pick[dim])}${measured(dim)}`)].join(" · ");
  lines("main-chart", yChoice(), true);
  lines("mfu-chart", yChoices.find((choice) => choice.key === "mfu"), false);
  lines("devices-chart", yChoices.find((choice) => choice.key === "devices"), false);
  bars();
  map();
  table();
}
byId("csv-selection").addEventListener("click", () => save("-selection.csv", csv(selection())));
byId("csv-all").addEventListener("click", () => save(`-${dims.region[state.pick.region]}.csv`, csv(everyPoint())));
byId("more").addEventListener("click", () => {
  state.rows = Infinity;
  table();
});
// Chart.js draws on canvases of a pixel size: paper has another.
window.addEventListener("beforeprint", () => Object.values(charts).forEach((chart) => chart.resize(680, 320)));
window.addEventListener("afterprint", () => Object.values(charts).forEach((chart) => chart.resize()));
fixedParts();
controls();
draw();
// For tests: the state, what a chart shows, and the text of an export.
window.csReport = { state, shown, charts, point, csv, selection, everyPoint, dims };
document.body.dataset.ready = "yes";
