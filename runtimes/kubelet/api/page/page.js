// The page: asks for pods each two seconds and for graphs each five, shows what has changed.

import { age, by, bytes, cores, json, make, show } from "./dom.js";
import { chosen, detail } from "./detail.js";
import { History, graph, latest } from "./graph.js";
import { summary } from "./pods.js";

const PODS = 2000;
const GRAPHS = 5000;
const PATIENCE = 10000;
const history = new History();
let pods = null;

const nameOf = (pod) => `${pod.metadata.namespace}/${pod.metadata.name}`;

function row(pod) {
  const { word, kind, ready, restarts } = summary(pod);
  const use = history.of(pod.metadata.uid);
  const name = nameOf(pod);
  const small = (values, spell, label) => make("div", { class: "use" }, make("span", {}, spell(latest(values))), graph(values, { size: "small", label }));
  return make(
    "tr",
    { id: `pod-${pod.metadata.uid}`, class: name === chosen() ? "chosen" : null },
    make("td", {}, make("a", { href: `#${encodeURIComponent(name)}`, "aria-current": name === chosen() ? "true" : null }, pod.metadata.name), make("span", { class: "space" }, pod.metadata.namespace)),
    make("td", {}, make("span", { class: `badge ${kind}`.trim() }, word)),
    make("td", {}, ready),
    make("td", { class: "number" }, `${restarts}`),
    make("td", { class: "number" }, age(pod.metadata.creationTimestamp)),
    make("td", {}, small(use.cpu, cores, `CPU of ${name}`)),
    make("td", {}, small(use.memory, bytes, `Memory of ${name}`)),
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
  by("nothing").textContent = pods.length ? "No pod is like that." : "There are no pods yet. Put a manifest into the agent's folder.";
  by("pods-title").textContent = `Pods (${shown.length === pods.length ? "" : `${shown.length} of `}${pods.length})`;
  show(by("rows"), shown.map(row));
  showDetail();
}

function showDetail() {
  const pod = pods?.find((one) => nameOf(one) === chosen());
  if (pod) detail.open(pod, history);
  else detail.close();
  by("columns").classList.toggle("open", Boolean(pod));
}

function card(title, value, of, below) {
  return make("div", { class: "card" }, make("h2", {}, title), make("p", { class: "value" }, value, " ", make("small", {}, of)), below);
}

// How many pods there are of each status, those in trouble first.
function counts(summaries) {
  const order = ["bad", "wait", "good", ""];
  const found = Map.groupBy(summaries, ({ word, kind }) => `${order.indexOf(kind)} ${word}`);
  return [...found].sort().map(([, [one, ...more]]) => make("span", { class: `badge ${one.kind}`.trim() }, `${more.length + 1} ${one.word}`));
}

function showTotals() {
  const { node } = history;
  const words = (pods ?? []).map((pod) => summary(pod));
  const well = words.filter((one) => one.kind === "good" || one.kind === "").length;
  show(by("totals"), [
    card("Pods", `${well}`, `of ${words.length} well`, make("div", { class: "counts" }, counts(words))),
    card("CPU", cores(latest(node.cpu)), `of ${node.cores ?? "–"} cores`, graph(node.cpu, { top: node.cores, label: "CPU" })),
    card("Memory", bytes(latest(node.memory)), `of ${bytes(node.memoryTotal)}`, graph(node.memory, { top: node.memoryTotal, label: "Memory" })),
  ]);
}

async function again(work, period) {
  for (;;) {
    try {
      await work(AbortSignal.timeout(PATIENCE));
    } catch (error) {
      by("link").textContent = `no answer: ${error.message}`;
      by("link").className = "bad";
    }
    await new Promise((resolve) => setTimeout(resolve, document.hidden ? period * 5 : period));
  }
}

async function look(signal) {
  pods = (await json("/pods", signal)).items ?? [];
  by("link").textContent = "live";
  by("link").className = "good";
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
  showPods();
  detail.events().catch(() => {});
  if (detail.name) by("detail").querySelector("a").focus({ preventScroll: innerWidth >= 1280 });
});
by("filter").addEventListener("input", showPods);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen()) location.hash = "";
  if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) {
    event.preventDefault();
    by("filter").focus();
  }
});
again(look, PODS);
again(measure, GRAPHS);
named(AbortSignal.timeout(PATIENCE)).catch(() => {});
