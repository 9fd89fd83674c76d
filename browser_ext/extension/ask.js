// How the extension's own pages ask the worker, and how they show what it says.

const api = globalThis.browser ?? globalThis.chrome;
const WAIT_MS = 25_000;
/** Errors of a connection that ended while an answer was under way; the next one opens it anew. */
const LOST = new Set(["host_lost", "agent_lost", "worker_lost"]);

export { api };

export const message = (name, ...values) => api.i18n.getMessage(name, values.map(String)) || name;
/** The language of the catalogue the browser chose, so that all words on a page are of one. */
export const language = message("language");
const isChinese = language.startsWith("zh");

let port = null;
let nextId = 1;
const waiting = new Map();

/** Ask the worker; rejects with an error report ({code, message, message_zh, …}). */
export function ask(method, params = {}) {
  return new Promise((resolve, reject) => {
    const id = nextId++;
    const timer = setTimeout(() => settle(id, { error: words("timeout") }), WAIT_MS);
    waiting.set(id, { resolve, reject, timer });
    port ??= connect();
    port.postMessage({ id, method, params });
  });
}

/** Ask for what asking twice does not change: once more where the connection was just ending. */
export async function look(method) {
  try {
    return await ask(method);
  } catch (error) {
    if (!LOST.has(error.code)) {
      throw error;
    }
    return ask(method);
  }
}

function connect() {
  const opened = api.runtime.connect({ name: "own" });
  opened.onMessage.addListener(({ id, ...outcome }) => settle(id, outcome));
  opened.onDisconnect.addListener(() => {
    port = null;
    [...waiting.keys()].forEach((id) => settle(id, { error: words("worker_lost") }));
  });
  return opened;
}

function settle(id, { result, error }) {
  const { resolve, reject, timer } = waiting.get(id) ?? {};
  if (waiting.delete(id)) {
    clearTimeout(timer);
    error ? reject(error) : resolve(result);
  }
}

function words(code) {
  const said = message(`error_${code}`);
  return { code, message: said, message_zh: said, advice: "", advice_zh: "" };
}

/** An error report as sentences in the user's language. */
export function sentences(error) {
  const said = isChinese ? [error.message_zh, error.advice_zh] : [error.message, error.advice];
  return said.filter(Boolean).join(isChinese ? "" : " ") || String(error.message ?? error);
}

/** An element with text and attributes; text is never taken for HTML. */
export function element(name, { text = "", ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  made.textContent = text;
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...children);
  return made;
}

/** Fill in the page's own words. */
export function translatePage() {
  document.documentElement.lang = language;
  for (const marked of document.querySelectorAll("[data-message]")) {
    marked.textContent = message(marked.dataset.message);
  }
}
