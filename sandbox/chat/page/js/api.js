// The users' side and the sandbox's controls over HTTP.

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error || `${response.status}`);
  return body;
}

export const get = async (path, query = {}) => answer(await fetch(`${path}?${new URLSearchParams(query)}`));

export const post = async (path, body) =>
  answer(await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));

// A file as the body of a request: the browser reads it from the disk as it goes. Only this old way tells how far it is.
export function upload(path, query, file, progress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => answer(new Response(request.responseText, { status: request.status })).then(resolve, reject);
    request.onerror = () => reject(new Error("connection lost"));
    request.onabort = () => resolve(null);
  });
  request.open("POST", `${path}?${new URLSearchParams(query)}`);
  request.send(file);
  return { done, cancel: () => request.abort() };
}

export const remove = async (path, query = {}) => answer(await fetch(`${path}?${new URLSearchParams(query)}`, { method: "DELETE" }));

// Live events of one person; the browser reconnects by itself with Last-Event-ID.
export function listen(person, after, handlers) {
  const source = new EventSource(`/app/events?person=${person}&after=${after}`);
  for (const [kind, handle] of Object.entries(handlers)) {
    source.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
  }
  return source;
}
