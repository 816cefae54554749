// Text with entities to elements; offsets are UTF-16 units, which is what JavaScript counts in.

import { h, icon } from "./dom.js";
import { ring } from "./state.js";
import { copy } from "./toast.js";
import { t } from "./words.js";

const TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s" };

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

export function rich(text, entities = []) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return span(text, sorted, 0, text.length);
}

function span(text, entities, from, to) {
  const out = [];
  let at = from;
  let index = 0;
  while (index < entities.length) {
    const entity = entities[index];
    const end = Math.min(entity.offset + entity.length, to);
    const isBlock = BLOCKS.has(entity.type);
    // A block breaks the line by itself: the line breaks around it are not shown twice.
    if (entity.offset > at) out.push(isBlock ? text.slice(at, entity.offset).replace(/\n$/, "") : text.slice(at, entity.offset));
    const inner = [];
    for (index += 1; index < entities.length && entities[index].offset < end; index += 1) inner.push(entities[index]);
    if (entity.offset >= at) {
      out.push(wrap(entity, text.slice(entity.offset, end), span(text, inner, entity.offset, end)));
      at = isBlock && text[end] === "\n" ? end + 1 : end;
    }
  }
  if (at < to) out.push(text.slice(at, to));
  return out;
}

function wrap(entity, text, inner) {
  const kind = entity.type;
  if (TAGS[kind]) return h(TAGS[kind], {}, inner);
  if (kind === "code") return h("code", { title: t("copied"), onclick: () => copy(text) }, inner);
  if (kind === "pre") return pre(entity, text);
  if (kind === "spoiler") return spoiler(inner);
  if (kind === "blockquote") return h("blockquote", {}, inner);
  if (kind === "expandable_blockquote") return expandable(inner);
  if (kind === "text_link" || kind === "url" || kind === "email") return link(entity, text, inner);
  if (kind === "bot_command") return action("command", inner, () => ring("say", text));
  if (kind === "mention") return action("mention", inner, () => ring("mention", text));
  if (kind === "hashtag" || kind === "text_mention" || kind === "cashtag") return h("span", { class: "mention" }, inner);
  return h("span", {}, inner);
}

function action(kind, inner, onclick) {
  return h("a", { class: kind, href: "#", onclick: (event) => { event.preventDefault(); onclick(); } }, inner);
}

function link(entity, text, inner) {
  let url = entity.url || text;
  if (entity.type === "email") url = `mailto:${text}`;
  else if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) url = `http://${url}`;
  if (!/^(https?|mailto|tg|magnet|ed2k):/i.test(url)) return h("span", {}, inner);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", title: url, onclick: (event) => openLink(event, url) }, inner);
}

// Deep links of the sandbox open in place, as they do inside Telegram's app.
export function openLink(event, url) {
  const target = new URL(url, location.href);
  if (target.origin !== location.origin || !target.pathname.startsWith("/t.me/")) return;
  event.preventDefault();
  ring("start", target.searchParams.get("start") || "");
}

function pre(entity, text) {
  const head = h("span", { class: "pre-head" }, entity.language || "", h("button", { type: "button", "aria-label": t("copied"), onclick: () => copy(text) }, icon("copy", 14)));
  return h("pre", {}, head, h("code", {}, text));
}

function spoiler(inner) {
  const box = h("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": "spoiler" }, h("span", {}, inner));
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    if (!box.classList.contains("shown")) event.preventDefault();
    box.classList.add("shown");
  };
  box.addEventListener("click", reveal);
  box.addEventListener("keydown", reveal);
  return box;
}

function expandable(inner) {
  const quote = h("blockquote", { class: "expandable" }, h("span", { class: "quote-text" }, inner));
  const toggle = h("button", { type: "button", class: "quote-toggle", "aria-label": t("show"), "aria-expanded": "false", onclick: () => {
    toggle.setAttribute("aria-expanded", String(quote.classList.toggle("open")));
  } }, icon("down", 16));
  quote.append(toggle);
  // A quote that fits needs no button; its height is known once it is on the page.
  requestAnimationFrame(() => {
    const words = quote.firstElementChild;
    toggle.hidden = words.scrollHeight <= words.clientHeight + 2;
  });
  return quote;
}
