// The conversation: draws messages, follows new ones, shows edits as they happen.

import { $, h, icon } from "./dom.js";
import { bubble } from "./bubble.js";
import { on, state } from "./state.js";
import { day, t } from "./words.js";

const list = $("messages");
const scroll = $("scroll");
const elements = new Map();
let missed = 0;

export function drawAll() {
  elements.clear();
  list.replaceChildren();
  const found = [...state.messages.values()].sort((a, b) => a.message_id - b.message_id);
  if (!found.length) list.append(welcome());
  found.forEach((message, index) => append(message, found[index - 1]));
  toEnd(false);
}

function welcome() {
  const isNew = state.chat.type === "private" && !state.chat.started;
  return h("div", { class: "welcome" },
    h("img", { src: "/page/icon.svg", alt: "", width: 72, height: 72 }),
    h("b", {}, isNew ? t("what") : t("noMessages")),
    h("p", {}, isNew ? state.chat.description || t("about") : t("empty")),
    isNew && h("small", {}, t("startHint")));
}

function append(message, before, fresh = false) {
  if (!before || day(before.date) !== day(message.date)) list.append(h("div", { class: "day" }, h("span", {}, day(message.date))));
  const element = bubble(message, before);
  if (fresh) element.classList.add("fresh");
  elements.set(message.message_id, element);
  list.append(element);
  return element;
}

const ordered = () => [...state.messages.values()].sort((a, b) => a.message_id - b.message_id);
export const nearEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;

export function toEnd(smooth = true) {
  missed = 0;
  drawDown();
  scroll.scrollTo({ top: scroll.scrollHeight, behavior: smooth ? "smooth" : "instant" });
}

export function put(message) {
  const old = elements.get(message.message_id);
  const follow = nearEnd();
  state.messages.set(message.message_id, message);
  const all = ordered();
  const before = all[all.findIndex((each) => each.message_id === message.message_id) - 1];
  if (old) replace(old, message, before);
  else {
    list.querySelector(".welcome")?.remove();
    append(message, before, true);
  }
  if (follow || (!old && message.from?.id === state.person.id)) toEnd(!old);
  else if (!old) {
    missed += 1;
    drawDown();
  }
}

// Keep the picture's element when it is the same picture, so that an edit does not flicker.
function replace(old, message, before) {
  const element = bubble(message, before);
  const oldImage = old.querySelector("img[data-file]");
  const newImage = element.querySelector("img[data-file]");
  if (oldImage && newImage && oldImage.dataset.file === newImage.dataset.file) newImage.replaceWith(oldImage);
  const height = old.offsetHeight;
  element.classList.add("changed");
  old.replaceWith(element);
  elements.set(message.message_id, element);
  const now = element.offsetHeight;
  if (height !== now && Math.abs(height - now) < 600) {
    element.querySelector(".stack").animate([{ minHeight: `${height}px` }, { minHeight: `${now}px` }], { duration: 160, easing: "ease-out" });
  }
}

export function drop(messageId) {
  state.messages.delete(messageId);
  const element = elements.get(messageId);
  elements.delete(messageId);
  if (!element) return;
  element.classList.add("going");
  setTimeout(() => { element.remove(); if (!state.messages.size) drawAll(); }, 220);
}

export function drawTyping() {
  list.querySelector(".row.typing")?.remove();
  if (!state.typing.has(state.chat?.id)) return;
  const follow = nearEnd();
  list.append(h("div", { class: "row theirs typing first", "aria-label": t("typing") }, h("div", { class: "stack" }, h("div", { class: "bubble" }, h("i"), h("i"), h("i")))));
  if (follow) toEnd();
}

function drawDown() {
  const down = $("down");
  down.hidden = nearEnd() && !missed;
  down.setAttribute("aria-label", t("newest"));
  down.replaceChildren(icon("down", 22), ...(missed ? [h("span", { class: "badge" }, missed)] : []));
}

function view(source) {
  const dialog = h("dialog", { class: "viewer", "aria-label": t("photo"), onclick: () => { dialog.close(); dialog.remove(); } }, h("img", { src: source, alt: t("photo") }));
  document.body.append(dialog);
  dialog.showModal();
}

export function startMessages() {
  scroll.addEventListener("scroll", () => { if (nearEnd()) missed = 0; drawDown(); }, { passive: true });
  $("down").addEventListener("click", () => toEnd());
  list.addEventListener("load", (event) => { if (event.target.tagName === "IMG" && nearEnd()) toEnd(false); }, true);
  on("view", view);
}
