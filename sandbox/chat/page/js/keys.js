// What a person has at the services without OAuth: keys and logins, to be copied into the chat.

import { get } from "./api.js";
import { h } from "./dom.js";
import { copy } from "./toast.js";
import { t } from "./words.js";

const mine = (body, person) => body.accounts.find((each) => each.person === person);

// Rows of [name on the left, [what a button says, what it copies] ...].
export async function keysOf(person) {
  const [acgbt, mika] = await Promise.all([get("/control/acgbt"), get("/control/mika")]);
  const [there, here] = [mine(acgbt, person), mine(mika, person)];
  return [
    row("acgbt", `ACGBT · ${there.permissions.join(", ")}`, ["key", `${there.key} ${there.secret}`]),
    row("mika", `Mika · ${here.rights}`, ["login", `${here.username} ${here.password}`], ["key", `${here.key} ${here.secret}`]),
  ];
}

function row(service, name, ...ways) {
  const buttons = ways.map(([way, text]) => h("button", { type: "button", title: text, "data-testid": `${service}-${way}`, onclick: () => copy(text) }, t(way)));
  return h("div", { class: "line" }, h("span", {}, h("i", { class: `dot ${service}` }), name), h("span", { class: "pair" }, buttons));
}
