// Carries requests from the page to the extension's worker and answers back. Runs in main frames of
// listed portals only, in the extension's own world, so the page's changes to prototypes do not
// reach it. It adds nothing: who asks is said by the browser to the worker, not by the page.

(() => {
  "use strict";

  // Every browser has it as the global's own; `browser` may be an element of the page of that id.
  const api = globalThis.chrome;
  /** Version of what page and content script say to each other. */
  const PROTOCOL = 1;
  const REQUEST_KEYS = ["id", "kind", "method", "odc", "params"];
  const SHORT_KEYS = ["id", "kind", "odc"];
  const PAGE_ID = /^[0-9a-f-]{1,64}$/;
  const LONGEST_METHOD = 64;
  const LONGEST_PARAMS = 16_384;
  /** A piece of a document that is to be signed. */
  const PIECE = "browser.piece";
  const LONGEST_PIECE = 700_000;
  /** Messages of one page in a second; more is no honest page's, and costs the worker nothing. */
  const MOST_IN_A_SECOND = 200;

  const UNREACHABLE = {
    code: "extension_unreachable",
    message: "The browser extension of the certificate agent was updated or switched off.",
    message_zh: "证照管家的浏览器扩展已更新或已停用。",
    advice: "Reload this page.",
    advice_zh: "请刷新本页面后再试。",
    reason: "",
  };
  const LOST = {
    code: "extension_lost",
    message: "The browser ended the extension of the certificate agent before it answered.",
    message_zh: "浏览器在答复之前结束了证照管家扩展。",
    advice: "Try again; a renewal goes on meanwhile.",
    advice_zh: "请重试;已开始的证照更新会继续办理。",
    reason: "",
  };

  const REFUSED = {
    code: "invalid_request",
    message: "The page's request is not one the certificate agent understands.",
    message_zh: "证照管家无法识别网页的请求。",
    advice: "",
    advice_zh: "",
    reason: "",
  };

  /** Ids of the page's requests that may still get an answer or an event. */
  const underWay = new Set();
  let port = null;
  let second = 0;
  let inThisSecond = 0;

  // A page the user has just allowed gets this script at once and again when it is loaded anew.
  if (window !== window.top || location.origin === "null" || globalThis.odcContentScript) {
    return;
  }
  globalThis.odcContentScript = true;
  window.addEventListener("message", receive);

  function receive(event) {
    const isOwn =
      event.isTrusted && event.source === window && event.origin === location.origin;
    const message = event.data;
    // Only kinds a page sends are handled: our own answers pass here too and must not loop.
    if (!isOwn || message === null || typeof message !== "object" || message.odc !== PROTOCOL) {
      return;
    }
    if (isFlood()) {
      return;
    }
    if (message.kind === "request" && hasShape(message, REQUEST_KEYS)) {
      ask(message, event.timeStamp);
    } else if (message.kind === "cancel" && hasShape(message, SHORT_KEYS)) {
      cancel(message.id);
    } else if (message.kind === "ping" && hasShape(message, SHORT_KEYS)) {
      ping(message.id);
    }
  }

  function isFlood() {
    const now = Math.floor(performance.now() / 1000);
    inThisSecond = now === second ? inThisSecond + 1 : 1;
    second = now;
    return inThisSecond > MOST_IN_A_SECOND;
  }

  function hasShape(message, keys) {
    const own = Object.keys(message).sort();
    return (
      own.length === keys.length &&
      own.every((key, index) => key === keys[index]) &&
      typeof message.id === "string" &&
      PAGE_ID.test(message.id)
    );
  }

  function ping(id) {
    const manifest = manifestOrNull();
    if (manifest) {
      reply({ kind: "pong", id, extension: manifest.version });
    }
  }

  /** Null once the extension was reloaded: this script is then an orphan and stays silent. */
  function manifestOrNull() {
    try {
      return api.runtime.getManifest();
    } catch {
      return null;
    }
  }

  function ask({ id, method, params }, posted) {
    if (underWay.has(id)) {
      return; // an answer would be taken for the first one's
    }
    const isMethod = typeof method === "string" && method.length <= LONGEST_METHOD;
    const carried = whatJsonCarries(params, method === PIECE ? LONGEST_PIECE : LONGEST_PARAMS);
    if (!isMethod || carried === undefined) {
      reply({ kind: "reply", id, error: REFUSED, more: false });
      return;
    }
    underWay.add(id);
    try {
      port ??= connect();
      // When the page posted it and when it came here: for the developers' trace, nothing else.
      const times = { page: performance.timeOrigin + posted, content: now() };
      port.postMessage({ id, method, params: carried, times });
    } catch {
      fail(id);
    }
  }

  function now() {
    return performance.timeOrigin + performance.now();
  }

  /**
   * What was measured is what is sent: a browser that clones a message would carry buffers and maps that
   * JSON does not see. Undefined where it is too long, or not a thing JSON can carry.
   */
  function whatJsonCarries(params, longest) {
    try {
      const text = JSON.stringify(params);
      return text.length > longest ? undefined : JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  function cancel(id) {
    if (underWay.delete(id)) {
      port?.postMessage({ cancel: id });
    }
  }

  function connect() {
    const opened = api.runtime.connect({ name: "page" });
    opened.onMessage.addListener(pass);
    opened.onDisconnect.addListener(() => {
      // Reading lastError keeps the browser from reporting an unchecked error on the page.
      void api.runtime.lastError;
      port = null;
      [...underWay].forEach(fail);
    });
    return opened;
  }

  /** Hand the worker's message to the page. */
  function pass(message) {
    if (!underWay.has(message.id)) {
      return;
    }
    if (!message.more) {
      underWay.delete(message.id);
    }
    reply({ kind: "event" in message ? "event" : "reply", ...message });
  }

  function fail(id) {
    underWay.delete(id);
    reply({ kind: "reply", id, error: manifestOrNull() ? LOST : UNREACHABLE, more: false });
  }

  function reply(message) {
    window.postMessage({ odc: PROTOCOL, ...message }, location.origin);
  }
})();
