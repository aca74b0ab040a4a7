// SPDX-License-Identifier: BSD-3-Clause
// Lines over the horizontal axis, bars of one point of each line.
// Okabe and Ito's colours (without the yellow, which is too light on white), told apart by dashes and marks as well.
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];
const dashes = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
const marks = ["circle", "triangle", "rect", "rectRot", "star", "crossRot", "rectRounded"];
function look(i) {
  const colour = colours[i % colours.length];
  return { colour, borderColor: colour, backgroundColor: colour, pointBorderColor: colour, pointBorderWidth: 1.5, borderWidth: 2,
    borderDash: dashes[Math.floor(i / colours.length) % dashes.length], pointStyle: marks[(i + Math.floor(i / colours.length)) % marks.length] };
}
const charts = {};
Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
Chart.defaults.color = "#1a1a1a";
const hidden = new Set();

// In a line, what the plan is that is not shown.
function beside(p) {
  const q = other(p);
  return q ? [`${planNames[q.which]}: ${tonnes(q.carbon_total)} CO2e, ${digits(q.devices)} devices for ${days(q.training_time)}`] : [];
}
function describe(p) {
  const hardware = dims.hardware[p.at.hardware];
  return [
    `${tonnes(p.carbon_total)} CO2e: ${tonnes(p.carbon_operational)} devices, ${tonnes(p.carbon_idle)} idle, ${tonnes(p.carbon_servers)} servers, ${tonnes(p.carbon_network)} network, ${tonnes(p.carbon_embodied)} embodied`,
    `${digits(p.devices)} devices for ${days(p.training_time)}, utilisation ${percent(p.mfu)}`,
    `plan ${p.plan}${bothPlans ? ` (${planNames[p.which]})` : ""}`,
    ...beside(p),
    `memory ${digits(p.memory_per_device / 2 ** 30)} GiB${Number.isFinite(p.memory_share) ? ` (${percent(p.memory_share)})` : ""}; compute is ${percent(p.share_compute)} of a step`,
    `time of measured ${meta.families[hardware].family || hardware} runs: ${trust(hardware)}`,
  ];
}
function tickOf(axisValue) {
  const lead = axisValue / 10 ** Math.floor(Math.log10(axisValue) + 1e-9);
  return [1, 2, 5].some((n) => Math.abs(lead - n) < 1e-6) ? round(axisValue) : "";
}
// 10 K rather than 10.0 K: ticks are round numbers.
function round(x) {
  return scaled(x).replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");
}
function axis(text, linear, asPercent) {
  const log = state.scale === "log" && !linear;
  return {
    type: log ? "logarithmic" : "linear", title: { display: true, text },
    ticks: { callback: log ? tickOf : (x) => (asPercent ? round(100 * x) + "%" : round(x)), maxRotation: 0, autoSkipPadding: 8 },
    grid: { color: "#e6e6e6" },
  };
}
// A chart may not be replaced while it handles its own event.
const later = (what) => setTimeout(what, 0);
// From the first to the last point with a plan, and no further: a logarithmic axis would begin at a power of ten.
function span(datasets) {
  const xs = datasets.flatMap((set) => set.data.filter((p) => Number.isFinite(p.y)).map((p) => p.x));
  if (xs.length < 2 || state.scale !== "log" || xChoice().linear) return {};
  const [low, high] = xs.reduce(([a, b], at) => [Math.min(a, at), Math.max(b, at)], [Infinity, 0]);
  return low > 0 && high > low ? { min: low * 0.9, max: high * 1.1 } : {};
}
const lineCharts = ["main-chart", "mfu-chart", "devices-chart"];
// Every point of a short line has its mark; of a long one some, staggered from line to line, and those that stand alone.
function radii(points, line) {
  const every = points.length > 60 ? Math.ceil(points.length / 14) : 1;
  const alone = (k) => !(points[k - 1] || {}).feasible && !(points[k + 1] || {}).feasible;
  return points.map((_, k) => (every === 1 ? 3 : (k + 3 * line) % every === 0 || alone(k) ? 4 : 0));
}
// The line under the pointer stands out in every chart; -1: all alike.
let standsOut = -1;
function emphasise(line) {
  if (line === standsOut) return;
  standsOut = line;
  for (const id of lineCharts) {
    charts[id].data.datasets.forEach((set, i) => {
      const colour = line < 0 || i === line ? set.colour : set.colour + "38";
      Object.assign(set, { borderColor: colour, backgroundColor: colour, pointBorderColor: colour, borderWidth: i === line ? 3 : 2 });
    });
    charts[id].update("none");
  }
}
for (const id of lineCharts) byId(id).addEventListener("mouseleave", () => later(() => emphasise(-1)));
function lines(id, choice, legend) {
  const x = xChoice();
  const datasets = allLines().map(({ series, points }, i) => {
    return {
      ...look(i), label: series === null ? label("hardware", state.pick.hardware) : label(state.each, series),
      data: points.map((p) => ({ x: x.of(p.at), y: p.feasible ? choice.of(p) : NaN, point: p })),
      pointRadius: radii(points, i), pointHoverRadius: 6, pointHitRadius: 8, spanGaps: false,
      hidden: hidden.has(state.each + series), series,
    };
  });
  const asPercent = choice.key === "mfu" || choice.key === "embodied_share";
  const options = {
    parsing: false, interaction: { mode: "nearest", intersect: false },
    scales: { x: { ...axis(x.text, x.linear), ...span(datasets) }, y: axis(choice.text, choice.linear, asPercent) },
    plugins: {
      legend: { display: legend, labels: { usePointStyle: true, boxWidth: 10 },
        onClick: (_event, item) => {
          const key = state.each + datasets[item.datasetIndex].series;
          if (!hidden.delete(key)) hidden.add(key);
          later(draw);
        },
        onHover: (_event, item) => later(() => emphasise(item.datasetIndex)), onLeave: () => later(() => emphasise(-1)) },
      tooltip: { displayColors: false, callbacks: {
        title: (items) => items.map((item) => `${item.dataset.label}, ${label(x.dim, item.raw.point.at[x.dim])}`)[0],
        label: (item) => describe(item.raw.point),
      } },
    },
    onHover: (_event, items) => {
      if (items.length && datasets.length > 1) later(() => emphasise(items[0].datasetIndex));
    },
    onClick: (_event, items) => {
      if (items.length) {
        state.at = datasets[items[0].datasetIndex].data[items[0].index].point.at[x.dim];
        controls();
        later(draw);
      }
    },
  };
  show(id, "line", { datasets }, options);
}
function show(id, type, data, options) {
  if (charts[id]) charts[id].destroy();
  charts[id] = new Chart(byId(id), { type, data, options });
}
const carbonParts = [["carbon_operational", "devices, training", "#0072b2"], ["carbon_idle", "devices, idle", "#999999"],
  ["carbon_servers", "servers, operational", "#56b4e9"], ["carbon_network", "network, operational", "#009e73"], ["carbon_embodied", "embodied", "#e69f00"]];
function bars() {
  const points = seriesIndices().map((series) => point(atOf(series, state.at)));
  const labels = points.map((p, i) => {
    const series = seriesIndices()[i];
    const name = series === null ? label("hardware", state.pick.hardware) : label(state.each, series);
    return series === null || state.each === "hardware" ? `${name} ${trust(dims.hardware[p.at.hardware], "")}`.trim() : name;
  });
  const stacked = (linear, text) => ({ stacked: true, title: { display: true, text }, ticks: { callback: linear }, grid: { color: "#e6e6e6" } });
  const horizontal = (format, text, callback) => ({
    indexAxis: "y", scales: { x: stacked(format, text), y: { stacked: true, grid: { display: false }, ticks: { autoSkip: false } } },
    plugins: { tooltip: { callbacks: { label: callback, afterBody: (items) => describe(points[items[0].dataIndex]) } } },
  });
  for (const id of ["split-chart", "time-chart"]) byId(id).parentElement.style.height = `${Math.max(20, 6 + 1.3 * labels.length)}rem`;
  const pattern = ["#0072b2", "#56b4e9", "#d55e00", "#cc79a7", "#e69f00", "#999999", "#000000"];
  show("split-chart", "bar", {
    labels, datasets: carbonParts.map(([key, text, colour]) => ({ label: text, backgroundColor: colour,
      borderColor: "#fff", borderWidth: 1, data: points.map((p) => (p.feasible ? p[key] / 1000 : NaN)) })),
  }, horizontal(round, "t CO2e", (item) => `${item.dataset.label}: ${tonnes(item.raw * 1000)}`));
  show("time-chart", "bar", {
    labels, datasets: shares.map((name, i) => ({ label: name, backgroundColor: pattern[i], borderColor: "#fff", borderWidth: 1,
      data: points.map((p) => (p.feasible ? p["share_" + name] : NaN)) })),
  }, horizontal((x) => Math.round(100 * x) + "%", "share of a step", (item) => `${item.dataset.label}: ${percent(item.raw)}`));
  charts["time-chart"].options.scales.x.max = 1;
  charts["time-chart"].update();
  const where = label(xChoice().dim, state.at);
  byId("split-title").textContent = "Where the carbon is: " + where;
  byId("time-title").textContent = "Where the step goes: " + where;
}
