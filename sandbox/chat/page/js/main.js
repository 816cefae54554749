// The page: who sits here, which chat is open, what happens live.

import { get, listen } from "./api.js";
import { $, h } from "./dom.js";
import { drawFoot, startComposer } from "./composer.js";
import { drawAll, drawTyping, drop, put, startMessages } from "./messages.js";
import { startPanel } from "./panel.js";
import { drawChats, drawHead, drawMe, drawPeople } from "./sidebar.js";
import { chatOf, on, state } from "./state.js";
import { trying } from "./toast.js";
import { speak } from "./words.js";

let source = null;
const timers = new Map();

function cookie(name) {
  return document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.split("=")[1];
}

async function sitDown(personId) {
  state.person = state.people.find((person) => person.id === personId) || state.people[0];
  document.cookie = `sandbox_person=${state.person.id}; path=/; max-age=31536000; samesite=lax`;
  speak(state.person);
  state.unread.clear();
  state.typing.clear();
  state.reply = state.editing = null;
  source?.close();
  const revision = await loadChats();
  const open = chatOf(state.chat?.type === "private" ? state.person.id : state.chat?.id) || state.chats[0];
  drawPeople();
  drawMe();
  await openChat(open.id, false);
  source = listen(state.person.id, revision, { message, deleted, action, chat: reload, reset: reload, reaction: () => {} });
}

async function loadChats() {
  const body = await get("/app/chats", { person: state.person.id });
  state.chats = body.chats;
  if (state.chat) state.chat = chatOf(state.chat.id) || state.chat;
  return body.revision;
}

async function openChat(id, turn = true) {
  state.chat = chatOf(id);
  state.unread.delete(id);
  state.reply = state.editing = null;
  const { messages } = await get("/app/messages", { person: state.person.id, chat: id });
  if (state.chat.id !== id) return;
  state.messages = new Map(messages.map((each) => [each.message_id, each]));
  drawChats();
  drawHead();
  drawAll();
  drawFoot();
  if (turn) $("app").classList.add("reading");
}

function message(data) {
  const chat = chatOf(data.chat.id);
  if (!chat) return reload();
  if (!chat.last || data.message_id >= chat.last.message_id) chat.last = data;
  if (data.from?.is_bot) stopTyping(chat.id);
  if (state.chat.id === chat.id) {
    if (chat.type === "private" && !chat.started && data.from?.id === state.person.id) {
      chat.started = true;
      drawFoot();
    }
    put(data);
    drawTyping();
  } else if (data.from?.id !== state.person.id && !data.edit_date) {
    state.unread.set(chat.id, (state.unread.get(chat.id) || 0) + 1);
  }
  return drawChats();
}

function deleted(data) {
  if (state.chat.id === data.chat) drop(data.message_id);
  loadChats().then(drawChats);
}

function action(data) {
  clearTimeout(timers.get(data.chat));
  state.typing.set(data.chat, data.action);
  timers.set(data.chat, setTimeout(() => stopTyping(data.chat), 5000));
  drawBusy(data.chat);
}

function stopTyping(chat) {
  if (state.typing.delete(chat)) drawBusy(chat);
}

function drawBusy(chat) {
  drawChats();
  if (state.chat.id !== chat) return;
  drawHead();
  drawTyping();
}

async function reload() {
  await trying(loadChats);
  const open = chatOf(state.chat.id);
  const next = !open || open.migrated_to ? chatOf(open?.migrated_to) || state.chats[0] : open;
  await openChat(next.id, false);
}

async function askStart(payload) {
  state.start = payload;
  await openChat(state.person.id);
  $("foot").classList.add("asking");
}

function theme(next) {
  document.documentElement.dataset.theme = next;
  localStorage.setItem("theme", next);
  document.querySelector("meta[name=theme-color]").content = next === "night" ? "#17212b" : "#ffffff";
}

function toggleTheme() {
  theme(document.documentElement.dataset.theme === "night" ? "day" : "night");
}

async function begin() {
  theme(localStorage.getItem("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "day"));
  const query = new URLSearchParams(location.search);
  const { people, bot } = await get("/app/people");
  Object.assign(state, { people, bot });
  on("person", (id) => trying(() => sitDown(id)));
  on("chat", (id) => trying(() => openChat(id)));
  on("list", () => $("app").classList.remove("reading"));
  on("start", (payload) => trying(() => askStart(payload)));
  on("theme", toggleTheme);
  startMessages();
  startComposer();
  startPanel();
  await sitDown(Number(query.get("person") || cookie("sandbox_person")));
  if (query.has("bot")) {
    history.replaceState(null, "", "/");
    await askStart(query.get("start") || "");
  }
  document.body.dataset.ready = "true";
}

begin().catch((error) => document.body.append(h("p", { class: "broken-page" }, String(error))));
