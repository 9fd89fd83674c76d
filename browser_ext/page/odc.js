// The page library: what a portal imports to see and renew certificates, and to have its visitors log in,
// through the agent on the user's computer. Types: odc.d.ts.
//
// It speaks only with its own window. What it needs of the platform is taken when it loads, and
// messages are plain own properties, so that a script that later changes prototypes or globals
// cannot redirect it.

const { freeze, hasOwn, keys } = Object;
const later = globalThis.setTimeout.bind(globalThis);
const never = globalThis.clearTimeout.bind(globalThis);
const post = globalThis.postMessage.bind(globalThis);
const random = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
const Octets = globalThis.Uint8Array;
const ORIGIN = globalThis.location.origin;
const WINDOW = globalThis.window;
const PROTOCOL = 1;
const HEX = freeze([..."0123456789abcdef"]);
const exec = Function.prototype.call.bind(RegExp.prototype.exec);
/** 44 to 128 characters of base64. */
const CHALLENGE = /^(?=.{44,128}$)[A-Za-z0-9+/]+={0,2}$/;

/** How long the extension may take to say that it is there. */
const PRESENCE_MS = 1500;
/** An agent that must be started first takes up to 15 s. */
const STATUS_MS = 25_000;
/** A person may have to agree first; the agent gives them two minutes. */
const CONSENT_MS = 180_000;
/** A person looks for the token and types the PIN, perhaps twice. */
const PIN_MS = 300_000;
/** The longest wait a browser's timer can hold: 24 days. */
const LONGEST_MS = 2_147_483_647;

const UNREACHABLE = report(
  "extension_unreachable",
  "The browser extension of the certificate agent is missing or not allowed on this site.",
  "未安装证照管家浏览器扩展，或扩展未获准在本网站使用。",
  "Install the extension, or allow it on this site, then reload the page.",
  "请安装扩展，或在扩展设置中允许其在本网站使用，然后刷新页面。",
);
const TIMED_OUT = report(
  "timeout",
  "No answer came in time.",
  "等待答复超时。",
  "Try again.",
  "请重试。",
);
const ABORTED = report("aborted", "The page withdrew its request.", "网页已取消请求。");
const INVALID = report("invalid_request", "The request is not valid.", "请求无效。");
const CHALLENGE_INVALID = report(
  "challenge_invalid",
  "The challenge is not 44 to 128 characters of base64.",
  "登录质询应为 44 至 128 个 Base64 字符。",
  "The portal's operator has to correct this.",
  "请联系网站运营方更正。",
);
const CANCELLED = report("renewal_cancelled", "The renewal was cancelled.", "证照更新已取消。");
const FAILED = report(
  "renewal_failed",
  "The renewal failed.",
  "证照更新失败。",
  "Open the certificate agent to see why.",
  "请打开证照管家查看原因。",
);

/** Errors of `status()` that are an answer to it, by the state they stand for. */
const STATES = freeze({
  __proto__: null,
  extension_unreachable: "extension_unreachable",
  host_missing: "host_missing",
  host_lost: "host_missing",
  agent_missing: "agent_missing",
  agent_lost: "agent_missing",
  agent_too_old: "agent_too_old",
  agent_too_new: "agent_too_new",
});

/** Whatever goes wrong, with a stable `code` and sentences for people in both languages. */
export class OdcError extends Error {
  constructor(error, cause) {
    super(text(error.message), { cause });
    this.name = "OdcError";
    this.code = text(error.code) || "internal";
    this.reason = text(error.reason);
    this.messageZh = text(error.message_zh) || this.message;
    this.advice = text(error.advice);
    this.adviceZh = text(error.advice_zh);
  }
}

/** Say whether extension, host and agent are there; nothing about tokens, and no consent asked. */
export async function status({ signal, timeout = STATUS_MS } = {}) {
  let extension;
  try {
    const onpong = (version) => (extension = version);
    const { agent } = await request("browser.status", {}, { signal, timeout, onpong });
    return freeze({ state: "ready", agent, extension });
  } catch (error) {
    const state = error instanceof OdcError ? STATES[error.code] : undefined;
    if (state === undefined) {
      throw error;
    }
    return freeze({ state, extension, reason: error.reason });
  }
}

/** The certificates on the user's tokens, once the user has agreed. */
export async function certificates({ use, minDays, signal, timeout = CONSENT_MS } = {}) {
  const params = {};
  if (use !== undefined) {
    params.use = `${use}`;
  }
  if (minDays !== undefined) {
    params.min_days = minDays;
  }
  const answer = await request("browser.certificates", params, { signal, timeout });
  return answer.certificates;
}

/** One of these certificates whole, in base64 (DER). */
export async function certificate(thumbprint, { signal, timeout = CONSENT_MS } = {}) {
  const params = { thumbprint: `${thumbprint}` };
  return (await request("browser.certificate", params, { signal, timeout })).certificate;
}

/** Renew a certificate in the agent's window; resolves once the new one is on the token. */
export async function renew(thumbprint, { onprogress, signal, timeout = LONGEST_MS } = {}) {
  const params = { thumbprint: `${thumbprint}` };
  const options = { signal, timeout, onprogress, first: CONSENT_MS };
  const last = await request("browser.renew", params, options);
  if (last.state === "installed") {
    return last;
  }
  throw new OdcError(last.state === "cancelled" ? CANCELLED : FAILED);
}

/** The state of a renewal this site has started. */
export async function renewal(id, { signal, timeout = CONSENT_MS } = {}) {
  return request("browser.renewal", { id: `${id}` }, { signal, timeout });
}

/**
 * Have the visitor log in with a token, by question and PIN in the agent's window. Resolves with what the
 * server checks: Web eID's authentication token. The challenge is the server's, used once.
 */
export async function login(challenge, { thumbprint, signal, timeout = PIN_MS } = {}) {
  if (typeof challenge !== "string" || exec(CHALLENGE, challenge) === null) {
    throw new OdcError(CHALLENGE_INVALID);
  }
  const params = { nonce: challenge };
  if (thumbprint !== undefined) {
    params.thumbprint = `${thumbprint}`;
  }
  return request("browser.login", params, { signal, timeout });
}

/** Handlers of messages by the id they answer. */
const handlers = { __proto__: null };

WINDOW.addEventListener("message", (event) => {
  if (event.source !== WINDOW || event.origin !== ORIGIN) {
    return;
  }
  const message = event.data;
  if (!isRecord(message) || own(message, "odc") !== PROTOCOL) {
    return;
  }
  const id = own(message, "id");
  // Our own requests pass here too: only the kinds an extension sends are taken.
  const kind = own(message, "kind");
  if (typeof id === "string" && (kind === "pong" || kind === "reply" || kind === "event")) {
    handlers[id]?.(kind, message);
  }
});

/**
 * Send one request; resolve with its result or, where states follow, with the last of them.
 * A ping goes along: an extension answers it at once, so that its absence is known soon.
 * `timeout` bounds the whole, `first` the wait for the first answer where that is shorter.
 * Every end but an answer tells the extension that nobody waits any more.
 */
function request(method, params, { signal, timeout, first = LONGEST_MS, onprogress, onpong }) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new OdcError(ABORTED, signal.reason));
      return;
    }
    const id = newId();
    const finish = (settle, value) => {
      never(whole);
      never(untilFirst);
      never(untilPong);
      signal?.removeEventListener("abort", abort);
      delete handlers[id];
      settle(value);
    };
    const giveUp = (error) => {
      send({ odc: PROTOCOL, kind: "cancel", id });
      finish(reject, error);
    };
    const within = (limit, report) =>
      later(() => giveUp(new OdcError(report)), limited(limit));
    const abort = () => giveUp(new OdcError(ABORTED, signal.reason));
    const untilPong = within(PRESENCE_MS, UNREACHABLE);
    const untilFirst = within(first, TIMED_OUT);
    const whole = within(timeout, TIMED_OUT);
    signal?.addEventListener("abort", abort);
    handlers[id] = (kind, message) => {
      never(untilPong);
      if (kind === "pong") {
        onpong?.(text(own(message, "extension")));
        return;
      }
      never(untilFirst);
      const error = own(message, "error");
      if (isRecord(error)) {
        finish(reject, new OdcError(error));
        return;
      }
      const value = frozen(own(message, "event") ?? own(message, "result"));
      if (!isRecord(value)) {
        finish(reject, new OdcError(INVALID));
        return;
      }
      tell(onprogress, value);
      if (own(message, "more") !== true) {
        finish(resolve, value);
      }
    };
    send({ odc: PROTOCOL, kind: "ping", id });
    send({ odc: PROTOCOL, kind: "request", id, method, params });
  });
}

/** A page's handler that throws is the page's trouble: it is reported there and ends nothing. */
function tell(handler, value) {
  if (typeof handler === "function") {
    try {
      handler(value);
    } catch (error) {
      later(() => {
        throw error;
      }, 0);
    }
  }
}

/** 128 random bits; crypto.randomUUID is missing on pages without https, which get an answer too. */
function newId() {
  const bytes = random(new Octets(16));
  let id = "";
  for (let index = 0; index < 16; index += 1) {
    id += HEX[bytes[index] >> 4] + HEX[bytes[index] & 15];
  }
  return id;
}

function send(message) {
  post(message, ORIGIN);
}

function limited(timeout) {
  return typeof timeout === "number" && timeout < LONGEST_MS ? timeout : LONGEST_MS;
}

function report(code, message, message_zh, advice = "", advice_zh = "") {
  return freeze({ code, message, message_zh, advice, advice_zh, reason: "" });
}

function isRecord(value) {
  return typeof value === "object" && value !== null;
}

function own(record, name) {
  return hasOwn(record, name) ? record[name] : undefined;
}

function text(value) {
  return typeof value === "string" ? value : "";
}

function frozen(value) {
  if (isRecord(value)) {
    const names = keys(value);
    for (let index = 0; index < names.length; index += 1) {
      frozen(value[names[index]]);
    }
    freeze(value);
  }
  return value;
}
