// Answers pages written for Web eID's extension, on sites where the user or the administrator switched that
// on and nowhere else: two extensions that both answer would each open a window, and the first answer counts.
//
// The page's messages have fixed names and no ids: one request of each kind at a time. A page gives up a
// second after it asked where nobody has acknowledged that.

(() => {
  "use strict";

  const api = globalThis.chrome;
  const VERSION = "2.0.1";
  const NONCE = /^[A-Za-z0-9+/]{42,128}={0,2}$/;
  const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  const LONGEST_CERTIFICATE = 10_924;
  const CHARACTERS = { __proto__: null, "SHA-256": 44, "SHA-384": 64, "SHA-512": 88 };
  /** What is asked of the agent for each; it signs a hash for sites of the administrator's alone. */
  const METHODS = {
    __proto__: null,
    "web-eid:status": () => ({ method: "browser.status", params: {} }),
    "web-eid:authenticate": ({ challengeNonce }) =>
      typeof challengeNonce === "string" && NONCE.test(challengeNonce)
        ? { method: "browser.login", params: { nonce: challengeNonce } }
        : { code: "invalid_request" },
    "web-eid:get-signing-certificate": () => ({ method: "browser.signing_certificate", params: {} }),
    "web-eid:sign": async ({ certificate, hash, hashFunction }) =>
      isBase64(certificate, LONGEST_CERTIFICATE) && isBase64(hash, CHARACTERS[hashFunction]) &&
      hash.length === CHARACTERS[hashFunction]
        ? { method: "browser.sign_hash", params: { hash, thumbprint: await thumbprintOf(certificate) } }
        : { code: "invalid_request" },
  };
  const CODES = {
    __proto__: null,
    consent_denied: "USER_CANCELLED",
    request_cancelled: "USER_CANCELLED",
    host_missing: "NATIVE_UNAVAILABLE",
    host_lost: "NATIVE_UNAVAILABLE",
    agent_missing: "NATIVE_UNAVAILABLE",
    agent_lost: "NATIVE_UNAVAILABLE",
    agent_too_old: "VERSION_MISMATCH",
    agent_too_new: "VERSION_MISMATCH",
    invalid_request: "NATIVE_INVALID_ARGUMENT",
    rate_limited: "NATIVE_INVALID_ARGUMENT",
  };

  if (window !== window.top || location.origin === "null" || globalThis.odcWebEid) {
    return;
  }
  globalThis.odcWebEid = true;
  const underWay = new Map();
  let isOn = null;
  let port = null;
  window.addEventListener("message", receive);

  async function receive({ isTrusted, source, origin, data }) {
    const action = data?.action;
    const isOwn = isTrusted && source === window && origin === location.origin;
    if (!isOwn || typeof action !== "string" || !(action in METHODS) || underWay.has(action)) {
      return;
    }
    // Asked once for each page: what was switched on counts from the next one on.
    isOn ??= api.runtime.sendMessage({ question: "web-eid" }).catch(() => false);
    if ((await isOn) !== true || underWay.has(action)) {
      return;
    }
    tell(`${action}-ack`);
    underWay.set(action, newId());
    const { code, method, params } = await METHODS[action](data);
    if (code) {
      end(action, { error: { code, message: "The certificate agent does not take this." } });
      return;
    }
    try {
      port ??= connect();
      port.postMessage({ id: underWay.get(action), method, params });
    } catch {
      end(action, { error: { code: "host_missing", message: "The extension was updated: reload the page." } });
    }
  }

  function connect() {
    const opened = api.runtime.connect({ name: "page" });
    opened.onMessage.addListener(({ id, ...outcome }) => {
      const [action] = [...underWay].find(([, known]) => known === id) ?? [];
      if (action) {
        end(action, outcome);
      }
    });
    opened.onDisconnect.addListener(() => {
      void api.runtime.lastError;
      port = null;
      for (const action of [...underWay.keys()]) {
        end(action, { error: { code: "host_lost", message: "The extension ended before it answered." } });
      }
    });
    return opened;
  }

  function end(action, { result, error }) {
    underWay.delete(action);
    if (error) {
      fail(action, error);
      return;
    }
    const isStatus = action === "web-eid:status";
    const extension = isStatus ? api.runtime.getManifest().version : "";
    const said = isStatus ? { library: VERSION, extension, nativeApp: result.agent } : result;
    tell(`${action}-success`, said);
  }

  function fail(action, { code, message, message_zh: messageZh = "" }) {
    const error = { code: `ERR_WEBEID_${CODES[code] ?? "NATIVE_FATAL"}`, message, messageZh, odc: code };
    tell(`${action}-failure`, { error });
  }

  function tell(action, more = {}) {
    window.postMessage({ action, ...more }, location.origin);
  }

  function isBase64(value, longest = 0) {
    return typeof value === "string" && value !== "" && value.length <= longest && BASE64.test(value);
  }

  async function thumbprintOf(certificate) {
    const der = Uint8Array.from(atob(certificate), (character) => character.charCodeAt(0));
    return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", der)));
  }

  function hex(bytes) {
    return [...bytes].map((n) => n.toString(16).padStart(2, "0")).join("");
  }

  function newId() {
    return hex(crypto.getRandomValues(new Uint8Array(16)));
  }
})();
