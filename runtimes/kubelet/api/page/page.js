// The page: asks for pods each two seconds and for graphs each five, shows what has changed.

import { age, by, bytes, cores, json, make, merge, show } from "./dom.js";
import { chosen, detail } from "./detail.js";
import { History, graph, latest } from "./graph.js";
import { summary } from "./pods.js";

const PODS = 2000;
const GRAPHS = 5000;
const PATIENCE = 10000;
const history = new History();
const rows = new Map();
let pods = null;
let answered = null;

const order = new Intl.Collator("en", { numeric: true }).compare; // web-2 before web-10
const nameOf = (pod) => `${pod.metadata.namespace}/${pod.metadata.name}`;

// A row is drawn anew only when something of it has changed: there may be hundreds.
function row(pod) {
  const { uid, creationTimestamp } = pod.metadata;
  const state = JSON.stringify([summary(pod), age(creationTimestamp), nameOf(pod) === chosen(), history.since]);
  const known = rows.get(uid);
  if (known?.state === state) return known.element;
  const fresh = drawn(pod);
  if (known) merge(known.element, fresh);
  rows.set(uid, { state, element: known?.element ?? fresh });
  return rows.get(uid).element;
}

function drawn(pod) {
  const { word, kind, ready, restarts } = summary(pod);
  const use = history.of(pod.metadata.uid);
  const name = nameOf(pod);
  const small = (values, spell, label) => make("td", { class: "used" }, make("div", {}, make("span", {}, spell(latest(values))), graph(values, { size: "small", label })));
  const link = make("a", { href: `#${encodeURIComponent(name)}`, "aria-current": name === chosen() ? "true" : null }, pod.metadata.name);
  return make(
    "tr",
    { id: `pod-${pod.metadata.uid}`, class: name === chosen() ? "chosen" : null },
    make("td", { class: "name", title: name }, link, " ", make("span", { class: "space" }, pod.metadata.namespace)),
    make("td", {}, make("span", { class: `badge ${kind}`.trim() }, word)),
    make("td", { class: "number" }, ready),
    make("td", { class: `number more ${restarts ? "" : "none"}`.trim() }, `${restarts}`),
    make("td", { class: "number more" }, age(pod.metadata.creationTimestamp)),
    small(use.cpu, cores, `CPU of ${name}`),
    small(use.memory, bytes, `Memory of ${name}`),
  );
}

function showPods() {
  if (pods === null) return;
  const words = by("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = pods.filter((pod) => {
    const text = `${nameOf(pod)} ${summary(pod).word}`.toLowerCase();
    return words.every((one) => text.includes(one));
  });
  by("table").hidden = !shown.length;
  by("nothing").hidden = Boolean(shown.length);
  by("nothing").textContent = pods.length ? "No pod is like that." : "There are no pods yet. A manifest in the agent's folder starts one, and so does: runtimes apply FILE";
  by("pods-title").textContent = `Pods (${shown.length === pods.length ? "" : `${shown.length} of `}${pods.length})`;
  show(by("rows"), shown.map(row));
  showDetail();
}

function showDetail() {
  const pod = pods?.find((one) => nameOf(one) === chosen());
  if (pod) detail.open(pod, history);
  else detail.close();
  document.body.classList.toggle("open", Boolean(pod));
}

function card(title, value, of, below) {
  return make("div", { class: "card" }, make("h2", {}, title), make("p", { class: "value" }, value, " ", make("small", {}, of)), below);
}

// How many pods there are of each status, those in trouble first.
function counts(summaries) {
  const order = ["bad", "wait", "good", ""];
  const found = Map.groupBy(summaries, ({ word, kind }) => `${order.indexOf(kind)} ${word}`);
  return [...found].sort().map(([, [one, ...more]]) => make("button", { type: "button", class: `badge ${one.kind}`.trim(), title: "Show these only", value: one.word }, `${more.length + 1} ${one.word}`));
}

function percent(used, all) {
  return used === null || !all ? "" : ` · ${Math.round((100 * used) / all)} %`;
}

function showTotals() {
  const { node } = history;
  const words = (pods ?? []).map((pod) => summary(pod));
  const well = words.filter((one) => one.kind === "good" || one.kind === "").length;
  const [cpu, memory] = [latest(node.cpu), latest(node.memory)];
  show(by("totals"), [
    card("Pods", pods === null ? "–" : `${well}`, words.length ? `of ${words.length} well` : "", make("div", { class: "counts" }, counts(words))),
    card("CPU of the node", cores(cpu), `of ${node.cores ?? "–"} cores${percent(cpu, node.cores)}`, graph(node.cpu, { top: node.cores, label: "CPU of the node" })),
    card("Memory of the node", bytes(memory), `of ${bytes(node.memoryTotal)}${percent(memory, node.memoryTotal)}`, graph(node.memory, { top: node.memoryTotal, label: "Memory of the node" })),
  ]);
}

async function again(work, period) {
  for (;;) {
    try {
      await work(AbortSignal.timeout(PATIENCE));
    } catch (error) {
      lost(error);
    }
    await new Promise((resolve) => setTimeout(resolve, document.hidden ? period * 5 : period));
  }
}

// What was last known stays, and is seen to be old.
function lost(error) {
  const since = answered ? `for ${age(answered)}; shown as it was then` : `: ${error.message}`;
  by("link").textContent = `no answer ${since}`;
  by("link").className = "bad";
  document.body.classList.add("old");
}

async function look(signal) {
  const { items } = await json("/pods", signal);
  pods = (items ?? []).sort((one, other) => order(nameOf(one), nameOf(other)));
  answered = new Date();
  const uids = new Set(pods.map((pod) => pod.metadata.uid));
  for (const uid of rows.keys()) if (!uids.has(uid)) rows.delete(uid);
  by("link").textContent = "live";
  by("link").className = "good";
  document.body.classList.remove("old");
  showPods();
  showTotals();
  await detail.events(signal);
}

async function measure(signal) {
  history.add(await json(`/stats/history?since=${history.since}`, signal));
  showPods();
  showTotals();
}

async function named(signal) {
  const name = (await json("/stats/summary", signal)).node.nodeName;
  by("node").textContent = name;
  document.title = `${name} · runtimes`;
}

addEventListener("hashchange", () => {
  const before = detail.pod && by(`pod-${detail.pod.metadata.uid}`);
  showPods();
  detail.events().catch(() => {});
  const next = detail.name ? by("detail").querySelector("a") : before?.querySelector("a");
  next?.focus({ preventScroll: Boolean(detail.name) });
  if (detail.name && innerWidth < 1280) scrollTo(0, 0);
});
by("rows").addEventListener("click", (event) => {
  const link = event.target.closest("tr")?.querySelector("a");
  if (link && event.target !== link && getSelection().isCollapsed) link.click();
});
by("totals").addEventListener("click", (event) => {
  const { value } = event.target.closest("button") ?? {};
  if (!value) return;
  by("filter").value = by("filter").value === value ? "" : value;
  showPods();
});
by("filter").addEventListener("input", showPods);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen()) location.hash = "";
  if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) {
    event.preventDefault();
    by("filter").focus();
  }
});
showTotals();
again(look, PODS);
again(measure, GRAPHS);
named(AbortSignal.timeout(PATIENCE)).catch(() => {});
