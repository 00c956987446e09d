// The phone: one conversation per customer and company, filled by server-sent events.

import { formatted, plain } from "./formatting.js";

// Bounds, so that a benchmark with the page open does not fill the browser.
const MESSAGES_PER_CHAT = 200;
const CHATS = 100;
const WAITING = 2000;
const NOTIFICATION_MS = 5000;

const byId = (id) => document.getElementById(id);
const view = Object.fromEntries(
  ["connection", "chat-list", "no-chats", "total", "clear", "follow", "clock", "contact",
    "contact-avatar", "contact-name", "notification", "notification-avatar", "notification-title",
    "notification-recipient", "notification-preview", "conversation", "empty", "messages", "owner"].map((id) => [id, byId(id)]),
);
const chatTemplate = byId("chat-template").content;
const messageTemplate = byId("message-template").content;

// What stands above the text of everything but plain texts.
const KINDS = {
  image: "📷 Imagem", video: "🎬 Vídeo", video_note: "🎬 Recado de vídeo", audio: "🎤 Áudio", document: "📄 Documento",
  sticker: "✨ Figurinha", location: "📍 Localização", contacts: "👤 Contato", reaction: "Reação", poll: "📊 Enquete",
  list: "☰ Lista", buttons: "Botões", template: "Modelo aprovado", status: "Status", interactive: "Mensagem interativa",
};

const hour = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("pt-BR", { weekday: "long", day: "numeric", month: "long" });
const figures = new Intl.NumberFormat("pt-BR");

const chats = new Map();
let selected = null;
let waiting = [];
let drawn = true;
let start = null;
let received = 0;
let unseen = 0;
let notificationTimer = 0;

// --- what arrives -----------------------------------------------------------------------------

const events = new EventSource("/sandbox/events?last=500");
events.addEventListener("open", () => setConnection("live", "ao vivo"));
events.addEventListener("error", () => setConnection("lost", "reconectando…"));
events.addEventListener("start", (event) => {
  // Another run, or cleared while the connection was lost: what is shown is gone there.
  if (start !== null && start !== event.data) forgetAll();
  start = event.data;
});
events.addEventListener("cleared", (event) => {
  start = event.data;
  forgetAll();
});
events.addEventListener("message", (event) => {
  waiting.push(JSON.parse(event.data));
  if (waiting.length > WAITING) waiting.splice(0, waiting.length - WAITING);
  received += 1;
  if (document.hidden) document.title = `(${(unseen += 1)}) Zapgres`;
  if (drawn) {
    drawn = false;
    requestAnimationFrame(draw);
  }
});

function setConnection(state, text) {
  view.connection.dataset.state = state;
  view.connection.textContent = text;
}

// --- drawing, once per frame --------------------------------------------------------------------

function draw() {
  drawn = true;
  const arrived = waiting;
  waiting = [];
  for (const message of arrived) keep(message);
  for (const chat of new Set(arrived.map((message) => chats.get(keyOf(message))))) {
    if (chat) drawChat(chat);
  }
  const newest = arrived.at(-1);
  if (!newest) return;
  const newestChat = chats.get(keyOf(newest));
  if (!selected || (view.follow.checked && newestChat !== selected)) select(newestChat);
  else drawConversation();
  if (newestChat !== selected) notify(newestChat, newest);
  view.total.textContent = `${figures.format(received)} ${received === 1 ? "mensagem" : "mensagens"}`;
  view["no-chats"].hidden = true;
  view.clear.hidden = false;
}

function keep(message) {
  const key = keyOf(message);
  let chat = chats.get(key);
  if (!chat) chat = newChat(key, message);
  chat.messages.push(message);
  if (chat.messages.length > MESSAGES_PER_CHAT) chat.messages.shift();
  if (chat !== selected || document.hidden) chat.unread += 1;
  view["chat-list"].prepend(chat.item);
  if (chats.size > CHATS) dropOldestChat();
}

function keyOf(message) {
  return `${message.instance}\n${message.number}`;
}

function newChat(key, { instance, number }) {
  const item = chatTemplate.cloneNode(true).firstElementChild;
  const chat = { key, instance, number, messages: [], unread: 0, shown: 0, item };
  paintAvatar(item.querySelector(".avatar"), number.slice(-2), number);
  item.querySelector(".chat-number").textContent = asPhone(number);
  item.querySelector(".chat-instance").textContent = instance;
  item.firstElementChild.addEventListener("click", () => {
    view.follow.checked = false;
    select(chat);
  });
  chats.set(key, chat);
  return chat;
}

function drawChat(chat) {
  const [preview, time, unread] = [".chat-preview", "time", ".unread"].map((name) =>
    chat.item.querySelector(name));
  const newest = chat.messages.at(-1);
  preview.textContent = previewOf(newest).slice(0, 80);
  setTime(time, newest);
  unread.hidden = chat.unread === 0;
  unread.textContent = chat.unread > 99 ? "99+" : chat.unread;
  unread.setAttribute("aria-label", `${chat.unread} não lidas`);
}

function dropOldestChat() {
  const oldestFirst = [...view["chat-list"].children].reverse();
  const dropped = oldestFirst.find((item) => item !== selected?.item);
  for (const [key, chat] of chats) {
    if (chat.item === dropped) chats.delete(key);
  }
  dropped.remove();
}

// --- the conversation -------------------------------------------------------------------------

function select(chat) {
  selected?.item.firstElementChild.removeAttribute("aria-current");
  selected = chat;
  chat.item.firstElementChild.setAttribute("aria-current", "true");
  chat.shown = 0;
  paintAvatar(view["contact-avatar"], initials(chat.instance), chat.instance);
  view["contact-name"].textContent = chat.instance;
  view.owner.textContent = `Telefone de ${asPhone(chat.number)}`;
  view.contact.hidden = view.messages.hidden = false;
  view.empty.hidden = view.notification.hidden = true;
  view.messages.replaceChildren(notice());
  drawConversation();
}

function drawConversation() {
  const fresh = selected.messages.filter((message) => message.sequence > selected.shown);
  let previous = selected.messages[selected.messages.length - fresh.length - 1];
  for (const message of fresh) {
    if (!previous || dayOf(previous) !== dayOf(message)) view.messages.append(dayMark(message));
    view.messages.append(bubble(message));
    previous = message;
  }
  if (fresh.length) selected.shown = fresh.at(-1).sequence;
  while (view.messages.querySelectorAll(".bubble").length > MESSAGES_PER_CHAT) {
    view.messages.querySelector(".bubble").remove();
  }
  view.conversation.scrollTop = view.conversation.scrollHeight;
  markRead();
}

function bubble(message) {
  const node = messageTemplate.cloneNode(true).firstElementChild;
  node.dataset.id = message.id;
  node.classList.toggle("new", Date.now() - Date.parse(message.accepted_at) < 8000);
  const [kind, choices] = [".kind", ".choices"].map((name) => node.querySelector(name));
  kind.textContent = KINDS[message.kind] ?? "";
  kind.hidden = !kind.textContent;
  choices.append(...(message.choices ?? []).map(choice));
  choices.hidden = !choices.childElementCount;
  node.querySelector(".text").append(formatted(message.text));
  setTime(node.querySelector("time"), message);
  return node;
}

function choice(label) {
  const node = document.createElement("li");
  node.textContent = label;
  return node;
}

function previewOf(message) {
  return [KINDS[message.kind], plain(message.text)].filter(Boolean).join(" ");
}

function markRead() {
  if (document.hidden || !selected) return;
  selected.unread = 0;
  drawChat(selected);
  for (const ticks of view.messages.querySelectorAll(".ticks:not(.read)")) {
    ticks.classList.add("read");
    ticks.setAttribute("aria-label", "lida");
  }
}

function notice() {
  const node = document.createElement("p");
  node.className = "notice";
  node.append(icon("lock"), " Ambiente de teste: as mensagens ficam neste computador.");
  return node;
}

function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `#${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

function dayMark(message) {
  const node = document.createElement("p");
  node.className = "day";
  const date = new Date(message.accepted_at);
  const today = date.toDateString() === new Date().toDateString();
  node.textContent = today ? "Hoje" : day.format(date);
  return node;
}

function dayOf(message) {
  return new Date(message.accepted_at).toDateString();
}

function setTime(node, message) {
  node.dateTime = message.accepted_at;
  node.textContent = hour.format(new Date(message.accepted_at));
}

// --- notifications ------------------------------------------------------------------------------

function notify(chat, message) {
  paintAvatar(view["notification-avatar"], initials(chat.instance), chat.instance);
  view["notification-title"].textContent = chat.instance;
  view["notification-recipient"].textContent = `para ${asPhone(chat.number)}`;
  view["notification-preview"].textContent = previewOf(message);
  view.notification.hidden = false;
  view.notification.onclick = () => select(chat);
  clearTimeout(notificationTimer);
  notificationTimer = setTimeout(() => {
    view.notification.hidden = true;
  }, NOTIFICATION_MS);
}

// --- small things -----------------------------------------------------------------------------

function forgetAll() {
  waiting = [];
  chats.clear();
  selected = null;
  received = unseen = 0;
  view["chat-list"].replaceChildren();
  view.messages.replaceChildren();
  view.contact.hidden = view.messages.hidden = view.notification.hidden = view.clear.hidden = true;
  view.empty.hidden = view["no-chats"].hidden = false;
  view.total.textContent = view.owner.textContent = "";
  document.title = "Zapgres · telefone de teste";
}

/** `5511987654321` as `+55 (11) 98765-4321`; other countries only with their plus. What is no number stays. */
function asPhone(number) {
  if (!/^\d+$/.test(number)) return number;
  const parts = /^55(\d\d)(\d{4,5})(\d{4})$/.exec(number);
  return parts ? `+55 (${parts[1]}) ${parts[2]}-${parts[3]}` : `+${number}`;
}

function initials(name) {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0].toLocaleUpperCase("pt-BR")).join("");
}

function paintAvatar(node, text, seed) {
  let hash = 0;
  for (const character of seed) hash = (hash * 31 + character.codePointAt(0)) % 10007;
  node.textContent = text;
  // The golden angle: neighbours, such as numbers that differ in one digit, get far colours.
  node.style.setProperty("--hue", Math.round((hash * 137.5) % 360));
}

function tellTime() {
  view.clock.textContent = hour.format(new Date());
}

view.clear.addEventListener("click", () => fetch("/sandbox/messages", { method: "DELETE" }));
view.follow.addEventListener("change", () => {
  const newest = [...chats.values()].find((chat) => chat.item === view["chat-list"].firstElementChild);
  if (view.follow.checked && newest && newest !== selected) select(newest);
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unseen = 0;
  document.title = "Zapgres · telefone de teste";
  markRead();
});
tellTime();
setInterval(tellTime, 10000);
