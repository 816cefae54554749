// Notices that pass, and alerts that wait for OK.

import { $, h } from "./dom.js";
import { t } from "./words.js";

export function toast(text, kind = "") {
  const box = h("div", { class: `toast ${kind}`, "data-testid": "toast", role: "status" }, text);
  $("toasts").append(box);
  setTimeout(() => box.classList.add("leaving"), 3200 + text.length * 30);
  setTimeout(() => box.remove(), 3500 + text.length * 30);
}

export function alertBox(text) {
  const close = () => { dialog.close(); dialog.remove(); };
  const dialog = h("dialog", { class: "alert", "data-testid": "toast", "aria-label": text },
    h("p", {}, text),
    h("button", { type: "button", class: "alert-ok", "data-testid": "alert-ok", onclick: close }, t("ok")));
  dialog.addEventListener("cancel", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = h("textarea", { style: "position:fixed;opacity:0" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  toast(`${t("copied")}: ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`, "good");
}

export async function trying(work) {
  try {
    return await work();
  } catch (error) {
    toast(error.message, "bad");
    return null;
  }
}
