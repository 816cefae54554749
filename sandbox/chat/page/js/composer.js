// The foot of the conversation: START bar, field, files, reply and edit.

import { post } from "./api.js";
import { $, h, icon, iconButton } from "./dom.js";
import { summary } from "./bubble.js";
import { closePopup, menuOf, popupKey, typed } from "./popup.js";
import { nameOf, on, ring, state } from "./state.js";
import { sendFile } from "./sending.js";
import { trying } from "./toast.js";
import { t } from "./words.js";

const drafts = new Map();
let field = null;

const here = () => ({ person: state.person.id, chat: state.chat.id });

export function drawFoot() {
  closePopup();
  const chat = state.chat;
  const isPrivate = chat.type === "private";
  if (isPrivate && chat.blocked) return bar(t("unblock"), () => trying(() => post("/app/unblock", here())), "danger");
  if (isPrivate && (state.start !== null || !chat.started)) return bar(t("start"), pressStart);
  field = h("textarea", { rows: 1, "data-testid": "composer", placeholder: t("message"), "aria-label": t("message"), autocomplete: "off", enterkeyhint: "send" });
  field.value = drafts.get(draftKey()) || "";
  field.addEventListener("input", changed);
  field.addEventListener("keydown", pressed);
  field.addEventListener("paste", pasted);
  const picker = h("input", { type: "file", multiple: true, class: "visually-hidden", tabindex: "-1", "data-testid": "file", "aria-label": t("attach"), onchange: () => { sendFiles([...picker.files]); picker.value = ""; } });
  const menu = isPrivate && h("button", { type: "button", class: "menu-button", "data-testid": "menu", "aria-label": t("menu"), onclick: () => menuOf(field) }, icon("menu", 18), h("span", {}, t("menu")));
  $("foot").replaceChildren(
    h("div", { id: "popup", class: "popup", hidden: true }),
    ...context(),
    h("div", { class: "composer" }, menu, field, picker,
      iconButton("attach", t("attach"), () => picker.click()),
      h("button", { type: "button", class: "send", "data-testid": "send", "aria-label": t("send"), onclick: send }, icon("send", 22))));
  grow();
  if (matchMedia("(min-width: 760px)").matches) field.focus({ preventScroll: true });
  return undefined;
}

const draftKey = () => `${state.person.id}:${state.chat.id}`;

function bar(text, onclick, kind = "") {
  field = null;
  const button = h("button", { type: "button", class: `start-bar ${kind}`, "data-testid": "start-bar", onclick }, text);
  $("foot").replaceChildren(button);
  button.focus({ preventScroll: true });
}

async function pressStart() {
  const payload = state.start || "";
  state.start = null;
  await trying(() => post("/app/start", { person: state.person.id, payload }));
  state.chat.started = true;
  state.chat.blocked = false;
  drawFoot();
}

function context() {
  const message = state.editing || state.reply;
  if (!message) return [];
  const title = state.editing ? t("edit") : `${t("reply")} · ${nameOf(message.from || message.chat)}`;
  const close = () => { state.reply = null; if (state.editing) drafts.delete(draftKey()); state.editing = null; drawFoot(); };
  return [h("div", { class: "context" }, icon(state.editing ? "edit" : "reply", 20), h("span", {}, h("b", {}, title), h("span", {}, summary(message))), iconButton("close", t("cancel"), close))];
}

function changed() {
  drafts.set(draftKey(), field.value);
  grow();
  typed(field);
}

function grow() {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 180)}px`;
}

function pressed(event) {
  if (event.isComposing || popupKey(event)) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  } else if (event.key === "Escape" && (state.reply || state.editing)) {
    state.reply = state.editing = null;
    drawFoot();
  }
}

async function send() {
  const text = field.value;
  if (!text.trim()) return;
  drafts.delete(draftKey());
  field.value = "";
  const body = { ...here(), text };
  const editing = state.editing;
  if (editing) body.message_id = editing.message_id;
  else if (state.reply) body.reply_to = state.reply.message_id;
  const redraw = state.reply || editing;
  state.reply = state.editing = null;
  if (redraw) drawFoot();
  closePopup();
  grow();
  await trying(() => post(editing ? "/app/edit" : "/app/send", body));
}

// The words in the field go with the first file, as in Telegram's apps.
async function sendFiles(files) {
  const where = here();
  for (const file of files) {
    const caption = field?.value.trim() && !field.value.startsWith("/") ? field.value : "";
    if (caption) {
      field.value = "";
      changed();
    }
    await sendFile(file, { ...where, caption });
  }
}

function pasted(event) {
  const files = [...event.clipboardData.files];
  if (!files.length) return;
  event.preventDefault();
  sendFiles(files);
}

function compose(text) {
  if (!field) return;
  field.value = text;
  changed();
  field.focus();
}

export function startComposer() {
  on("compose", compose);
  on("mention", (name) => compose(`${name} `));
  on("say", (text) => trying(() => post("/app/send", { ...here(), text })));
  on("reply", (message) => { state.editing = null; state.reply = message; drawFoot(); });
  on("edit", (message) => { state.reply = null; state.editing = message; drafts.set(draftKey(), message.text); drawFoot(); });
  on("chosen", () => compose(""));
  const scroll = $("scroll");
  scroll.addEventListener("dragover", (event) => event.preventDefault());
  scroll.addEventListener("drop", (event) => { event.preventDefault(); sendFiles([...event.dataTransfer.files]); });
  ring("ready");
}
