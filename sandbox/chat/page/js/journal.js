// The wire journal: what the bot asked of every service, newest first.

import { get } from "./api.js";
import { $, h } from "./dom.js";
import { t } from "./words.js";

const KEPT = 150;
let entries = [];
let last = 0;
let timer = 0;

export function watchJournal(on) {
  clearInterval(timer);
  if (!on) return;
  timer = setInterval(refresh, 1200);
  refresh();
}

async function refresh() {
  const body = await get("/control/journal", { since: last }).catch(() => null);
  if (!body) return;
  // A reset starts the story anew.
  if (body.last < last) entries = [];
  last = body.last;
  if (!body.entries.length) return;
  entries = [...entries, ...body.entries.filter((entry) => !/\/getUpdates$/.test(entry.path))].slice(-KEPT);
  drawJournal();
}

// The bot's token stands in every path of the Bot API; nobody needs to read it.
const short = (path) => path.replace(/\/bot[^/]+/, "");

export function drawJournal() {
  const box = $("panel-journal");
  if (!box) return;
  const open = new Set([...box.querySelectorAll("details[open]")].map((each) => each.dataset.seq));
  const rows = [...entries].reverse().map((entry) =>
    h("details", { "data-seq": entry.seq, open: open.has(String(entry.seq)) },
      h("summary", {}, h("i", { class: `dot ${entry.service}` }), h("b", {}, entry.method), h("span", { class: "path" }, short(entry.path)), h("span", { class: `status s${String(entry.status).slice(0, 1)}` }, entry.status ?? "…")),
      h("pre", {}, detail(entry))));
  box.replaceChildren(...(rows.length ? rows : [h("p", { class: "quiet" }, t("quiet"))]));
}

function detail(entry) {
  const lines = [`${entry.service} ${entry.method} ${short(entry.path)}${entry.query ? `?${entry.query}` : ""}`];
  if (entry.fault) lines.push(`fault: ${entry.fault}`);
  if (entry.size && !entry.body) lines.push(`${entry.size} bytes`);
  if (entry.body) lines.push("", pretty(entry.body));
  return lines.join("\n");
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    if (!/^[\w.%*+-]+=/.test(body)) return body.slice(0, 4000);
    return [...new URLSearchParams(body)].map(([name, value]) => `${name} = ${value}`).join("\n");
  }
}
