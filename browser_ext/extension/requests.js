// What a page may ask for, and who is asking. Content scripts are not trusted either: a page that
// has broken into its renderer speaks with their voice. So everything is checked here once more.

const THUMBPRINT = /^[0-9a-f]{64}$/;
const IDENTIFIER = /^[0-9a-f-]{36}$/;
const NONCE = /^[A-Za-z0-9+/]{42,128}={0,2}$/;
const NONCE_LENGTHS = [44, 128];
/** Of a text that is signed bare; the agent counts them. */
const MOST_TEXT_BYTES = 4096;
const ENCODINGS = ["utf-8", "utf-16le", "gbk"];
const MOST_DAYS = 36_500;
const PAGE_ID = /^[0-9a-f-]{1,64}$/;

const UPLOAD = /^[0-9a-f]{32}$/;
/** 32, 48 or 64 bytes: by SHA-256, SHA-384 or SHA-512. */
const HASH = /^([A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{86}==)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const LONGEST_PIECE = 655_360;
const MOST_ITEMS = 32;
const LONGEST_TEXT = 8000;
const LONGEST_NAME = 255;

const isUse = (value) => value === undefined || value === "signing" || value === "encryption";
const isDays = (value) =>
  value === undefined || (Number.isInteger(value) && Math.abs(value) <= MOST_DAYS);
const isNonce = (value) =>
  matches(NONCE)(value) && value.length >= NONCE_LENGTHS[0] && value.length <= NONCE_LENGTHS[1];
const matches = (pattern) => (value) => typeof value === "string" && pattern.test(value);

const optional = (isValid) => (value) => value === undefined || isValid(value);
const isText = (longest) => (value) => typeof value === "string" && value.length <= longest;
const isPiece = (value) => isText(LONGEST_PIECE)(value) && BASE64.test(value);
const isItems = (value) =>
  Array.isArray(value) && value.length > 0 && value.length <= MOST_ITEMS && value.every(isItem);

/** A text alone, or a document alone: nothing else may stand beside them. */
function isItem(item) {
  const keys = item !== null && typeof item === "object" ? Object.keys(item).sort().join() : "";
  if (keys === "text") {
    return isText(LONGEST_TEXT)(item.text);
  }
  const isSize = Number.isSafeInteger(item?.size) && item.size >= 0;
  return (
    keys === "name,size,upload" && isText(LONGEST_NAME)(item.name) && item.name !== "" &&
    isSize && matches(UPLOAD)(item.upload)
  );
}

const isDocuments = (value) => isItems(value) && value.every((item) => item.text === undefined);
const MOST_RECIPIENTS = 16;
const LONGEST_CERTIFICATE = 10_924;
const isRecipients = (value) =>
  Array.isArray(value) && value.length > 0 && value.length <= MOST_RECIPIENTS &&
  value.every((one) => isText(LONGEST_CERTIFICATE)(one) && BASE64.test(one));

/** Methods a page may call, with a check for each parameter. */
const METHODS = {
  __proto__: null,
  "browser.status": {},
  "browser.certificates": { use: isUse, min_days: isDays },
  "browser.certificate": { thumbprint: matches(THUMBPRINT) },
  "browser.renew": { thumbprint: matches(THUMBPRINT) },
  "browser.renewal": { id: matches(IDENTIFIER) },
  "browser.login": { nonce: isNonce, thumbprint: (value) => value === undefined || matches(THUMBPRINT)(value) },
  "browser.piece": { upload: matches(UPLOAD), piece: isPiece },
  "browser.result": {
    result: matches(UPLOAD),
    at: (value) => Number.isSafeInteger(value) && value >= 0,
  },
  "browser.encrypt": { items: isDocuments, certificates: isRecipients },
  "browser.decrypt": { items: isDocuments, thumbprint: optional(matches(THUMBPRINT)) },
  "browser.sign_text": {
    text: (value) => typeof value === "string" && value !== "" && [...value].length <= MOST_TEXT_BYTES,
    encoding: optional((value) => ENCODINGS.includes(value)),
    thumbprint: optional(matches(THUMBPRINT)),
  },
  "browser.sign_hash": { hash: matches(HASH), thumbprint: matches(THUMBPRINT) },
  "browser.signing_certificate": {},
  "browser.sign": {
    items: isItems,
    detached: optional((value) => typeof value === "boolean"),
    thumbprint: optional(matches(THUMBPRINT)),
  },
};

/** What a policy may forbid by itself, by the methods it is asked for with; null for all others. */
const ACTIONS = [
  [/^browser\.login$/, "login"],
  [/^browser\.sign(_text|_hash)?$/, "sign"],
  [/^browser\.decrypt$/, "decrypt"],
];

/** The action a method is for, as a policy names it, or null. */
export function actionOf(method) {
  return ACTIONS.find(([pattern]) => typeof method === "string" && pattern.test(method))?.[1] ?? null;
}

/** Whether a page may call `method`. */
export const isMethod = (method) => typeof method === "string" && method in METHODS;

/** Whether `value` may be the id a page gave its request. */
export const isPageId = matches(PAGE_ID);

/**
 * Return the parameters of a request, or null where it is not one a page may make.
 * Parameters not listed are dropped, `origin` among them: only the browser says who asks.
 */
export function parametersOf(method, given) {
  const checks = typeof method === "string" ? METHODS[method] : undefined;
  if (!checks || (given !== undefined && (given === null || typeof given !== "object"))) {
    return null;
  }
  const parameters = {};
  for (const [name, isValid] of Object.entries(checks)) {
    const value = given?.[name];
    if (!isValid(value)) {
      return null;
    }
    if (value !== undefined) {
      parameters[name] = value;
    }
  }
  return parameters;
}

/**
 * Return the origin a port speaks for, as the browser vouches for it; null where none may ask.
 * `http://localhost` may only in a developer build.
 */
export function originOf(sender, { isDeveloper = false } = {}) {
  if (!sender?.tab || sender.frameId !== 0) {
    return null;
  }
  const { origin } = sender;
  const address = parsed(origin);
  const isLocal =
    isDeveloper && address?.protocol === "http:" && address.hostname === "localhost";
  // With a dot at its end a host has a second name, past every decision on its first.
  const isSecure = address?.protocol === "https:" && !address.hostname.endsWith(".");
  return isSecure || isLocal ? origin : null;
}

function parsed(address) {
  return URL.canParse(address) ? new URL(address) : null;
}
