// Inline keyboards: press, open, copy, switch to inline mode.

import { post } from "./api.js";
import { h, icon } from "./dom.js";
import { openLink } from "./entities.js";
import { ring, state } from "./state.js";
import { alertBox, copy, toast, trying } from "./toast.js";
import { t } from "./words.js";

export function keyboard(message) {
  const rows = message.reply_markup?.inline_keyboard || [];
  if (!rows.length) return null;
  return h("div", { class: "keyboard" }, rows.map((row) => h("div", { class: "keyboard-row" }, row.map((button) => key(message, button)))));
}

function key(message, button) {
  const style = button.style ? ` ${button.style}` : "";
  const common = { class: `key${style}`, "data-testid": "button", title: button.text };
  const label = h("span", { class: "key-text" }, button.text);
  if (button.url) {
    const onclick = (event) => openLink(event, button.url);
    return h("a", { ...common, href: button.url, target: "_blank", rel: "noopener", onclick }, label, icon("link", 12));
  }
  if (button.copy_text) return h("button", { ...common, type: "button", onclick: () => copy(button.copy_text.text) }, label, icon("copy", 12));
  if ("switch_inline_query_current_chat" in button) return switching(common, label, button.switch_inline_query_current_chat);
  if ("switch_inline_query" in button) return switching(common, label, button.switch_inline_query);
  const element = h("button", { ...common, type: "button", onclick: () => press(element, message, button.callback_data) }, label);
  return element;
}

function switching(common, label, query) {
  return h("button", { ...common, type: "button", onclick: () => ring("compose", `@${state.bot.username} ${query}`) }, label, icon("at", 12));
}

async function press(element, message, data) {
  if (element.classList.contains("busy")) return;
  element.classList.add("busy");
  element.setAttribute("aria-busy", "true");
  const answer = await trying(() => post("/app/press", { person: state.person.id, chat: message.chat.id, message_id: message.message_id, data }));
  element.classList.remove("busy");
  element.removeAttribute("aria-busy");
  if (answer) show(answer);
}

function show(answer) {
  if (!answer.answered) toast(t("noAnswer"), "bad");
  else if (answer.url) window.open(answer.url, "_blank", "noopener");
  else if (answer.text && answer.show_alert) alertBox(answer.text);
  else if (answer.text) toast(answer.text);
}
