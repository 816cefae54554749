// Files on their way to the bot: each a line above the field, with how far it is and a way to stop it.

import { upload } from "./api.js";
import { $, h, icon, iconButton } from "./dom.js";
import { nearEnd, toEnd } from "./messages.js";
import { trying } from "./toast.js";
import { bytes, t } from "./words.js";

const PHOTO_LIMIT = 10 * 1024 * 1024;

// What Telegram's apps make of a file; all that is nothing else goes as a document.
function kindOf(file) {
  if (["image/png", "image/jpeg"].includes(file.type) && file.size <= PHOTO_LIMIT) return "photo";
  if (file.type === "video/mp4") return "video";
  if (["audio/mpeg", "audio/mp4", "audio/flac"].includes(file.type)) return "audio";
  return "document";
}

export async function sendFile(file, where) {
  const query = { ...where, name: file.name, as: kindOf(file), mime: file.type };
  const shown = line(file, () => sending.cancel());
  const sending = upload("/app/file", query, file, shown.progress);
  await trying(() => sending.done);
  shown.remove();
}

function line(file, cancel) {
  const bar = h("i");
  const size = h("small", {}, bytes(file.size));
  const row = h("div", { class: "sending", "data-testid": "sending" }, icon("file", 18),
    h("span", {}, h("b", {}, file.name), h("span", { class: "meter" }, bar)), size, iconButton("close", t("cancel"), cancel));
  const follow = nearEnd();
  $("sending").append(row);
  if (follow) toEnd();
  const progress = (sent) => {
    bar.style.width = `${(100 * sent) / file.size}%`;
    size.textContent = `${bytes(sent)} / ${bytes(file.size)}`;
  };
  return { progress, remove: () => row.remove() };
}
