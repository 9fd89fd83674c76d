// What a certificate says, read on the page (RFC 5280, DER). It is only read: whether it can be believed is
// for the portal's server to find out.

const TEXT = new TextDecoder();
const STRINGS = { 0x1e: "utf-16be", 0x0c: "utf-8", 0x13: "utf-8", 0x16: "utf-8", 0x14: "latin1" };

/** Attribute types of names by their OID, as they are written in front of the value (RFC 4514). */
const NAMES = {
  "2.5.4.3": "CN",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "1.2.840.113549.1.9.1": "E",
};

export class CertificateError extends Error {
  constructor(message) {
    super(message);
    this.name = "CertificateError";
  }
}

/**
 * Read a certificate in base64.
 *
 * Names are arrays of [type, value]: the type as in RFC 4514, or its OID. `extensions` are values (DER) by
 * OID. Throws CertificateError where it is none.
 */
export function readCertificate(base64) {
  const der = fromBase64(base64);
  try {
    const parts = [...children(first(children(element(der, 0))))];
    const version = parts[0].tag === 0xa0 ? first(children(parts.shift())).content[0] + 1 : 1;
    const [serial, , issuer, validity, subject, key, ...rest] = parts;
    const [notBefore, notAfter] = [...children(validity)].map(timeOf);
    return {
      version,
      serial: hex(serial.content),
      issuer: nameOf(issuer),
      subject: nameOf(subject),
      notBefore,
      notAfter,
      publicKey: key.whole,
      extensions: extensionsOf(rest.find(({ tag }) => tag === 0xa3)),
    };
  } catch (error) {
    throw error instanceof CertificateError ? error : new CertificateError("not a certificate");
  }
}

/** The algorithm and, of curves, the curve of a SubjectPublicKeyInfo, both as OIDs. */
export function keyAlgorithm(publicKey) {
  const [algorithm, parameter] = [...children(first(children(element(publicKey, 0))))];
  return [oidOf(algorithm.content), parameter?.tag === 6 ? oidOf(parameter.content) : ""];
}

/** The text of a value, where it is one, else its bytes in base64. */
export function textOf(value) {
  try {
    const found = element(value, 0);
    const encoding = STRINGS[found.tag];
    if (encoding && found.whole.length === value.length) {
      return new TextDecoder(encoding).decode(found.content);
    }
  } catch {
    // no DER: some authorities write bare text
  }
  const bare = TEXT.decode(value);
  return /^[\x20-\x7e\u4e00-\u9fff]+$/.test(bare) ? bare : toBase64(value);
}

export function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text) {
  try {
    return Uint8Array.from(atob(`${text}`.replace(/\s+/g, "")), (letter) => letter.charCodeAt(0));
  } catch {
    throw new CertificateError("not base64");
  }
}

/** The element that begins at `from`; its content is a view. */
function element(bytes, from) {
  const tag = bytes[from];
  let length = bytes[from + 1];
  let start = from + 2;
  if (length > 0x80 && length < 0x85) {
    const octets = bytes.subarray(start, start + length - 0x80);
    start += octets.length;
    length = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  }
  const end = start + length;
  if (!(end <= bytes.length)) {
    throw new CertificateError("cut off");
  }
  return { tag, content: bytes.subarray(start, end), whole: bytes.subarray(from, end) };
}

function* children({ content }) {
  for (let from = 0; from < content.length; ) {
    const found = element(content, from);
    yield found;
    from += found.whole.length;
  }
}

function first(iterator) {
  const { value } = iterator.next();
  if (!value) {
    throw new CertificateError("empty");
  }
  return value;
}

function nameOf(name) {
  const found = [];
  for (const set of children(name)) {
    for (const attribute of children(set)) {
      const [type, value] = [...children(attribute)];
      const oid = oidOf(type.content);
      found.push([NAMES[oid] ?? oid, textOf(value.whole)]);
    }
  }
  return found;
}

function timeOf({ tag, content }) {
  const digits = TEXT.decode(content);
  const year = tag === 0x17 ? (digits < "5" ? "20" : "19") + digits.slice(0, 2) : digits.slice(0, 4);
  const [month, day, hour, minute, second] = digits.slice(tag === 0x17 ? 2 : 4).match(/\d\d/g);
  return new Date(Date.UTC(+year, month - 1, +day, +hour, +minute, +second));
}

function extensionsOf(wrapped) {
  const found = {};
  if (wrapped) {
    for (const extension of children(first(children(wrapped)))) {
      const parts = [...children(extension)];
      found[oidOf(parts[0].content)] = parts.at(-1).content;
    }
  }
  return found;
}

function oidOf(content) {
  const numbers = [];
  let number = 0;
  for (const octet of content) {
    number = number * 128 + (octet & 0x7f);
    if (octet < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [head = 0, ...others] = numbers;
  const top = Math.min(2, Math.floor(head / 40));
  return [top, head - 40 * top, ...others].join(".");
}

function hex(bytes) {
  return [...bytes].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}
