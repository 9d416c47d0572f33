// Elements, words and requests. Whatever a pod has written comes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

export const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
export const by = (id) => document.getElementById(id);

// Puts new children in place of old ones where they differ, so that focus and selection stay.
export function show(parent, children) {
  const wanted = children.flat(Infinity).filter(Boolean);
  wanted.forEach((child, index) => {
    const now = parent.childNodes[index];
    if (!now) parent.append(child);
    else if (now !== child && !now.isEqualNode(child)) merge(now, child);
  });
  while (parent.childNodes.length > wanted.length) parent.lastChild.remove();
}

// Makes an element like another one, or puts that one in its place.
export function merge(now, wanted) {
  const alike = now.nodeType === 1 && wanted.nodeType === 1 && now.tagName === wanted.tagName && now.id === wanted.id;
  if (!alike) return now.replaceWith(wanted);
  for (const { name } of [...now.attributes]) if (!wanted.hasAttribute(name)) now.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  show(now, [...wanted.childNodes]);
}

export async function json(path, signal) {
  const answer = await fetch(path, { signal });
  if (!answer.ok) throw new Error((await answer.text()).trim() || answer.statusText);
  return answer.json();
}

export function age(time, now = Date.now()) {
  const seconds = Math.max(0, Math.floor((now - new Date(time)) / 1000));
  if (Number.isNaN(seconds)) return "";
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86400)}d`;
}

export function bytes(amount) {
  if (amount === null || amount === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; amount >= 1024 && unit < 4; unit++) amount /= 1024;
  return `${amount >= 100 || unit === 0 ? Math.round(amount) : amount.toFixed(1)} ${units[unit]}`;
}

export function cores(amount) {
  if (amount === null || amount === undefined) return "–";
  return amount < 1 ? `${(amount * 1000).toFixed(amount < 0.01 ? 1 : 0)}m` : amount.toFixed(2);
}
