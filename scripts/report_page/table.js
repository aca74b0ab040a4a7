// SPDX-License-Identifier: BSD-3-Clause
// The points as a table and as CSV.
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
  if (bothPlans) add("chosen_by", "Plan with", (p) => planNames[p.which], (x) => x, true);
  add("carbon_total_kg", "Carbon", (p) => p.carbon_total, tonnes);
  add("carbon_operational_kg", "Devices' power", (p) => p.carbon_operational, tonnes);
  add("carbon_idle_kg", "Idle devices", (p) => p.carbon_idle, tonnes);
  add("carbon_servers_kg", "Servers' power", (p) => p.carbon_servers, tonnes);
  add("carbon_network_kg", "Network's power", (p) => p.carbon_network, tonnes);
  add("carbon_embodied_kg", "Embodied", (p) => p.carbon_embodied, tonnes);
  if (bothPlans) {
    const least = (p) => point(p.at, leastCarbon).carbon_total;
    const fewest = (p) => point(p.at, "").carbon_total;
    if (shown.plan === "") add("least_carbon_total_kg", "Least carbon", least, tonnes);
    else add("fewest_devices_total_kg", "Carbon, " + planNames[""], fewest, tonnes);
  }
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
  return all.map((at) => point(at));
}
function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = meta.file.replace(/\.\w+$/, "") + name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
