// The SOF_ functions that portals of the Chinese authorities call (GM/T 0020, GB/T 43694), over the agent's
// own page protocol: those a portal needs to log its visitors in, to see what a certificate says, and to have
// texts signed.
//
// Each is a promise, and takes a callback after its arguments, called with the same value. As with the
// plug-ins these replace, what fails is an empty text, or false; GetLastError says which error it was. The
// difference that counts: no function here takes a PIN. It is asked for by the agent, in a window of its own.

import * as odc from "./odc.js";
import { readCertificate, textOf, toBase64 } from "./odc-x509.js";

/** Codes of GM/T 0020, annex A, that occur here. */
export const SOR = Object.freeze({
  OK: 0,
  UnknownErr: 0x0b000001,
  NotSupportYetErr: 0x0b000002,
  AlgoTypeErr: 0x0b000007,
  TimeoutErr: 0x0b000101,
  IndataErr: 0x0b000201,
});

/** Signature algorithms of GM/T 0006. */
export const SGD = Object.freeze({ SHA256_RSA: 0x00010004, SM3_SM2: 0x00020201 });

const CODES = {
  __proto__: null,
  timeout: SOR.TimeoutErr,
  invalid_request: SOR.IndataErr,
  challenge_invalid: SOR.IndataErr,
  certificate_not_found: SOR.IndataErr,
  text_refused: SOR.IndataErr,
};

let lastError = SOR.OK;
/** The agent's own error behind it, with sentences in both languages; null where there is none. */
let lastOdcError = null;
let signMethod = SGD.SHA256_RSA;

class SofError extends Error {
  constructor(code) {
    super(`SOF error ${code}`);
    this.sof = code;
  }
}

/** Return `work` as these functions are called: by promise or with a callback, failing with `failed`. */
function sof(failed, work) {
  return async (...given) => {
    const callback = typeof given.at(-1) === "function" ? given.pop() : null;
    let value = failed;
    try {
      value = await work(...given);
      lastError = SOR.OK;
      lastOdcError = null;
    } catch (error) {
      lastError = error.sof ?? CODES[error.code] ?? SOR.UnknownErr;
      lastOdcError = error instanceof odc.OdcError ? error : null;
    }
    callback?.(value);
    return value;
  };
}

function parsed(certificate) {
  try {
    return readCertificate(certificate);
  } catch {
    throw new SofError(SOR.IndataErr);
  }
}

/** `name||container&&&…`: the container is the certificate's thumbprint. */
export const SOF_GetUserList = sof("", async () => {
  const found = await odc.certificates({ use: "signing" });
  return found.map(({ organisation, thumbprint }) => `${organisation}||${thumbprint}&&&`).join("");
});

/** The signing certificate of a container, in base64 without line breaks. */
export const SOF_ExportUserCert = sof("", (container) => odc.certificate(container));

/** The encryption certificate of the same organisation. */
export const SOF_ExportExChangeUserCert = sof("", async (container) => {
  const all = await odc.certificates();
  const own = all.find(({ thumbprint }) => thumbprint === container);
  const other = all.find(({ use, organisation }) => use === "encryption" && organisation === own?.organisation);
  if (!other) {
    throw new SofError(SOR.IndataErr);
  }
  return odc.certificate(other.thumbprint);
});

/** True where the certificate is plugged in. A PIN that is handed over is not looked at. */
export const SOF_Login = sof(false, async (container) => {
  const found = await odc.certificates({ use: "signing" });
  return found.some(({ thumbprint }) => thumbprint === container);
});

/**
 * What the field's log-ins have signed as a random text: here Web eID's token, as JSON. Its signature counts
 * for this origin alone. `challenge` is 44 to 128 characters of base64.
 */
export const ODC_Login = sof("", async (container, challenge) =>
  JSON.stringify(await odc.login(challenge, { thumbprint: container })),
);

/**
 * A text signed bare, in base64: RSA with SHA-256, SM2 with SM3 (DER of r and s). Text alone: random bytes are
 * refused. `encoding` is how your server has it: "utf-8", "utf-16le" or "gbk".
 */
export const SOF_SignData = sof("", async (container, text, encoding = "utf-8") => {
  if (typeof text !== "string") {
    throw new SofError(SOR.IndataErr);
  }
  return (await odc.signText(text, { encoding, thumbprint: container })).signature;
});

/**
 * A text signed, as CMS in base64 without line breaks: flag 0 with the text in it, 1 without. The visitor is
 * shown the text and asked for the PIN. It is signed as UTF-8, and with the page's origin beside it.
 */
export const SOF_SignMessage = sof("", async (flag, container, text) => {
  if (typeof text !== "string" || ![0, 1].includes(Number(flag))) {
    throw new SofError(SOR.IndataErr);
  }
  const { signature } = await odc.sign(text, { detached: Number(flag) === 1, thumbprint: container });
  return signature;
});

/** One of `SGD`; the key decides all the same, and RSA signs with SHA-256, never with SHA-1. */
export const SOF_SetSignMethod = sof(false, (method) => {
  if (!Object.values(SGD).includes(Number(method))) {
    throw new SofError(SOR.AlgoTypeErr);
  }
  signMethod = Number(method);
  return true;
});

export const SOF_GetSignMethod = sof(0, () => signMethod);

/** What a certificate says, by the numbers of GM/T 0006; names as `CN=…,O=…`, times in China's. */
export const SOF_GetCertInfo = sof("", (certificate, type) => {
  const info = INFO[Number(type)];
  if (!info) {
    throw new SofError(SOR.NotSupportYetErr);
  }
  return info(parsed(certificate));
});

/** An extension's text; base64 of its value where that is no text. */
export const SOF_GetCertInfoByOid = sof("", (certificate, oid) => {
  const value = parsed(certificate).extensions[`${oid}`];
  return value ? textOf(value) : "";
});

export const SOF_GetVersion = sof("", async () => (await odc.status()).agent ?? "");

/** The code of the last call; not a promise. */
export function SOF_GetLastError() {
  return lastError;
}

/** The agent's own error of the last call, for what a visitor is told; not a promise. */
export function ODC_GetLastError() {
  return lastOdcError;
}

const part = (field, type) => (read) => read[field].filter(([name]) => name === type).map(([, v]) => v).join(",");
const whole = (field) => (read) => read[field].map(([name, value]) => `${name}=${value}`).join(",");

const INFO = {
  0x01: ({ version }) => `V${version}`,
  0x02: ({ serial }) => serial.toUpperCase(),
  0x05: whole("issuer"),
  0x06: ({ notBefore, notAfter }) => `${inChina(notBefore)}~${inChina(notAfter)}`,
  0x07: whole("subject"),
  0x08: ({ publicKey }) => toBase64(publicKey),
  0x21: part("issuer", "CN"),
  0x22: part("issuer", "O"),
  0x23: part("issuer", "OU"),
  0x31: part("subject", "CN"),
  0x32: part("subject", "O"),
  0x33: part("subject", "OU"),
  0x34: part("subject", "E"),
};

function inChina(date) {
  return date.toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" });
}
