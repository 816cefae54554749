// One message as a bubble.

import { post } from "./api.js";
import { avatar, h, icon } from "./dom.js";
import { rich } from "./entities.js";
import { keyboard } from "./keyboard.js";
import { isMine, nameOf, ring, state } from "./state.js";
import { trying } from "./toast.js";
import { bytes, clockTime, length, t } from "./words.js";

export function bubble(message, before) {
  const service = serviceText(message);
  const common = { "data-testid": "message", "data-message-id": message.message_id, "data-revision": message.revision };
  if (service) return h("div", { class: "row service", ...common }, h("span", {}, service));
  const first = !sameAuthor(before, message);
  const group = state.chat.type !== "private" && !isMine(message);
  const classes = ["row", isMine(message) ? "mine" : "theirs", first && "first", group && "in-group", message.photo && "has-photo", upright(message)];
  return h("article", { class: classes.filter(Boolean).join(" "), ...common, ondblclick: () => ring("reply", message) },
    group && h("span", { class: "row-face" }, first && avatar(message.sender_chat || message.from, 34)),
    h("div", { class: "stack" },
      h("div", { class: "bubble" }, inside(message, group && first)),
      keyboard(message)),
    tools(message));
}

export function sameAuthor(before, message) {
  return Boolean(before) && before.from?.id === message.from?.id && !serviceText(before) && message.date - before.date < 600;
}

// A poster stands upright and a QR code is square: the bubble is narrow, so that the whole picture is seen.
function upright(message) {
  const size = message.photo?.at(-1);
  if (!size || size.height * 1.25 < size.width) return "";
  return size.height > size.width * 1.1 ? "tall" : "square";
}

// What a message carries besides a photo; an animation says it twice, as document too.
const fileOf = (message) => message.video || message.animation || message.audio || message.voice || message.document;

// As in Telegram's own apps, what a deep link hands over is sent but not shown.
function shownText(message) {
  const text = message.text ?? message.caption;
  return isMine(message) && /^\/start \S+$/.test(text ?? "") ? "/start" : text;
}

function inside(message, named) {
  const text = shownText(message);
  const entities = message.text !== undefined ? message.entities : message.caption_entities;
  const meta = h("span", { class: "meta" },
    message.edit_date && h("span", { class: "meta-edited" }, `${t("edited")} `),
    h("time", {}, clockTime(message.date)), isMine(message) && icon("check", 16));
  const look = preview(message);
  const above = Boolean(look) && message.link_preview_options.show_above_text;
  const media = message.photo ? photo(message) : fileOf(message) ? file(fileOf(message)) : null;
  return [
    named && h("div", { class: `author a${Math.abs((message.sender_chat || message.from).id) % 4}` }, nameOf(message.sender_chat || message.from)),
    message.via_bot && h("div", { class: "via" }, `${t("via")} @${message.via_bot.username}`),
    message.reply_to_message && quote(message.reply_to_message),
    media,
    above && look,
    text ? h("div", { class: "text" }, rich(text, entities), !above && look, meta) : h("div", { class: "bare" }, meta),
  ];
}

function quote(message) {
  const go = () => document.querySelector(`[data-message-id="${message.message_id}"]`)?.scrollIntoView({ block: "center", behavior: "smooth" });
  return h("button", { type: "button", class: "reply", onclick: go },
    message.photo && h("img", { src: `/app/file/${message.photo.at(-1).file_id}`, alt: "" }),
    h("span", {}, h("b", {}, nameOf(message.from || message.chat)), h("span", {}, summary(message))));
}

export function summary(message) {
  const text = message.text ?? message.caption ?? "";
  if (text) return text.replace(/\s+/g, " ").slice(0, 120);
  if (message.photo) return t("photo");
  if (fileOf(message)) return fileOf(message).file_name || t("voice");
  return serviceText(message) || "";
}

function photo(message) {
  const size = message.photo.at(-1);
  const source = `/app/file/${size.file_id}`;
  const image = h("img", { src: source, alt: (message.caption || t("photo")).slice(0, 80), width: size.width, height: size.height, "data-file": size.file_id });
  image.addEventListener("error", () => frame.classList.add("broken"));
  const frame = h("button", { type: "button", class: `photo${message.has_media_spoiler ? " hidden-photo" : ""}`, "aria-label": t("photo"), onclick: () => {
    if (frame.classList.contains("hidden-photo")) frame.classList.remove("hidden-photo");
    else ring("view", source);
  } }, image);
  return frame;
}

// The preview of an address that is a picture; a poster stands whole before its own blurred self.
function preview(message) {
  const options = message.link_preview_options;
  if (!options?.url || options.is_disabled) return null;
  const image = h("img", { src: options.url, alt: t("photo"), "data-file": options.url });
  image.addEventListener("error", () => box.remove());
  const box = h("button", { type: "button", class: `preview${options.show_above_text ? " above" : ""}`, "data-testid": "preview", "aria-label": t("photo"), onclick: () => ring("view", options.url) },
    h("img", { src: options.url, alt: "", class: "backdrop" }), image);
  return box;
}

function file(sent) {
  const details = [sent.duration && length(sent.duration), sent.file_size === undefined ? t("file") : bytes(sent.file_size)];
  return h("a", { class: "file", href: `/app/file/${sent.file_id}`, download: sent.file_name || "" },
    h("span", { class: "file-face" }, icon(sent.duration ? "play" : "file", 22)),
    h("span", { class: "file-text" }, h("b", {}, sent.file_name || t("voice")), h("span", {}, details.filter(Boolean).join(" · "))));
}

function serviceText(message) {
  if (message.new_chat_members) return t("joined", { name: message.new_chat_members.map(nameOf).join(", ") });
  if (message.left_chat_member) return t("left", { name: nameOf(message.left_chat_member) });
  if (message.migrate_to_chat_id || message.migrate_from_chat_id) return t("upgraded");
  return "";
}

function tools(message) {
  const button = (name, label, onclick) => h("button", { type: "button", class: "tool", title: label, "aria-label": label, onclick }, icon(name, 16));
  const where = { person: state.person.id, chat: message.chat.id, message_id: message.message_id };
  return h("span", { class: "tools" },
    button("reply", t("reply"), () => ring("reply", message)),
    isMine(message) && message.text && !message.via_bot && button("edit", t("edit"), () => ring("edit", message)),
    (isMine(message) || message.chat.type === "private") && button("trash", t("delete"), () => trying(() => post("/app/delete", where))));
}
