// People, the chat list and the head of the conversation.

import { $, avatar, h, icon, iconButton } from "./dom.js";
import { summary } from "./bubble.js";
import { chatFace, chatTitle, nameOf, ring, state } from "./state.js";
import { clockTime, t } from "./words.js";

export function drawPeople() {
  $("people").replaceChildren(
    ...state.people.map((person) => {
      const chosen = person.id === state.person.id;
      const language = person.language_code.startsWith("zh") ? "中" : "EN";
      return h("button", { type: "button", class: `face${chosen ? " chosen" : ""}`, "data-testid": `person-${person.id}`, "aria-pressed": String(chosen), title: `${person.first_name} · @${person.username}`, onclick: () => ring("person", person.id) },
        h("span", { class: "face-picture" }, avatar(person, 46), h("span", { class: "face-language" }, language)),
        h("span", { class: "face-name" }, person.first_name));
    }),
    h("span", { class: "people-space" }),
    iconButton("moon", t("theme"), () => ring("theme"), { "data-testid": "theme", class: "icon-button theme-button" }),
    iconButton("panel", t("panel"), () => ring("panel"), { "data-testid": "panel-toggle" }));
}

export function drawMe() {
  $("me").replaceChildren(
    h("div", { class: "me-text" }, h("b", {}, state.person.first_name), h("span", {}, `@${state.person.username}`)),
    h("span", { class: "tag" }, t("sandbox")));
  $("about").textContent = t("intro");
}

export function drawChats() {
  $("chats").replaceChildren(...state.chats.filter((chat) => !chat.migrated_to).map(chatRow));
}

function chatRow(chat) {
  const open = state.chat?.id === chat.id;
  const unread = state.unread.get(chat.id) || 0;
  const typing = state.typing.has(chat.id);
  return h("div", { role: "listitem" },
    h("button", { type: "button", class: `chat${open ? " open" : ""}`, "data-testid": `chat-${chat.id}`, "aria-current": open ? "true" : undefined, onclick: () => ring("chat", chat.id) },
      avatar(chatFace(chat), 52),
      h("span", { class: "chat-text" },
        h("span", { class: "chat-line" }, h("b", {}, chatTitle(chat)), h("time", {}, chat.last ? clockTime(chat.last.date) : "")),
        h("span", { class: "chat-line" },
          h("span", { class: `chat-last${typing ? " busy" : ""}` }, typing ? `${t("typing")}…` : lastLine(chat)),
          unread ? h("span", { class: "badge" }, unread) : null))));
}

function lastLine(chat) {
  if (!chat.last) return t("noMessages");
  const author = chat.last.from;
  if (author?.id === state.person.id) return [h("span", { class: "who" }, `${t("you")}: `), summary(chat.last)];
  if (chat.type !== "private" && author) return [h("span", { class: "who" }, `${nameOf(author)}: `), summary(chat.last)];
  return summary(chat.last);
}

export function drawHead() {
  const chat = state.chat;
  const busy = state.typing.has(chat.id);
  const status = busy ? h("span", { class: "head-status busy" }, t("typing"), h("span", { class: "dots" })) : h("span", { class: "head-status" }, chat.type === "private" ? t("bot") : t("members", { n: chat.members }));
  $("head").replaceChildren(
    iconButton("back", t("back"), () => ring("list"), { "data-testid": "back", class: "icon-button back" }),
    avatar(chatFace(chat), 42),
    h("div", { class: "head-text" }, h("b", {}, chatTitle(chat), chat.type === "private" && h("span", { class: "verified", title: "LinkHive" }, icon("bolt", 12))), status),
    h("span", { class: "head-space" }),
    iconButton("moon", t("theme"), () => ring("theme"), { class: "icon-button narrow-only" }),
    iconButton("panel", t("panel"), () => ring("panel"), { class: "icon-button narrow-only" }));
}
