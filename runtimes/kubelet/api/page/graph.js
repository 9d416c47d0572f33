// Small graphs: a line with its area, gaps where nothing is known.

import { age, draw, make } from "./dom.js";

const WIDTH = 300;
const HEIGHT = 100;
const GAP = 20000;

function paths(values, top) {
  const step = WIDTH / Math.max(1, values.length - 1);
  let line = "";
  let area = "";
  let start = null;
  let last = 0;
  const close = () => {
    if (start !== null) area += `L${last} ${HEIGHT}L${start} ${HEIGHT}Z`;
    start = null;
  };
  values.forEach((value, index) => {
    if (value === null || value === undefined) return close();
    const x = +(index * step).toFixed(1);
    const y = +(HEIGHT - (value / top) * (HEIGHT - 4) - 2).toFixed(1);
    line += `${start === null ? "M" : "L"}${x} ${y}`;
    area += `${start === null ? "M" : "L"}${x} ${y}`;
    if (start === null) start = x;
    last = x;
  });
  close();
  return { line, area };
}

export function graph(values, { size = "", top = 0, label }) {
  const known = values.filter((value) => value !== null && value !== undefined);
  const { line, area } = paths(values, Math.max(top, ...known, 1e-9) * 1.05);
  return draw(
    "svg",
    { class: `graph ${size}`.trim(), viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    draw("path", { class: "area", d: area }),
    draw("path", { class: "stroke", d: line }),
  );
}

export const latest = (values = []) => values.at(-1) ?? values.at(-2) ?? null;

// A graph with its words; `times` are those of its values, in milliseconds.
export function figure(title, { values, times, spell }) {
  const known = values.filter((value) => value !== null && value !== undefined);
  const most = known.length ? spell(Math.max(...known)) : "–";
  return make(
    "figure",
    {},
    make("figcaption", {}, make("span", {}, title), make("span", {}, make("b", {}, spell(latest(values))), ` now, ${most} at most`)),
    known.length
      ? [graph(values, { size: "large", label: `${title} over the last minutes, ${most} at most` }), make("p", { class: "axis" }, make("span", {}, `${age(times[0])} ago`), make("span", {}, "now"))]
      : make("p", { class: "note" }, "Nothing was measured in the last ten minutes."),
  );
}

// The last ten minutes of the node and of every pod, completed by what is new at each poll.
export class History {
  times = [];
  node = { cpu: [], memory: [] };
  pods = new Map();

  get since() {
    return this.times.at(-1) ?? 0;
  }

  // Time of which nothing is known, as the agent was away, is a gap in every line.
  add(fresh) {
    const away = this.times.length && fresh.times[0] - this.since > GAP;
    if (away) this.append({ times: [this.since + 1], node: { ...this.node, cpu: [null], memory: [null] }, pods: {} });
    this.append(fresh);
  }

  append(fresh) {
    const before = this.times.length;
    this.times.push(...fresh.times);
    this.node = { ...fresh.node, cpu: [...this.node.cpu, ...fresh.node.cpu], memory: [...this.node.memory, ...fresh.node.memory] };
    for (const [uid, use] of Object.entries(fresh.pods)) {
      const known = this.pods.get(uid) ?? { cpu: Array(before).fill(null), memory: Array(before).fill(null) };
      this.pods.set(uid, { cpu: [...known.cpu, ...use.cpu], memory: [...known.memory, ...use.memory] });
    }
    for (const [uid, use] of this.pods) {
      const missing = Array(this.times.length - use.cpu.length).fill(null);
      use.cpu.push(...missing);
      use.memory.push(...missing);
      if (missing.length && use.cpu.every((value) => value === null)) this.pods.delete(uid);
    }
    this.cut(120);
  }

  cut(most) {
    const over = this.times.length - most;
    if (over <= 0) return;
    const series = [this.node, ...this.pods.values()].flatMap((use) => [use.cpu, use.memory]);
    for (const values of [this.times, ...series]) values.splice(0, over);
  }

  of(uid) {
    return this.pods.get(uid) ?? { cpu: [], memory: [] };
  }
}
