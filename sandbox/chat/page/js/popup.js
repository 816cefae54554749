// What opens above the field: the command menu and inline results.

import { get, post } from "./api.js";
import { $, h } from "./dom.js";
import { ring, state } from "./state.js";
import { trying } from "./toast.js";
import { t } from "./words.js";

let timer = 0;
let asked = 0;
let marked = -1;

export function closePopup() {
  clearTimeout(timer);
  asked += 1;
  marked = -1;
  const popup = $("popup");
  if (popup) {
    popup.hidden = true;
    popup.replaceChildren();
  }
}

function show(className, children) {
  const popup = $("popup");
  if (!popup) return;
  popup.className = `popup ${className}`;
  popup.hidden = false;
  popup.replaceChildren(...children);
  marked = -1;
}

const items = () => [...document.querySelectorAll("#popup .item")];

// Arrow keys and Tab move through what is open; Enter takes what is marked.
export function popupKey(event) {
  const found = items();
  if ($("popup")?.hidden !== false || !found.length) return false;
  if (event.key === "Escape") closePopup();
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") mark(found, event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Tab" || (event.key === "Enter" && marked >= 0)) found[Math.max(marked, 0)].click();
  else return false;
  event.preventDefault();
  return true;
}

function mark(found, step) {
  found[marked]?.classList.remove("marked");
  marked = (marked + step + found.length) % found.length;
  found[marked].classList.add("marked");
  found[marked].scrollIntoView({ block: "nearest" });
}

export function typed(field) {
  const text = field.value;
  const prefix = `@${state.bot.username} `;
  if (/^\/\w*$/.test(text)) showCommands(text.slice(1), field);
  else if (text.toLowerCase().startsWith(prefix)) askSoon(text.slice(prefix.length));
  else closePopup();
}

export function menuOf(field) {
  if (!$("popup").hidden) closePopup();
  else showCommands("", field);
}

async function showCommands(beginning, field) {
  const mine = (asked += 1);
  const where = { person: state.person.id, chat: state.chat.id };
  const { commands } = (await trying(() => get("/app/commands", where))) || { commands: [] };
  if (mine !== asked) return;
  const fitting = commands.filter((each) => each.command.startsWith(beginning));
  if (!fitting.length) return closePopup();
  const suffix = state.chat.type === "private" ? "" : `@${state.bot.username}`;
  const take = (command) => { closePopup(); field.value = ""; field.dispatchEvent(new Event("input")); ring("say", `/${command}${suffix}`); };
  show("commands", fitting.map((each) =>
    h("button", { type: "button", class: "item command-item", "data-testid": "command", onclick: () => take(each.command) }, h("b", {}, `/${each.command}`), h("span", {}, each.description))));
  return undefined;
}

function askSoon(query) {
  clearTimeout(timer);
  timer = setTimeout(() => ask(query), 280);
}

async function ask(query) {
  const mine = (asked += 1);
  if (!items().length) show("inline", [h("div", { class: "popup-note" }, t("searching"))]);
  const answer = await trying(() => post("/app/inline", { person: state.person.id, chat: state.chat.id, query }));
  if (mine !== asked || !answer) return;
  const rows = answer.results.map((result) => resultRow(answer, result));
  if (answer.button) rows.unshift(startRow(answer.button));
  show("inline", rows.length ? rows : [h("div", { class: "popup-note" }, t("nothing"))]);
  more(answer, query, mine);
}

// The next page comes when the end of the list is near.
function more(answer, query, mine) {
  const popup = $("popup");
  popup.onscroll = null;
  if (!answer.next_offset) return;
  popup.onscroll = async () => {
    if (popup.scrollHeight - popup.scrollTop - popup.clientHeight > 160) return;
    popup.onscroll = null;
    const next = await trying(() => post("/app/inline", { person: state.person.id, chat: state.chat.id, query, offset: answer.next_offset }));
    if (mine !== asked || !next) return;
    popup.append(...next.results.map((result) => resultRow(next, result)));
    more(next, query, mine);
  };
}

function startRow(button) {
  return h("button", { type: "button", class: "item start-item", onclick: () => { closePopup(); ring("start", button.start_parameter || ""); } }, button.text);
}

function resultRow(answer, result) {
  const thumb = result.thumbnail_url || result.thumb_url || (result.photo_file_id && `/app/file/${result.photo_file_id}`);
  const image = thumb && h("img", { src: thumb, alt: "", loading: "lazy" });
  image?.addEventListener?.("error", () => image.replaceWith(h("span", { class: "no-thumb" }, (result.title || "·").slice(0, 1))));
  const choose = async () => {
    closePopup();
    ring("chosen");
    await trying(() => post("/app/choose", { person: state.person.id, chat: state.chat.id, query_id: answer.query_id, result_id: result.id }));
  };
  return h("button", { type: "button", class: "item result", "data-testid": "inline-result", onclick: choose },
    image || h("span", { class: "no-thumb" }, (result.title || "·").slice(0, 1)),
    h("span", { class: "result-text" }, h("b", {}, result.title || result.id), h("span", {}, result.description || "")));
}
