// Live logs of one container, through its restarts.

import { Ansi } from "./ansi.js";
import { make } from "./dom.js";

const MOST = 1 << 20; // characters
const MOST_PIECES = 1 << 14; // a program may colour each character
const PAUSE = 1000;

export class Logs {
  constructor(view) {
    this.view = view;
    this.control = null;
    this.ansi = new Ansi();
  }

  stop() {
    this.control?.abort();
    this.control = null;
  }

  // Shows a container's log from now on; `attempt` tells which of its runs is the newest.
  async start(path, { follow, timestamps, previous }, attempt) {
    this.stop();
    const { signal } = (this.control = new AbortController());
    const query = new URLSearchParams({ follow, timestamps, previous, tailLines: 500 });
    this.view.replaceChildren();
    while (!signal.aborted) {
      const began = attempt();
      const problem = await this.read(`${path}?${query}`, signal);
      if (signal.aborted || (!problem && (!follow || previous))) return;
      if (problem) {
        this.view.querySelector(".problem")?.remove();
        this.tell(problem, "told problem");
        await pause(signal);
        continue;
      }
      this.tell("— it has ended —");
      while (!signal.aborted && attempt() === began) await pause(signal);
      if (!signal.aborted) this.tell("— it has been started again —");
    }
  }

  // Shows what comes; gives why it couldn't, or nothing once the log has ended.
  async read(path, signal) {
    try {
      const answer = await fetch(path, { signal });
      if (!answer.ok) return (await answer.text()).trim();
      if (this.view.querySelector(".problem")) this.view.replaceChildren(); // it comes again
      this.ansi = new Ansi();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) this.append(part.value);
      return "";
    } catch (error) {
      return `the agent doesn't answer: ${error.message}`;
    }
  }

  append(text) {
    const { view } = this;
    const atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < 40;
    for (const part of this.ansi.read(text)) {
      const last = view.lastChild;
      const goesOn = typeof part === "string" && last?.nodeType === Node.TEXT_NODE && !last.data.endsWith("\n");
      if (goesOn) last.data += part;
      else view.append(part);
    }
    this.trim();
    if (atEnd) view.scrollTop = view.scrollHeight;
  }

  // Drops what is oldest; of a single long piece, its beginning.
  trim() {
    const { view } = this;
    while (view.childNodes.length > MOST_PIECES) view.firstChild.remove();
    let over = view.textContent.length - MOST;
    while (over > 0) {
      const first = view.firstChild;
      const long = first.textContent.length;
      if (long > over) first.textContent = first.textContent.slice(over);
      else first.remove();
      over -= long;
    }
  }

  tell(text, kind = "told") {
    this.view.append(make("span", { class: kind }, `${text}\n`));
    this.view.scrollTop = this.view.scrollHeight;
  }
}

const pause = (signal) =>
  new Promise((resolve) => {
    setTimeout(resolve, PAUSE);
    signal.addEventListener("abort", resolve, { once: true });
  });
