// SPDX-License-Identifier: BSD-3-Clause
// What the file holds: arrays over named dimensions, and everything about one point.
const byId = (id) => document.getElementById(id);
const meta = JSON.parse(byId("meta").textContent);
const dims = meta.dims;
const names = Object.keys(dims);

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
// Whose numbers a point has: "" the objective's plan, or the prefix of the least-carbon plan's, where the file has both.
const leastCarbon = "least_carbon_";
const shown = { plan: "" };
const bothPlans = Boolean(arrays[leastCarbon + "status"]);
const planNames = { "": meta.objective === "min_devices" ? "fewest devices" : "by the objective", [leastCarbon]: "least carbon" };
// Everything about one point. Carbon in kg: what is not embodied is an energy times a factor of the place.
function point(at, which = shown.plan) {
  const out = { at, which, status: meta.status[value(which + "status", at)] };
  out.feasible = out.status === "feasible";
  for (const name of ["d_model", "layers", "experts", "parameters_total", "parameters_active", "tokens", "compute", "loss"]) {
    out[name] = value(name, at);
  }
  if (!out.feasible) return out;
  for (const name of ["devices", "training_time", "step_time", "mfu", "memory_per_device", "energy", "energy_servers",
    "embodied_inventory", "carbon_embodied"]) {
    out[name] = value(which + name, at);
  }
  // Files of earlier versions have neither.
  for (const name of ["energy_idle", "energy_network"]) out[name] = arrays[which + name] ? value(which + name, at) : 0;
  const factor = value("regional_factor", at);
  out.carbon_operational = (out.energy - out.energy_idle) * factor;
  out.carbon_idle = out.energy_idle * factor;
  out.carbon_network = out.energy_network * factor;
  out.carbon_servers = out.energy_servers * factor;
  out.carbon_total = out.carbon_embodied + value(which + "energy_charged", at) * factor;
  out.memory_share = out.memory_per_device / value("memory_capacity", at);
  for (const name of shares) out["share_" + name] = value(which + "share_" + name, at);
  out.plan = plan(at, which);
  return out;
}
// The same point with the other plan; null where there is none.
function other(p) {
  const plan = bothPlans ? point(p.at, p.which === "" ? leastCarbon : "") : null;
  return plan && plan.feasible ? plan : null;
}
function plan(at, which) {
  const whole = (name) => value(which + name, at);
  const words = [`t${whole("tensor")}`, `p${whole("pipeline")}`, `d${whole("data")}`];
  if (whole("context") > 1) words.push(`c${whole("context")}`);
  if (whole("expert") > 1) words.push(`e${whole("expert")}`);
  if (whole("expert_tensor") > 1) words.push(`et${whole("expert_tensor")}`);
  words.push(`z${whole("zero_stage")}`, `b${whole("micro_batch")}`, `v${whole("interleave")}`,
    meta.recompute[whole("recompute")]);
  if (whole("recompute_layers") > 0) words.push(`n${whole("recompute_layers")}`);
  if (whole("offload") > 0) words.push("offload");
  if (whole("schedule") > 0) words.push(meta.schedule[whole("schedule")]);
  return words.join(" ");
}
