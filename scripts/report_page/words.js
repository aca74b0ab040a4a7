// SPDX-License-Identifier: BSD-3-Clause
// How numbers, labels and dimensions are written.
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
