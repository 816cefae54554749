// What the page knows: who sits at it, which chat is open, and a bell for everyone who draws.

export const state = {
  people: [],
  bot: null,
  person: null,
  chats: [],
  chat: null,
  messages: new Map(),
  unread: new Map(),
  typing: new Map(),
  start: null,
  reply: null,
  editing: null,
};

const listeners = new Map();

export function on(event, handle) {
  listeners.set(event, [...(listeners.get(event) || []), handle]);
}

export function ring(event, detail) {
  for (const handle of listeners.get(event) || []) handle(detail);
}

export const chatOf = (id) => state.chats.find((chat) => chat.id === id);

export const isMine = (message) => message.from?.id === state.person.id;

export function nameOf(user) {
  return user.first_name || user.title || "";
}

export const chatTitle = (chat) => (chat.type === "private" ? state.bot.first_name : chat.title);

// A private chat shows the bot, a group itself.
export const chatFace = (chat) => (chat.type === "private" ? state.bot : chat);
