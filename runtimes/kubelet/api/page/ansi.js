// What programs write for terminals: their colours as elements, all other control left out.

import { make } from "./dom.js";

// CSI sequences (only colours, which end in m, mean something here), OSC strings, other escapes, and control characters.
const CONTROL = /\x1b\[([0-9;:]{0,64})m|\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\^-~]|\r\n?|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
// What may go on in the next piece, bounded: a log may hold anything.
const UNFINISHED = /\x1b(?:\[[0-?]{0,64}[ -/]{0,8}|\][^\x07\x1b]{0,4096}\x1b?|[ -/]{0,8})?$|\r$/;
const LEVELS = [0, 95, 135, 175, 215, 255];

// A colour of the table of 256; the first 16 are the style sheet's.
function indexed(number) {
  if (number < 16) return number;
  if (number > 231) return `rgb(${Array(3).fill(8 + 10 * (number - 232))})`;
  const cube = number - 16;
  return `rgb(${[LEVELS[Math.floor(cube / 36)], LEVELS[Math.floor(cube / 6) % 6], LEVELS[cube % 6]]})`;
}

// Takes what follows 38 or 48 from `codes`.
function extended(codes) {
  const kind = codes.shift();
  if (kind === 5) return indexed(Math.min(255, codes.shift() ?? 0));
  const [red, green, blue] = codes.splice(0, 3).map((one) => Math.min(255, one ?? 0));
  return kind === 2 ? `rgb(${[red, green, blue]})` : null;
}

function changed(style, codes) {
  let now = style;
  while (codes.length) {
    const code = codes.shift();
    if (code === 0) now = {};
    else if (code === 1 || code === 2) now = { ...now, weight: code === 1 ? "bold" : "faint" };
    else if (code === 22) now = { ...now, weight: null };
    else if (code >= 30 && code <= 37) now = { ...now, ink: code - 30 };
    else if (code >= 90 && code <= 97) now = { ...now, ink: code - 82 };
    else if (code === 38) now = { ...now, ink: extended(codes) };
    else if (code === 39) now = { ...now, ink: null };
    else if (code >= 40 && code <= 47) now = { ...now, ground: code - 40 };
    else if (code >= 100 && code <= 107) now = { ...now, ground: code - 92 };
    else if (code === 48) now = { ...now, ground: extended(codes) };
    else if (code === 49) now = { ...now, ground: null };
  }
  return now;
}

function element(text, { weight, ink, ground }) {
  const known = (prefix, value) => (typeof value === "number" ? `${prefix}${value}` : null);
  const made = make("span", { class: [weight, known("ink", ink), known("ground", ground)].filter(Boolean).join(" ") || null }, text);
  if (typeof ink === "string") made.style.color = ink;
  if (typeof ground === "string") made.style.background = ground;
  return made;
}

// Reads a text that comes in pieces; gives text where it is plain and elements where it isn't.
export class Ansi {
  style = {};
  rest = "";

  read(piece) {
    const text = this.rest + piece;
    this.rest = UNFINISHED.exec(text)?.[0] ?? "";
    const whole = text.slice(0, text.length - this.rest.length);
    const found = [];
    let plain = "";
    let from = 0;
    const end = (style) => {
      const styled = Object.values(this.style).some((one) => one !== null);
      if (plain) found.push(styled ? element(plain, this.style) : plain);
      plain = "";
      this.style = style;
    };
    for (const match of whole.matchAll(CONTROL)) {
      plain += whole.slice(from, match.index);
      from = match.index + match[0].length;
      if (match[0].startsWith("\r")) plain += "\n"; // a line is written anew
      else if (match[1] !== undefined) end(changed(this.style, match[1].split(/[;:]/).map(Number)));
    }
    plain += whole.slice(from);
    end(this.style);
    return found;
  }
}
