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
const { Blob, ArrayBuffer: Buffer } = globalThis;
const { isArray } = Array;
const { isView } = Buffer;
const unbound = Function.prototype.call.bind.bind(Function.prototype.call);
const slice = unbound(Octets.prototype.subarray);
const copied = unbound(Octets.prototype.slice);
const fill = unbound(Octets.prototype.set);
const bufferOf = unbound(Blob.prototype.arrayBuffer);
const isWellFormed = unbound(String.prototype.isWellFormed ?? (() => true));
const encoder = new globalThis.TextEncoder();
const encode = encoder.encode.bind(encoder);
const fromCodes = String.fromCharCode;
const apply = Reflect.apply;
const encode64 = globalThis.btoa.bind(globalThis);
const decode64 = globalThis.atob.bind(globalThis);
const codeAt = unbound(String.prototype.charCodeAt);
const ORIGIN = globalThis.location.origin;
const WINDOW = globalThis.window;
const PROTOCOL = 1;
const HEX = freeze([..."0123456789abcdef"]);
const exec = Function.prototype.call.bind(RegExp.prototype.exec);
/** 44 to 128 characters of base64. */
const CHALLENGE = /^(?=.{44,128}$)[A-Za-z0-9+/]+={0,2}$/;

/** What may be signed at once; anything beyond is refused before it is sent. */
export const SIGN_LIMITS = freeze({
  documentBytes: 32 * 1024 * 1024,
  totalBytes: 64 * 1024 * 1024,
  items: 32,
  textCharacters: 8000,
});
const LONGEST_NAME = 255;
/** Bytes of a document in one message: a multiple of three, so that the pieces' base64 has no end. */
const PIECE_BYTES = 480 * 1024;
/** As many as a call takes arguments everywhere; a multiple of three too. */
const BASE64_BYTES = 24 * 1024;

/** How long the extension may take to say that it is there. */
const PRESENCE_MS = 1500;
/** In so many turns: a page that does not get to run gives what has come meanwhile its turn, too. */
const PRESENCE_TURNS = 3;
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
  "未安装证照管家浏览器扩展,或扩展未获准在本网站使用。",
  "Install the extension, or allow it on this site, then reload the page.",
  "请安装扩展,或在扩展设置中允许其在本网站使用,然后刷新页面。",
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
const TOO_LARGE = report(
  "document_too_large",
  "The document is too large: 32 MB is the most a site may have signed, 64 MB of several.",
  "文件过大:网站最多可请求签署 32 MB 的文件,多个文件合计最多 64 MB。",
  "Sign it with the certificate manager itself.",
  "请直接在证照管家中签署。",
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

/**
 * Have the visitor sign with a token, by question and PIN in the agent's window: a text, a document (a File,
 * or {name, content} with a Blob or bytes), or an array of either, which is one question and one PIN.
 * Resolves with the signature (CMS, CAdES-B), or with an array of them.
 */
export async function sign(
  what,
  { detached = true, thumbprint, onprogress, signal, timeout = PIN_MS } = {},
) {
  const items = await itemsOf(isArray(what) ? what : [what]);
  const params = { items: [], detached: detached !== false };
  if (thumbprint !== undefined) {
    params.thumbprint = `${thumbprint}`;
  }
  await sendAll(items, params.items, { onprogress, signal });
  const answer = await request("browser.sign", params, { signal, timeout });
  const signatures = [];
  for (let index = 0; index < items.length; index += 1) {
    const { head, tail, sha256 } = answer.signatures[index];
    const signature = params.detached ? head : base64(joined(head, items[index].bytes, tail));
    signatures[index] = freeze({ signature, certificate: answer.certificate, sha256 });
  }
  return isArray(what) ? freeze(signatures) : signatures[0];
}

/**
 * Encrypt documents for the holders of certificates (DER in base64): CMS that they alone can open. Asks
 * nobody and needs no token. Resolves with bytes, or of an array with an array.
 */
export async function encrypt(what, certificates, { onprogress, signal, timeout = STATUS_MS } = {}) {
  return transform("browser.encrypt", what, { certificates }, { onprogress, signal, timeout });
}

/**
 * Have the visitor's token decrypt such messages, by question and PIN in the agent's window. Resolves with
 * bytes, or of an array with an array.
 */
export async function decrypt(what, { thumbprint, onprogress, signal, timeout = PIN_MS } = {}) {
  const params = thumbprint === undefined ? {} : { thumbprint: `${thumbprint}` };
  return transform("browser.decrypt", what, params, { onprogress, signal, timeout });
}

/** Send documents, and fetch what the agent has made of each. */
async function transform(method, what, given, { onprogress, signal, timeout }) {
  const items = await itemsOf(isArray(what) ? what : [what]);
  const params = { __proto__: null, ...given, items: [] };
  for (let index = 0; index < items.length; index += 1) {
    if (items[index].name === undefined) {
      throw new OdcError(INVALID); // a text, which is only signed
    }
  }
  await sendAll(items, params.items, { onprogress, signal });
  const { results } = await request(method, params, { signal, timeout });
  const made = [];
  for (let index = 0; index < items.length; index += 1) {
    made[index] = await fetched(results[index], signal);
  }
  return isArray(what) ? made : made[0];
}

async function fetched({ result, size }, signal) {
  const whole = new Octets(size);
  let at = 0;
  do {
    const answer = await request("browser.result", { result, at }, { signal, timeout: STATUS_MS });
    const piece = decode64(answer.piece);
    if (piece.length === 0 && size > 0) {
      throw new OdcError(INVALID);
    }
    write(whole, piece, at);
    at += piece.length;
  } while (at < size);
  return whole;
}

/**
 * Have the visitor sign a text bare, as older portals are used to: resolves with {signature, certificate}, both
 * base64. A signature of `sign` says where it was made; this one does not.
 */
export async function signText(text, { encoding = "utf-8", thumbprint, signal, timeout = PIN_MS } = {}) {
  const params = { text: `${text}`, encoding: `${encoding}` };
  if (thumbprint !== undefined) {
    params.thumbprint = `${thumbprint}`;
  }
  return request("browser.sign_text", params, { signal, timeout });
}

/**
 * The certificate that would sign a hash, with how its key does: Web eID's names. Asks as `certificates` does.
 */
export async function signingCertificate({ signal, timeout = CONSENT_MS } = {}) {
  return request("browser.signing_certificate", {}, { signal, timeout });
}

/**
 * Have the visitor sign a hash (base64; SHA-256, SHA-384 or SHA-512) with one certificate, by question and
 * PIN: only where the administrator allows that to your site, else it is refused as `hash_not_allowed`.
 */
export async function signHash(hash, thumbprint, { signal, timeout = PIN_MS } = {}) {
  const params = { hash: `${hash}`, thumbprint: `${thumbprint}` };
  return request("browser.sign_hash", params, { signal, timeout });
}

/** Check what is to be signed before anything is sent, and read it whole: it may change afterwards. */
async function itemsOf(given) {
  if (given.length === 0 || given.length > SIGN_LIMITS.items) {
    throw new OdcError(INVALID);
  }
  const items = [];
  let total = 0;
  for (let index = 0; index < given.length; index += 1) {
    const item = typeof given[index] === "string" ? textOf(given[index]) : await documentOf(given[index]);
    total += item.bytes.length;
    if (item.bytes.length > SIGN_LIMITS.documentBytes || total > SIGN_LIMITS.totalBytes) {
      throw new OdcError(TOO_LARGE);
    }
    items[index] = item;
  }
  return items;
}

function textOf(text) {
  if (text.length > SIGN_LIMITS.textCharacters || !isWellFormed(text)) {
    throw new OdcError(INVALID);
  }
  return { text, bytes: encode(text) };
}

async function documentOf(given) {
  const name = `${given?.name ?? ""}`;
  const content = given instanceof Blob ? given : given?.content;
  if (name === "" || name.length > LONGEST_NAME || !isWellFormed(name)) {
    throw new OdcError(INVALID);
  }
  if ((content?.size ?? content?.byteLength) > SIGN_LIMITS.documentBytes) {
    throw new OdcError(TOO_LARGE); // before it is read
  }
  if (content instanceof Blob) {
    return { name, bytes: new Octets(await bufferOf(content)) };
  }
  if (isView(content)) {
    return { name, bytes: copied(new Octets(content.buffer, content.byteOffset, content.byteLength)) };
  }
  if (content instanceof Buffer) {
    return { name, bytes: copied(new Octets(content)) };
  }
  throw new OdcError(INVALID);
}

/** Send documents in pieces, one after the other, and describe all items to the agent. */
async function sendAll(items, described, { onprogress, signal }) {
  let total = 0;
  for (let index = 0; index < items.length; index += 1) {
    total += items[index].name === undefined ? 0 : items[index].bytes.length;
  }
  let sent = 0;
  for (let index = 0; index < items.length; index += 1) {
    const { name, text, bytes } = items[index];
    if (name === undefined) {
      described[index] = { text };
      continue;
    }
    const upload = newId();
    let at = 0;
    do {
      const part = slice(bytes, at, at + PIECE_BYTES);
      await request("browser.piece", { upload, piece: base64(part) }, { signal, timeout: STATUS_MS });
      at += PIECE_BYTES;
      sent += part.length;
      tell(onprogress, freeze({ sent, total }));
    } while (at < bytes.length);
    described[index] = { name, upload, size: bytes.length };
  }
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
    const presence = (turns) =>
      later(() => {
        if (turns > 1) {
          untilPong = presence(turns - 1);
        } else {
          giveUp(new OdcError(UNREACHABLE));
        }
      }, PRESENCE_MS / PRESENCE_TURNS);
    let untilPong = presence(PRESENCE_TURNS);
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

/** Bytes as base64, in parts that `apply` takes at once. */
function base64(bytes) {
  let coded = "";
  for (let at = 0; at < bytes.length; at += BASE64_BYTES) {
    coded += encode64(apply(fromCodes, undefined, slice(bytes, at, at + BASE64_BYTES)));
  }
  return coded;
}

function joined(head, bytes, tail) {
  const before = decode64(head);
  const after = decode64(tail);
  const whole = new Octets(before.length + bytes.length + after.length);
  write(whole, before, 0);
  fill(whole, bytes, before.length);
  write(whole, after, before.length + bytes.length);
  return whole;
}

function write(whole, characters, at) {
  for (let index = 0; index < characters.length; index += 1) {
    whole[at + index] = codeAt(characters, index);
  }
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
