// The sandbox panel: people's means, faults on demand, tokens, the clock, and what goes over the wire.

import { get, post, remove } from "./api.js";
import { $, h, iconButton } from "./dom.js";
import { FAULTS } from "./faults.js";
import { drawJournal, watchJournal } from "./journal.js";
import { keysOf } from "./keys.js";
import { on, state } from "./state.js";
import { toast, trying } from "./toast.js";
import { bytes, locale, t } from "./words.js";

const panel = () => $("panel");
const isOpen = () => $("app").classList.contains("with-panel");
const label = (each) => each[locale().slice(0, 2)] || each.en;

function toggle() {
  const open = $("app").classList.toggle("with-panel");
  panel().inert = !open;
  if (open) draw();
  watchJournal(open);
}

async function draw() {
  if (!isOpen()) return;
  panel().replaceChildren(
    h("header", { class: "panel-head" }, h("b", {}, t("sandbox")), iconButton("close", t("cancel"), toggle)),
    h("div", { class: "panel-body" },
      section("person", h("div", { id: "panel-person" })),
      section("drive", h("div", { id: "panel-drive" })),
      section("newResources", h("div", { id: "panel-resources" })),
      section("ownKeys", h("div", { id: "panel-keys" })),
      section("faults", h("div", { id: "panel-faults" })),
      section("tokens", tokens()),
      section("clock", h("div", { id: "panel-clock" })),
      section("journal", h("div", { id: "panel-journal", class: "journal" })),
      h("button", { type: "button", class: "wide danger", "data-testid": "reset", onclick: () => act(() => post("/control/reset", {})) }, t("reset"))));
  await Promise.all([drawPerson(), drawDrive(), drawResources(), drawKeys(), drawFaults(), drawClock()].map((work) => trying(() => work)));
  drawJournal();
}

function section(name, body) {
  return h("section", { class: `panel-section ${name}` }, h("h2", {}, t(name)), body);
}

async function act(work, redraw = draw) {
  const done = await trying(work);
  if (done !== null) toast(t("done"), "good");
  await redraw();
}

async function drawPerson() {
  const { people } = await get("/control/people");
  const person = people.find((each) => each.id === state.person.id);
  const change = (changes) => act(() => post(`/control/people/${person.id}`, changes), drawPerson);
  const field = h("input", { type: "number", min: 0, value: person.points, "aria-label": t("points"), "data-testid": "points", onchange: () => change({ points: Number(field.value) }) });
  const step = (by, sign) => h("button", { type: "button", onclick: () => change({ points: Math.max(0, person.points + by) }) }, sign);
  const premium = h("input", { type: "checkbox", role: "switch", checked: person.premium, "data-testid": "premium", onchange: () => change({ premium: premium.checked }) });
  $("panel-person").replaceChildren(
    h("div", { class: "line" }, h("span", {}, t("points")), h("span", { class: "stepper" }, step(-10, "−"), field, step(10, "+"))),
    h("label", { class: "line" }, h("span", {}, t("premium")), premium),
    h("button", { type: "button", class: "wide", "data-testid": "share-dies", onclick: () => act(() => post("/control/shares", { person: person.id })) }, t("shareDies")),
    h("button", { type: "button", class: "wide", onclick: () => act(() => post("/app/block", { person: person.id })) }, t("block")));
}

// Disk.Top of this person, and how its uploads and Telegram's files behave.
async function drawDrive() {
  const [{ people }, options] = await Promise.all([get("/control/people"), get("/control/options")]);
  const person = people.find((each) => each.id === state.person.id);
  const change = (changes) => act(() => post(`/control/people/${person.id}`, changes), drawDrive);
  const switched = (name, on, path, values) => {
    const box = h("input", { type: "checkbox", role: "switch", checked: on, "data-testid": name, onchange: () => act(() => post(path, values(box.checked)), drawDrive) });
    return h("label", { class: "line" }, h("span", {}, t(name)), box);
  };
  const local = await get("/app/control/options");
  $("panel-drive").replaceChildren(
    h("div", { class: "line" }, h("span", {}, t("disk")), h("small", {}, `${bytes(person.disk_used)} / ${bytes(person.disk_total)}`)),
    h("div", { class: "meter" }, h("i", { style: `width:${Math.min(100, (100 * person.disk_used) / person.disk_total)}%` })),
    h("div", { class: "chips" },
      chip("fillDisk", () => change({ disk_used: person.disk_total })),
      chip("emptyDisk", () => change({ disk_used: 0 })),
      chip("bigFolder", () => change({ big_folder: 10000 })),
      chip("expireUploads", () => act(() => post("/control/uploads/expire", {}), drawDrive))),
    switched("slowUploads", options.disktop_upload_rate > 0, "/control/options", (on) => ({ disktop_upload_rate: on ? 1000000 : 0 })),
    switched("localServer", local.local_server !== "off", "/app/control/options", (on) => ({ local_server: on ? "path" : "off" })));
}

// The title whose new resources were asked for last.
let picked = "";

// What is shared anew of the titles somebody asked for, now or as time goes by.
async function drawResources() {
  const [{ titles }, options] = await Promise.all([get("/control/resources"), get("/control/options")]);
  const name = (each) => `${label(each.title)} (${each.year}) · ${each.resources}`;
  const known = titles.filter((each) => each.title);
  const key = (each) => `${each.media_type}_${each.tmdb_id}`;
  const chosen = h("select", { "aria-label": t("newResources"), "data-testid": "resource-title", onchange: () => { picked = chosen.value; } },
    known.map((each) => h("option", { value: key(each), selected: key(each) === picked }, name(each))));
  const add = (count) => () => {
    const { media_type, tmdb_id } = known.find((each) => key(each) === chosen.value);
    return act(() => post("/control/resources", { media_type, tmdb_id, count }), drawResources);
  };
  const every = h("input", { type: "checkbox", role: "switch", checked: options.hdhive_new_every > 0, "data-testid": "newEvery", onchange: () => act(() => post("/control/options", { hdhive_new_every: every.checked ? 300 : 0 }), drawResources) });
  $("panel-resources").replaceChildren(
    known.length ? h("div", { class: "line" }, chosen) : h("p", { class: "quiet" }, t("noTitles")),
    known.length ? h("div", { class: "chips" }, chip("newOne", add(1)), chip("newFive", add(5))) : "",
    h("label", { class: "line" }, h("span", {}, t("newEvery")), every));
}

// Copied here, sent to the bot after /link.
async function drawKeys() {
  $("panel-keys").replaceChildren(...(await keysOf(state.person.id)));
}

function chip(name, onclick) {
  return h("button", { type: "button", class: "chip", "data-testid": name, onclick }, t(name));
}

async function drawFaults() {
  const { faults } = await get("/control/faults");
  const ask = ({ en, zh, ...fault }) => act(() => post("/control/faults", { path: "*", times: 1, ...fault }), drawFaults);
  const waiting = faults.map((fault) =>
    h("li", {}, h("i", { class: `dot ${fault.service}` }), h("span", {}, `${fault.service} · ${fault.kind}${fault.status ? ` ${fault.status}` : ""}`),
      h("small", {}, fault.times ? `×${fault.times - fault.hits}` : t("always")),
      iconButton("close", t("cancel"), () => act(() => remove("/control/faults", { id: fault.id }), drawFaults))));
  $("panel-faults").replaceChildren(
    h("div", { class: "chips" }, FAULTS.map((each) => h("button", { type: "button", class: "chip", "data-testid": `fault-${each.service}-${each.kind}`, title: each.times === 0 ? t("always") : t("once"), onclick: () => ask(each) }, h("i", { class: `dot ${each.service}` }), label(each)))),
    waiting.length ? h("ul", { class: "waiting", "aria-label": t("active") }, waiting) : h("p", { class: "quiet" }, t("noFaults")),
    waiting.length ? h("button", { type: "button", class: "wide", "data-testid": "mend", onclick: () => act(() => remove("/control/faults"), drawFaults) }, t("mend")) : "");
}

function tokens() {
  const expire = (service, which) => act(() => post("/control/tokens/expire", { service, person: state.person.id, which }), async () => {});
  return h("div", {}, [["hdhive", "HDHive"], ["disktop", "Disk.Top"]].map(([service, name]) =>
    h("div", { class: "line" }, h("span", {}, h("i", { class: `dot ${service}` }), name),
      h("span", { class: "pair" },
        h("button", { type: "button", "data-testid": `expire-${service}`, onclick: () => expire(service, "access") }, t("expire")),
        h("button", { type: "button", "data-testid": `revoke-${service}`, onclick: () => expire(service, "grant") }, t("revoke"))))));
}

async function drawClock() {
  const { now } = await get("/control/clock");
  const move = (advance) => act(() => post("/control/clock", { advance }), drawClock);
  const step = (text, seconds) => h("button", { type: "button", onclick: () => move(seconds) }, text);
  $("panel-clock").replaceChildren(h("div", { class: "line" }, h("time", {}, new Date(now * 1000).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" })),
    h("span", { class: "pair" }, step("+5 min", 300), step("+1 h", 3600), step("+1 d", 86400))));
}

export function startPanel() {
  on("panel", toggle);
  on("person", () => setTimeout(draw, 100));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && isOpen() && panel().contains(document.activeElement)) toggle(); });
}
