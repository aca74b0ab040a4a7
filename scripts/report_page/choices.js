// SPDX-License-Identifier: BSD-3-Clause
// What can be chosen, what is chosen, and the points that follow from it.
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
  { key: "carbon_operation", text: "Operational carbon, t CO2e", of: (p) => (p.carbon_total - p.carbon_embodied) / 1000 },
  { key: "carbon_embodied", text: "Embodied carbon charged, t CO2e", of: (p) => p.carbon_embodied / 1000 },
  { key: "embodied_inventory", text: "Embodied carbon of all devices, t CO2e", of: (p) => p.embodied_inventory / 1000 },
  { key: "embodied_share", text: "Embodied share of carbon", of: (p) => p.carbon_embodied / p.carbon_total, linear: true },
  { key: "energy", text: "Energy of devices, servers and network, MWh", of: (p) => (p.energy + p.energy_servers + p.energy_network) / 1000 },
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
  if (bothPlans) {
    addSelect("plan", "Plan", Object.entries(planNames), shown.plan, (key) => { shown.plan = key; });
  }
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
