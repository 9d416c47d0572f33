// Live logs of one container, through its restarts.

import { make } from "./dom.js";

const MOST_LINES = 2000;
const PAUSE = 1000;

export class Logs {
  constructor(view) {
    this.view = view;
    this.control = null;
  }

  stop() {
    this.control?.abort();
    this.control = null;
  }

  // Shows a container's log from now on; `restarts` tells how often it has been restarted.
  async start(path, { follow, timestamps, previous }, restarts) {
    this.stop();
    const control = (this.control = new AbortController());
    this.view.replaceChildren();
    const query = new URLSearchParams({ follow, timestamps, previous, tailLines: 500 });
    while (!control.signal.aborted) {
      const attempt = restarts();
      const worked = await this.read(`${path}?${query}`, control.signal);
      if (!follow || previous || control.signal.aborted) return;
      if (worked) this.tell("— it has ended; its next start is waited for —");
      while (!control.signal.aborted && restarts() === attempt) await pause(control.signal);
      query.delete("tailLines");
    }
  }

  async read(path, signal) {
    try {
      const answer = await fetch(path, { signal });
      if (!answer.ok) {
        this.tell((await answer.text()).trim());
        return false;
      }
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) this.append(part.value);
      return true;
    } catch (error) {
      if (!signal.aborted) this.tell(`the agent doesn't answer: ${error.message}`);
      return false;
    }
  }

  append(text) {
    const { view } = this;
    const atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < 40;
    const last = view.lastChild;
    if (last?.nodeType === Node.TEXT_NODE && !last.data.endsWith("\n")) last.data += text;
    else view.append(text);
    while (view.childNodes.length > MOST_LINES) view.firstChild.remove();
    if (atEnd) view.scrollTop = view.scrollHeight;
  }

  tell(text) {
    this.view.append(make("span", { class: "told" }, `${text}\n`));
    this.view.scrollTop = this.view.scrollHeight;
  }
}

const pause = (signal) =>
  new Promise((resolve) => {
    setTimeout(resolve, PAUSE);
    signal.addEventListener("abort", resolve, { once: true });
  });
