// The names of web-eid.js over the agent's own page protocol: a portal that logs people in with Web eID swaps
// one script. Logging in works as there. `sign` wants a bare hash signed, and an organisation's one key also
// logs in, so that whoever chooses the hash could be logged in as that organisation elsewhere: it is refused
// unless the administrator allows it to the site.

import * as odc from "./odc.js";

const { freeze } = Object;

/** Names of the messages of Web eID; here they only name what is under way. */
export const Action = freeze({
  WARNING: "web-eid:warning",
  ...Object.fromEntries(
    ["status", "authenticate", "get-signing-certificate", "sign"].flatMap((name) =>
      ["", "ack", "success", "failure"].map((end) => {
        const key = [name, end].filter(Boolean).join("-");
        return [key.replaceAll("-", "_").toUpperCase(), `web-eid:${key}`];
      }),
    ),
  ),
});

export const config = freeze({
  VERSION: "2.0.1",
  EXTENSION_HANDSHAKE_TIMEOUT: 1000,
  NATIVE_APP_HANDSHAKE_TIMEOUT: 5000,
  DEFAULT_USER_INTERACTION_TIMEOUT: 120_000,
  MAX_EXTENSION_LOAD_DELAY: 1000,
});

/** Whatever goes wrong. `odc` is the agent's own error, with sentences in both languages. */
class WebEidError extends Error {
  constructor(message, odcError) {
    super(message ?? odcError?.message, { cause: odcError });
    this.name = this.constructor.name;
    this.code = this.constructor.code;
    this.odc = odcError;
  }
}

const named = (code, name) =>
  ({
    [name]: class extends WebEidError {
      static code = `ERR_WEBEID_${code}`;
    },
  })[name];

export const ActionPendingError = named("ACTION_PENDING", "ActionPendingError");
export const ActionTimeoutError = named("ACTION_TIMEOUT", "ActionTimeoutError");
export const ContextInsecureError = named("CONTEXT_INSECURE", "ContextInsecureError");
export const ExtensionUnavailableError = named("EXTENSION_UNAVAILABLE", "ExtensionUnavailableError");
export const MissingParameterError = named("MISSING_PARAMETER", "MissingParameterError");
export const NativeFatalError = named("NATIVE_FATAL", "NativeFatalError");
export const NativeInvalidArgumentError = named("NATIVE_INVALID_ARGUMENT", "NativeInvalidArgumentError");
export const NativeUnavailableError = named("NATIVE_UNAVAILABLE", "NativeUnavailableError");
export const UnknownError = named("UNKNOWN_ERROR", "UnknownError");
export const UserCancelledError = named("USER_CANCELLED", "UserCancelledError");
export const UserTimeoutError = named("USER_TIMEOUT", "UserTimeoutError");
export const VersionInvalidError = named("VERSION_INVALID", "VersionInvalidError");
export const VersionMismatchError = named("VERSION_MISMATCH", "VersionMismatchError");
const ERRORS = [
  ActionPendingError, ActionTimeoutError, ContextInsecureError, ExtensionUnavailableError,
  MissingParameterError, NativeFatalError, NativeInvalidArgumentError, NativeUnavailableError,
  UnknownError, UserCancelledError, UserTimeoutError, VersionInvalidError, VersionMismatchError,
];

/** A page wants a hash signed that it chose; no administrator allows that to its site. */
export class HashNotSignedError extends WebEidError {
  static code = "ERR_ODC_HASH_NOT_SIGNED";
  messageZh = "证照管家不对网页给出的摘要值签名。";
  constructor(_message, odcError) {
    super("The certificate agent signs no hash that a page chose; sign the document or the text instead.", odcError);
  }
}

export const ErrorCode = freeze(Object.fromEntries(ERRORS.map(({ code }) => [code, code])));

/** What an error of the agent's is to a page of Web eID. */
const CLASSES = {
  __proto__: null,
  consent_denied: UserCancelledError,
  aborted: UserCancelledError,
  timeout: UserTimeoutError,
  extension_unreachable: ExtensionUnavailableError,
  extension_lost: ExtensionUnavailableError,
  host_missing: NativeUnavailableError,
  host_lost: NativeUnavailableError,
  agent_missing: NativeUnavailableError,
  agent_lost: NativeUnavailableError,
  agent_too_old: VersionMismatchError,
  agent_too_new: VersionMismatchError,
  challenge_invalid: NativeInvalidArgumentError,
  invalid_request: NativeInvalidArgumentError,
  hash_not_allowed: HashNotSignedError,
};

const STATES = {
  __proto__: null,
  ready: null,
  extension_unreachable: ExtensionUnavailableError,
  agent_too_old: VersionMismatchError,
  agent_too_new: VersionMismatchError,
};

const underWay = new Set();

/** One request of a kind at a time, as there; every error becomes one of Web eID's. */
async function alone(action, work) {
  if (underWay.has(action)) {
    throw new ActionPendingError("the same action is already pending");
  }
  if (!globalThis.isSecureContext) {
    throw new ContextInsecureError("a secure context is required");
  }
  underWay.add(action);
  try {
    return await work();
  } catch (error) {
    throw error instanceof odc.OdcError ? translated(error) : error;
  } finally {
    underWay.delete(action);
  }
}

function translated(error) {
  return new (CLASSES[error.code] ?? NativeFatalError)(undefined, error);
}

function required(value, name, of) {
  if (!value) {
    throw new MissingParameterError(`${of} requires ${name}`);
  }
}

/** Time for a person, with what Web eID allows for the rest. */
const waiting = ({ userInteractionTimeout } = {}) => ({
  timeout: (userInteractionTimeout ?? config.DEFAULT_USER_INTERACTION_TIMEOUT) + 6000,
});

export function status() {
  return alone(Action.STATUS, async () => {
    const { state, agent, extension } = await odc.status();
    const Problem = state in STATES ? STATES[state] : NativeUnavailableError;
    if (Problem) {
      throw Object.assign(new Problem(state), { library: config.VERSION });
    }
    return { library: config.VERSION, extension, nativeApp: agent };
  });
}

export async function authenticate(challengeNonce, options) {
  required(challengeNonce, "a challengeNonce", "authenticate");
  return alone(Action.AUTHENTICATE, async () => ({ ...(await odc.login(challengeNonce, waiting(options))) }));
}

/** The first certificate that would sign now. */
export function getSigningCertificate(options) {
  return alone(Action.GET_SIGNING_CERTIFICATE, async () => ({ ...(await odc.signingCertificate(waiting(options))) }));
}

/** Characters of base64 by hash function. */
const HASHES = { __proto__: null, "SHA-256": 44, "SHA-384": 64, "SHA-512": 88 };

export async function sign(certificate, hash, hashFunction, options) {
  required(certificate, "a certificate", "sign");
  required(hash, "a hash", "sign");
  required(hashFunction, "a hashFunction", "sign");
  return alone(Action.SIGN, async () => {
    if (hash.length !== HASHES[hashFunction]) {
      throw new NativeInvalidArgumentError("a hash by SHA-256, SHA-384 or SHA-512 is needed");
    }
    return { ...(await odc.signHash(hash, await thumbprintOf(certificate), waiting(options))) };
  });
}

async function thumbprintOf(certificate) {
  let der;
  try {
    der = Uint8Array.from(atob(certificate), (character) => character.charCodeAt(0));
  } catch (error) {
    throw new NativeInvalidArgumentError(`the certificate is not base64: ${error.message}`);
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", der));
  return [...digest].map((n) => n.toString(16).padStart(2, "0")).join("");
}
