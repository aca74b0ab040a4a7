// SPDX-License-Identifier: BSD-3-Clause
// The page of scripts/report.py: selectors, charts, map, tables. The data are arrays over named dimensions.
"use strict";
(async function () {
const byId = (id) => document.getElementById(id);
const meta = JSON.parse(byId("meta").textContent);
const dims = meta.dims;
const names = Object.keys(dims);

// ---- data ----
function trouble(text) {
  const box = byId("trouble");
  box.hidden = false;
  box.textContent = text;
}
async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}
if (typeof DecompressionStream === "undefined") {
  trouble("This browser is too old to unpack the data of this page (it needs DecompressionStream: any browser since 2023).");
  return;
}
const buffer = await inflate(byId("blob").textContent);
const kinds = { f4: Float32Array, f8: Float64Array, i4: Int32Array, i1: Int8Array, u2: Uint16Array };
const arrays = {};
for (const [name, entry] of Object.entries(meta.arrays)) {
  const strides = {};
  let stride = 1;
  for (const dim of entry.dims.slice().reverse()) {
    strides[dim] = stride;
    stride *= dims[dim].length;
  }
  arrays[name] = { ...entry, strides, values: new kinds[entry.kind](buffer, entry.at, entry.length) };
}
// Value of an array at {dimension: index}; NaN where there is none. Whole numbers hold -1 there, shares 65535.
function value(name, at) {
  const array = arrays[name];
  if (!array) return NaN;
  let index = 0;
  for (const dim in array.strides) index += array.strides[dim] * at[dim];
  const raw = array.values[index];
  if (array.kind === "u2") return raw === 65535 ? NaN : raw * array.scale;
  if ((array.kind === "i4" || array.kind === "i1") && raw === -1) return NaN;
  return raw;
}

const losses = ["tensor", "expert", "pipeline", "data", "bubble", "optimizer"];
const shares = ["compute", ...losses];
// Everything about one point. Carbon in kg: operational carbon is energy times a factor of the place.
function point(at) {
  const out = { at, status: meta.status[value("status", at)] };
  out.feasible = out.status === "feasible";
  for (const name of ["d_model", "layers", "experts", "parameters_total", "parameters_active", "tokens", "compute", "loss"]) {
    out[name] = value(name, at);
  }
  if (!out.feasible) return out;
  for (const name of ["devices", "training_time", "step_time", "mfu", "memory_per_device", "energy", "energy_servers",
    "embodied_inventory", "carbon_embodied"]) {
    out[name] = value(name, at);
  }
  const factor = value("regional_factor", at);
  out.carbon_operational = out.energy * factor;
  out.carbon_servers = out.energy_servers * factor;
  out.carbon_total = out.carbon_operational + out.carbon_servers + out.carbon_embodied;
  out.memory_share = out.memory_per_device / value("memory_capacity", at);
  for (const name of shares) out["share_" + name] = value("share_" + name, at);
  out.plan = plan(at);
  return out;
}
function plan(at) {
  const whole = (name) => value(name, at);
  const words = [`t${whole("tensor")}`, `p${whole("pipeline")}`, `d${whole("data")}`];
  if (whole("context") > 1) words.push(`c${whole("context")}`);
  if (whole("expert") > 1) words.push(`e${whole("expert")}`);
  if (whole("expert_tensor") > 1) words.push(`et${whole("expert_tensor")}`);
  words.push(`z${whole("zero_stage")}`, `b${whole("micro_batch")}`, `v${whole("interleave")}`,
    meta.recompute[whole("recompute")]);
  if (whole("schedule") > 0) words.push(meta.schedule[whole("schedule")]);
  return words.join(" ");
}

// ---- words ----
function digits(x, n = 3) {
  if (!Number.isFinite(x)) return "–";
  if (x === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(x)));
  if (size >= n - 1 && size < 15) return Math.round(x).toLocaleString("en-US");
  return size < -4 || size >= 15 ? x.toExponential(n - 1) : x.toFixed(Math.max(0, n - 1 - size));
}
function scaled(x, unit = "") {
  if (!Number.isFinite(x)) return "–";
  const steps = ["", "K", "M", "B", "T"];
  let i = 0;
  while (Math.abs(x) >= 999.5 && i < steps.length - 1) {
    x /= 1000;
    i += 1;
  }
  return digits(x) + (steps[i] || unit ? " " : "") + steps[i] + unit;
}
const tonnes = (kg) => (Number.isFinite(kg) ? digits(kg / 1000) + " t" : "–");
const percent = (x) => (Number.isFinite(x) ? (100 * x).toFixed(1) + "%" : "–");
const days = (s) => (Number.isFinite(s) ? digits(s / 86400) + " d" : "–");
function trust(hardware, otherwise = "not measured") {
  const family = meta.families[hardware];
  return family && Number.isFinite(family.mape) && family.mape !== null ? "±" + percent(family.mape) : otherwise;
}
function modelName(index) {
  const size = value("parameters_total", { model: index });
  const law = /^\d+$/.test(dims.model[index]);
  return (law ? "d_model " : "") + dims.model[index] + " (" + scaled(size) + ")";
}
function label(dim, index) {
  if (dim === "model") return modelName(index);
  if (dim === "year") return dims.year[index] === "0" ? "today" : "+" + dims.year[index] + " years";
  if (dim === "qat") return dims.qat[index] === "off" ? "16 bits" : dims.qat[index];
  if (dim === "region") return `${dims.region[index]} (${digits(value("carbon_intensity", { region: index }))} g/kWh)`;
  return dims[dim][index];
}
const title = { model: "Model", hardware: "Device", year: "Year", qat: "QAT", region: "Region" };
const dimTitle = (dim) => title[dim] || dim.replaceAll("_", " ");

// ---- what can be chosen ----
const xChoices = [];
if (dims.model.length > 1) {
  for (const [key, text] of [["parameters_total", "parameters"], ["parameters_active", "active parameters"],
    ["compute", "compute, FLOP"], ["tokens", "tokens"], ["loss", "loss, nats per token"], ["d_model", "d_model"]]) {
    if (arrays[key]) xChoices.push({ key, text, dim: "model", of: (at) => value(key, at) });
  }
}
for (const dim in meta.numeric) {
  if (dims[dim].length > 1) {
    xChoices.push({ key: "dim:" + dim, text: dimTitle(dim).toLowerCase(), dim, of: (at) => meta.numeric[dim][at[dim]], linear: true });
  }
}
if (xChoices.length === 0) {
  xChoices.push({ key: "parameters_total", text: "parameters", dim: "model", of: (at) => value("parameters_total", at) });
}
const yChoices = [
  { key: "carbon_total", text: "Carbon, t CO2e", of: (p) => p.carbon_total / 1000 },
  { key: "carbon_operation", text: "Operational carbon (devices and servers), t CO2e", of: (p) => (p.carbon_operational + p.carbon_servers) / 1000 },
  { key: "carbon_embodied", text: "Embodied carbon charged, t CO2e", of: (p) => p.carbon_embodied / 1000 },
  { key: "embodied_inventory", text: "Embodied carbon of all devices, t CO2e", of: (p) => p.embodied_inventory / 1000 },
  { key: "embodied_share", text: "Embodied share of carbon", of: (p) => p.carbon_embodied / p.carbon_total, linear: true },
  { key: "energy", text: "Energy of devices and servers, MWh", of: (p) => (p.energy + p.energy_servers) / 1000 },
  { key: "devices", text: "Devices", of: (p) => p.devices },
  { key: "device_hours", text: "Device hours", of: (p) => p.devices * p.training_time / 3600 },
  { key: "mfu", text: "Utilisation (model FLOPs)", of: (p) => p.mfu, linear: true },
  { key: "training_days", text: "Training time, days", of: (p) => p.training_time / 86400 },
  { key: "carbon_per_compute", text: "Carbon per training compute, kg CO2e per ZFLOP", of: (p) => p.carbon_total / p.compute * 1e21 },
  { key: "carbon_per_token", text: "Carbon per million tokens, kg CO2e", of: (p) => p.carbon_total / p.tokens * 1e6 },
];
const state = { x: xChoices[0].key, y: "carbon_total", scale: "log", each: "", pick: {}, at: -1, map: "losses", rows: 100, sort: "", up: true };
for (const dim of names) state.pick[dim] = 0;
state.pick.region = Math.max(0, dims.region.indexOf("us-east5"));
const wide = (dim) => dims[dim].length > 1;
const xChoice = () => xChoices.find((choice) => choice.key === state.x);
const yChoice = () => yChoices.find((choice) => choice.key === state.y);
state.each = ["hardware", "year", "qat", "region", ...names].find((dim) => wide(dim) && dim !== xChoice().dim) || "hardware";

function seriesIndices() {
  if (state.each === xChoice().dim || state.each === "") return [null];
  return dims[state.each].map((_, i) => i);
}
function atOf(series, x) {
  const at = { ...state.pick };
  if (series !== null) at[state.each] = series;
  at[xChoice().dim] = x;
  return at;
}
function xOrder() {
  const choice = xChoice();
  const order = dims[choice.dim].map((_, i) => i);
  return order.sort((a, b) => choice.of(atOf(0, a)) - choice.of(atOf(0, b)) || a - b);
}
// The points of every line as now selected, worked out once for all charts.
let selected = null;
function allLines() {
  if (!selected) {
    const order = xOrder();
    selected = seriesIndices().map((series) => ({ series, points: order.map((x) => point(atOf(series, x))) }));
  }
  return selected;
}

// ---- controls ----
function addSelect(id, text, options, current, change) {
  const box = document.createElement("label");
  box.append(text);
  const select = document.createElement("select");
  select.id = id;
  for (const [key, words] of options) {
    const option = document.createElement("option");
    option.value = key;
    option.textContent = words;
    select.append(option);
  }
  select.value = current;
  select.addEventListener("change", () => {
    change(select.value);
    draw();
  });
  box.append(select);
  byId("controls").append(box);
}
function controls() {
  byId("controls").replaceChildren();
  addSelect("y", "Show", yChoices.map((c) => [c.key, c.text]), state.y, (key) => { state.y = key; });
  addSelect("x", "against", xChoices.map((c) => [c.key, c.text]), state.x, (key) => {
    state.x = key;
    state.at = -1;
    if (state.each === xChoice().dim) state.each = names.find((dim) => wide(dim) && dim !== xChoice().dim) || "";
    controls();
  });
  addSelect("scale", "Axes", [["log", "logarithmic"], ["linear", "linear"]], state.scale, (key) => { state.scale = key; });
  for (const dim of names) {
    if (!wide(dim) || dim === xChoice().dim) continue;
    const options = [["each", "each, as lines"], ...dims[dim].map((_, i) => [String(i), label(dim, i)])];
    addSelect("dim-" + dim, dimTitle(dim), options, state.each === dim ? "each" : String(state.pick[dim]), (key) => {
      if (key === "each") {
        state.each = dim;
      } else {
        state.pick[dim] = Number(key);
        if (state.each === dim) state.each = "";
      }
      controls();
    });
  }
  const xs = xOrder();
  if (state.at < 0 || !xs.includes(state.at)) {
    const size = (x) => Math.abs(Math.log(value("parameters_total", { model: x }) / 1e12));
    state.at = xChoice().dim === "model" ? xs.reduce((best, x) => (size(x) < size(best) ? x : best), xs[0]) : xs[0];
  }
  addSelect("at", "Bars for", xs.map((x) => [String(x), label(xChoice().dim, x)]), String(state.at), (key) => { state.at = Number(key); });
}

// ---- charts ----
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

function describe(p) {
  const hardware = dims.hardware[p.at.hardware];
  return [
    `${tonnes(p.carbon_total)} CO2e: ${tonnes(p.carbon_operational)} devices, ${tonnes(p.carbon_servers)} servers, ${tonnes(p.carbon_embodied)} embodied`,
    `${digits(p.devices)} devices for ${days(p.training_time)}, utilisation ${percent(p.mfu)}`,
    `plan ${p.plan}`,
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
const carbonParts = [["carbon_operational", "devices, operational"], ["carbon_servers", "servers, operational"], ["carbon_embodied", "embodied"]];
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
    labels, datasets: carbonParts.map(([key, text], i) => ({ label: text, backgroundColor: ["#0072b2", "#56b4e9", "#e69f00"][i],
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

// ---- map of what binds ----
const cells = {
  pending: ["#ffffff", "?", "not searched"], failed: ["#ffffff", "!", "search failed"],
  divisibility: ["#000000", "D", "no plan: divisibility"], communication: ["#5b3a8c", "C", "no plan: communication"],
  batch: ["#882255", "B", "no plan: critical batch"], memory: ["#d55e00", "M", "no plan: memory"],
  deadline: ["#555555", "T", "no plan: deadline"],
  tensor: ["#56b4e9", "t", "tensor traffic"], expert: ["#cc79a7", "e", "expert traffic"],
  pipeline: ["#b3cde3", "p", "pipeline traffic"], data: ["#009e73", "d", "gradient traffic"],
  bubble: ["#f0e442", "b", "pipeline bubble"], optimizer: ["#cccccc", "o", "weight update"],
};
const darkInk = new Set(["divisibility", "communication", "batch", "memory", "deadline", "data"]);
function cellOf(p) {
  if (!p.feasible) return p.status;
  return losses.reduce((best, name) => (p["share_" + name] > p["share_" + best] ? name : best), losses[0]);
}
function map() {
  const seen = new Set();
  const box = byId("map");
  const order = xOrder();
  const lettered = order.length * 10 <= box.clientWidth - 90;
  box.replaceChildren();
  for (const { series, points } of allLines()) {
    const row = document.createElement("div");
    row.className = "cells";
    for (const p of points) {
      const x = p.at[xChoice().dim];
      const key = cellOf(p);
      const cell = document.createElement("div");
      seen.add(key);
      cell.style.background = cells[key][0];
      cell.style.color = darkInk.has(key) ? "#fff" : "#000";
      cell.dataset.kind = key;
      if (lettered) cell.textContent = cells[key][1];
      cell.title = `${label(xChoice().dim, x)}: ` + (p.feasible
        ? `${cells[key][2]} ${percent(p["share_" + key])} of a step; ${p.plan}` : cells[key][2]);
      row.append(cell);
    }
    const name = document.createElement("div");
    name.textContent = series === null ? label("hardware", state.pick.hardware) : label(state.each, series);
    box.append(name, row);
  }
  const ends = document.createElement("div");
  ends.className = "ends";
  ends.append(...[order[0], order[order.length - 1]].map((x) => {
    const end = document.createElement("span");
    end.textContent = label(xChoice().dim, x);
    return end;
  }));
  box.append(document.createElement("div"), ends);
  byId("map-legend").replaceChildren(...Object.keys(cells).filter((key) => seen.has(key)).map((key) => {
    const item = document.createElement("span");
    const square = document.createElement("b");
    square.style.background = cells[key][0];
    square.style.color = darkInk.has(key) ? "#fff" : "#000";
    square.textContent = cells[key][1];
    item.append(square, cells[key][2]);
    return item;
  }));
}

// ---- tables ----
function columns() {
  const list = [];
  for (const dim of names) {
    if (wide(dim) && (dim === state.each || dim === xChoice().dim)) {
      list.push({ key: dim, head: dimTitle(dim), text: true, raw: (p) => dims[dim][p.at[dim]], show: (p) => dims[dim][p.at[dim]],
        order: (p) => (meta.numeric[dim] ? meta.numeric[dim][p.at[dim]] : dim === "model" ? p.at[dim] : dims[dim][p.at[dim]]) });
    }
  }
  const add = (key, head, raw, showIt, text) => list.push({ key, head, raw, show: (p) => showIt(raw(p)), order: raw, text });
  add("parameters", "Parameters", (p) => p.parameters_total, scaled);
  add("loss", "Loss", (p) => p.loss, (x) => digits(x, 4));
  add("status", "Status", (p) => p.status, (x) => x, true);
  add("carbon_total_kg", "Carbon", (p) => p.carbon_total, tonnes);
  add("carbon_operational_kg", "Devices' power", (p) => p.carbon_operational, tonnes);
  add("carbon_servers_kg", "Servers' power", (p) => p.carbon_servers, tonnes);
  add("carbon_embodied_kg", "Embodied", (p) => p.carbon_embodied, tonnes);
  add("devices", "Devices", (p) => p.devices, (x) => (Number.isFinite(x) ? x.toLocaleString("en-US") : "–"));
  add("training_time_s", "Time", (p) => p.training_time, days);
  add("mfu", "MFU", (p) => p.mfu, percent);
  add("memory_per_device_byte", "Memory", (p) => p.memory_per_device, (x) => (Number.isFinite(x) ? digits(x / 2 ** 30) + " GiB" : "–"));
  add("largest_loss", "Largest loss", (p) => (p.feasible ? cellOf(p) : ""), (x) => x, true);
  add("plan", "Plan", (p) => p.plan || "", (x) => x, true);
  add("model_error", "Error of time", (p) => (meta.families[dims.hardware[p.at.hardware]] || {}).mape ?? NaN, (x) => (Number.isFinite(x) ? "±" + percent(x) : "not measured"));
  return list;
}
function selection() {
  return allLines().filter(({ series }) => !hidden.has(state.each + series)).flatMap(({ points }) => points);
}
function compare(a, b) {
  const missing = (x) => x === undefined || (typeof x === "number" && Number.isNaN(x));
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  const less = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  return state.up ? less : -less;
}
function table() {
  const list = columns();
  const rows = selection();
  const by = list.find((column) => column.key === state.sort);
  if (by) rows.sort((a, b) => compare(by.order(a), by.order(b)));
  const head = document.createElement("tr");
  for (const column of list) {
    const th = document.createElement("th");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = column.head;
    button.addEventListener("click", () => {
      state.up = state.sort === column.key ? !state.up : true;
      state.sort = column.key;
      table();
    });
    th.scope = "col";
    if (column.text) th.className = "text";
    th.setAttribute("aria-sort", state.sort !== column.key ? "none" : state.up ? "ascending" : "descending");
    th.append(button);
    head.append(th);
  }
  byId("points").tHead.replaceChildren(head);
  byId("points").tBodies[0].replaceChildren(...rows.slice(0, state.rows).map((p) => {
    const tr = document.createElement("tr");
    for (const column of list) {
      const td = document.createElement("td");
      if (column.text) td.className = "text";
      td.textContent = column.show(p);
      tr.append(td);
    }
    return tr;
  }));
  byId("more").hidden = rows.length <= state.rows;
  byId("more").textContent = `Show all ${rows.length.toLocaleString("en-US")} rows`;
}
function csvCell(x) {
  if (typeof x === "number") return Number.isFinite(x) ? String(Number(x.toPrecision(7))) : "";
  const text = x ?? "";
  return /[",\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}
function csv(rows) {
  const list = columns().filter((column) => !names.includes(column.key));
  const head = [...names, ...list.map((column) => column.key)];
  const body = rows.map((p) => [...names.map((dim) => dims[dim][p.at[dim]]), ...list.map((column) => column.raw(p))]);
  return [head, ...body].map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
}
function everyPoint() {
  let all = [{ region: state.pick.region }];
  for (const dim of names) {
    if (dim !== "region") all = all.flatMap((at) => dims[dim].map((_, i) => ({ ...at, [dim]: i })));
  }
  return all.map(point);
}
function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = meta.file.replace(/\.\w+$/, "") + name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
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
  const beside = (dim) => (dim === "hardware" ? ` (time of measured runs: ${trust(dims.hardware[state.pick.hardware])})` : "");
  byId("selected").textContent = fixed.map((dim) => `${dimTitle(dim)}: ${label(dim, state.pick[dim])}${beside(dim)}`).join(" · ");
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
window.csReport = { state, charts, point, csv, selection, everyPoint, dims };
document.body.dataset.ready = "yes";
})();
