// Build elements without a framework.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") element.style.cssText = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const $ = (id) => document.getElementById(id);

const PATHS = {
  back: "M15 5l-7 7 7 7",
  send: "M4 12l16-8-5 16-3.500-6.500z",
  attach: "M20 11.500l-8 8a5 5 0 01-7-7l8.500-8.500a3.300 3.300 0 014.700 4.700l-8.500 8.400a1.600 1.600 0 01-2.300-2.300l7.800-7.700",
  link: "M8 16L17 7M9.500 7H17v7.500",
  copy: "M9 9h10v11H9zM5 15V4h10",
  at: "M16 12a4 4 0 11-8 0 4 4 0 018 0zm0 0v1.500a2.500 2.500 0 005 0V12a9 9 0 10-3.500 7.100",
  reply: "M10 6l-6 6 6 6v-4c5 0 8 1.500 10 5-.5-6-4-9-10-9z",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  down: "M6 9l6 6 6-6",
  close: "M6 6l12 12M18 6L6 18",
  moon: "M20 14a8 8 0 01-10-10 8 8 0 1010 10z",
  sun: "M12 4V2M12 22v-2M4 12H2M22 12h-2M6 6L4.500 4.500M19.500 19.500L18 18M18 6l1.500-1.500M4.500 19.500L6 18M16 12a4 4 0 11-8 0 4 4 0 018 0z",
  panel: "M4 7h9M19 7h1M4 12h2M12 12h8M4 17h9M19 17h1M16 4.500a2.500 2.500 0 100 5 2.500 2.500 0 000-5zM9 9.500a2.500 2.500 0 100 5 2.500 2.500 0 000-5zM16 14.500a2.500 2.500 0 100 5 2.500 2.500 0 000-5z",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  play: "M8 5l11 7-11 7z",
  check: "M3 13l4 4L17 7M11 16l1 1L22 7",
  menu: "M5 7h14M5 12h14M5 17h14",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  block: "M5.600 5.600l12.800 12.800M21 12a9 9 0 11-18 0 9 9 0 0118 0z",
  search: "M20 20l-4.500-4.500M17 10.500a6.500 6.500 0 11-13 0 6.500 6.500 0 0113 0z",
};

export function icon(name, size = 20) {
  const box = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  box.setAttribute("viewBox", "0 0 24 24");
  box.setAttribute("width", size);
  box.setAttribute("height", size);
  box.setAttribute("class", `icon icon-${name}`);
  box.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  box.append(path);
  return box;
}

export function iconButton(name, label, onclick, extra = {}) {
  return h("button", { type: "button", class: "icon-button", title: label, "aria-label": label, onclick, ...extra }, icon(name));
}

const COLORS = [["#ff8a5c", "#f0566e"], ["#5bb8f5", "#3d7edb"], ["#67d391", "#2fa37a"], ["#b78bf2", "#7e5bd6"], ["#ffc531", "#f08a1d"]];

export function avatar(entity, size = 44) {
  const style = `--size:${size}px;`;
  if (entity.is_bot) return h("span", { class: "avatar bot", style, "aria-hidden": "true" }, h("img", { src: "/page/icon.svg", alt: "", width: size, height: size }));
  const [from, to] = COLORS[Math.abs(entity.id) % 5 === 4 ? 0 : Math.abs(entity.id) % 4];
  const name = entity.first_name || entity.title || "?";
  const initials = /^[\x00-\x7f]/.test(name) ? name.slice(0, 1).toUpperCase() : [...name].slice(-1)[0];
  return h("span", { class: "avatar", style: `${style}--from:${from};--to:${to}`, "aria-hidden": "true" }, initials);
}
