// One pod: its containers, graphs, logs and events.

import { age, bytes, by, cores, json, make, show } from "./dom.js";
import { figure } from "./graph.js";
import { Logs } from "./logs.js";
import { containers, state, summary } from "./pods.js";

const badge = ({ word, kind }) => make("span", { class: `badge ${kind}`.trim() }, word);

export class Detail {
  constructor(parent) {
    this.parent = parent;
    this.name = null;
    this.pod = null;
    this.logs = null;
  }

  close() {
    this.logs?.stop();
    this.name = this.pod = this.logs = null;
    this.parent.hidden = true;
    this.parent.replaceChildren();
  }

  open(pod, history) {
    const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const fresh = name !== this.name;
    if (fresh) this.close();
    this.name = name;
    this.pod = pod;
    if (fresh) this.build(pod);
    this.update(history);
    if (fresh) this.follow();
  }

  build(pod) {
    const again = () => this.follow();
    this.view = make("pre", { tabindex: "0", "aria-label": "Log" });
    this.logs = new Logs(this.view);
    this.which = make("select", { "aria-label": "Container", onchange: again });
    this.choose(pod, pod.spec.containers[0].name);
    this.options = Object.fromEntries(["follow", "timestamps", "previous"].map((one) => [one, make("input", { type: "checkbox", checked: one === "follow", onchange: again })]));
    this.parts = Object.fromEntries(["head", "facts", "containers", "graphs", "events"].map((one) => [one, make("div")]));
    const words = { follow: "Follow", timestamps: "Times", previous: "Previous" };
    const choices = Object.entries(words).map(([one, word]) => make("label", {}, this.options[one], word));
    this.parent.replaceChildren(
      make("div", { class: "bar" }, this.parts.head, make("a", { href: "#", "aria-label": "Close" }, "Close")),
      this.parts.facts,
      make("h3", {}, "Containers"),
      this.parts.containers,
      make("h3", {}, "Use"),
      this.parts.graphs,
      make("div", { class: "bar" }, make("h3", {}, "Logs"), make("div", { class: "choices" }, this.which, choices)),
      this.view,
      make("h3", {}, "Events"),
      this.parts.events,
    );
    this.parent.hidden = false;
  }

  // Offers the containers that there are, which a changed manifest or `debug` may make others.
  choose(pod, chosen) {
    const names = containers(pod).map((one) => one.spec.name);
    if (names.join() === [...this.which.options].map((one) => one.value).join()) return false;
    const still = names.includes(chosen);
    this.which.replaceChildren(...names.map((one) => make("option", { selected: still && one === chosen }, one)));
    return !still;
  }

  update(history) {
    const { metadata, status = {} } = this.pod;
    if (this.choose(this.pod, this.which.value)) this.follow();
    show(this.parts.head, [make("h2", {}, this.name, " ", badge(summary(this.pod)))]);
    const labels = Object.entries(metadata.labels ?? {}).map(([name, value]) => `${name}=${value}`);
    const facts = { Address: status.podIP, Phase: status.phase, Message: status.message, Labels: labels.join(", "), Manifest: metadata.annotations?.["runtimes.kubelet/manifest"], UID: metadata.uid };
    const known = Object.entries(facts).filter(([, value]) => value);
    show(this.parts.facts, [make("dl", {}, known.map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]))]);
    show(this.parts.containers, [this.table()]);
    const use = history.of(metadata.uid);
    const { times } = history;
    const graphs = [figure("CPU", { values: use.cpu, times, spell: cores }), figure("Memory", { values: use.memory, times, spell: bytes })];
    show(this.parts.graphs, [make("div", { class: "graphs" }, graphs)]);
  }

  table() {
    const rows = containers(this.pod).map(({ spec, status }) => {
      const now = state(status);
      const why = [now.since && `${age(now.since)} ago`, now.why].filter(Boolean).join(", ");
      return make("tr", {}, make("td", {}, spec.name), make("td", {}, badge(now)), make("td", { class: "number" }, `${status.restartCount ?? 0}`), make("td", {}, spec.image), make("td", {}, why));
    });
    const titles = ["Name", "State", "Restarts", "Image", "Since, why"];
    const head = titles.map((title) => make("th", { scope: "col", class: title === "Restarts" ? "number" : null }, title));
    return make("div", { class: "scroll" }, make("table", { class: "wrap" }, make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows)));
  }

  async events(signal) {
    if (!this.pod) return;
    const { namespace, name, uid } = this.pod.metadata;
    const found = await json(`/events?${new URLSearchParams({ namespace, pod: name })}`, signal);
    if (this.pod?.metadata.uid !== uid) return;
    const own = found.items.filter((one) => one.involvedObject.uid === uid).reverse();
    if (!own.length) return show(this.parts.events, [make("p", { class: "note" }, "Nothing has happened yet.")]);
    const rows = own.map((one) => {
      const times = one.count > 1 ? ` ×${one.count}` : "";
      const place = /\{(.*)\}/.exec(one.involvedObject.fieldPath ?? "")?.[1] ?? "";
      const kind = one.type === "Warning" ? "wait" : "";
      return make("tr", {}, make("td", { class: "when" }, age(one.lastTimestamp) + times), make("td", {}, badge({ word: one.reason, kind })), make("td", {}, place), make("td", {}, one.message));
    });
    show(this.parts.events, [make("div", { class: "scroll" }, make("table", { class: "wrap", id: "events" }, make("tbody", {}, rows)))]);
  }

  follow() {
    const { namespace, name } = this.pod.metadata;
    const path = ["containerLogs", namespace, name, this.which.value].map(encodeURIComponent).join("/");
    const options = Object.fromEntries(Object.entries(this.options).map(([one, box]) => [one, box.checked]));
    const container = this.which.value;
    const attempt = () => containers(this.pod ?? { spec: { containers: [] } }).find((one) => one.spec.name === container)?.status.containerID;
    this.logs.start(`/${path}`, options, attempt);
  }
}

export function chosen() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ""; // a person wrote it
  }
}
export const detail = new Detail(by("detail"));
