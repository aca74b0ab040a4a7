// SPDX-License-Identifier: BSD-3-Clause
// What binds at each point.
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
