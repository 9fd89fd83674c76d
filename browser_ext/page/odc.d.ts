/** Page library of the certificate agent. Results have the field names of the wire. */

export type State =
  | "ready"
  /** Missing, or not allowed on this site: a page cannot tell which. */
  | "extension_unreachable"
  /** `reason`: `not_found`, `forbidden` or `failed_to_start`. */
  | "host_missing"
  | "agent_missing"
  | "agent_too_old"
  | "agent_too_new";

export interface Status {
  readonly state: State;
  /** The agent's version, when ready. */
  readonly agent?: string;
  /** The extension's version, when it is reachable. */
  readonly extension?: string;
  readonly reason?: string;
}

export type Use = "signing" | "encryption";

export interface Certificate {
  readonly thumbprint: string;
  readonly use: string;
  readonly organisation: string;
  /** Unified social credit code (统一社会信用代码). */
  readonly uscc: string | null;
  readonly issuer: string;
  readonly serial: string;
  /** ISO 8601, UTC. */
  readonly not_before: string;
  readonly not_after: string;
  /** Calendar days of China Standard Time; negative once expired. */
  readonly days_left: number;
  readonly status: string;
  /** How long it still is, or is no longer, valid, in the user's language. */
  readonly text: string;
}

export interface Renewal {
  readonly id: string;
  readonly state: string;
  /** TOKEN, PIN, APPLICANT, REVIEW, SMS_CODE, NETWORK, SPACE, SECRET; null while it works or has ended. */
  readonly waiting: string | null;
}

export interface Options {
  /** Aborting rejects with code `aborted` and takes the request back, a question to the user too. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the promise rejects with code `timeout`; every call has a limit. */
  readonly timeout?: number;
}

export interface CertificatesOptions extends Options {
  readonly use?: Use;
  /** Only certificates valid for at least so many days; negative: expired no longer ago. */
  readonly minDays?: number;
}

export interface RenewOptions extends Options {
  /** Called with each state, the first and the last included. */
  readonly onprogress?: (renewal: Renewal) => void;
}

export interface LoginOptions extends Options {
  /** Only this certificate, as `certificates()` names it. */
  readonly thumbprint?: string;
}

/** What may be signed at once. */
export const SIGN_LIMITS: {
  readonly documentBytes: number;
  readonly totalBytes: number;
  readonly items: number;
  readonly textCharacters: number;
};

/** A document: a File, or a name with its content. */
export type Document =
  | File
  | { readonly name: string; readonly content: Blob | ArrayBuffer | ArrayBufferView };

export interface SignOptions extends Options {
  /** Without the content in the signature; true where nothing is said. */
  readonly detached?: boolean;
  /** Only this certificate, as `certificates()` names it. */
  readonly thumbprint?: string;
  /** Bytes of documents on their way to the agent. */
  readonly onprogress?: (progress: { readonly sent: number; readonly total: number }) => void;
}

export interface Signature {
  /** CMS SignedData (CAdES-B), DER in base64. */
  readonly signature: string;
  /** The signer's, DER in base64. */
  readonly certificate: string;
  /** Of what was signed, in hex. */
  readonly sha256: string;
}

/** What the server checks: Web eID's authentication token, or its like for SM2. */
export interface LoginToken {
  /** DER in base64. */
  readonly unverifiedCertificate: string;
  readonly algorithm: "RS256" | "ES256" | "ES384" | "sm2sig_sm3";
  /** Base64; of curves r and s side by side. Signed is H(origin) and H(challenge), one after the other. */
  readonly signature: string;
  readonly format: "web-eid:1.0" | "odc-sm2:1.0";
  readonly appVersion: string;
}

/** What an error's `code` may be; later versions may add to it. */
export type Code =
  // the library and the extension
  | "extension_unreachable"
  | "extension_lost"
  | "timeout"
  | "aborted"
  | "invalid_request"
  | "challenge_invalid"
  | "hash_not_allowed"
  | "document_too_large"
  | "too_much_at_once"
  | "upload_missing"
  | "own_message"
  | "envelope_unreadable"
  | "not_decrypted"
  | "recipient_unfit"
  | "host_missing"
  | "host_lost"
  | "renewal_cancelled"
  | "renewal_failed"
  // the host
  | "agent_missing"
  | "agent_lost"
  | "agent_too_old"
  | "agent_too_new"
  | "answer_too_large"
  // the agent
  | "consent_denied"
  | "consent_unavailable"
  | "origin_not_allowed"
  | "rate_limited"
  | "no_token"
  | "certificate_not_found"
  | "certificate_damaged"
  | "not_renewable"
  | "skf_driver_needed"
  | "no_authority"
  | "renewal_not_found"
  | "not_saved"
  | "certificate_expired"
  | "certificate_not_yet_valid"
  | "certificate_unsuitable"
  | "not_signed"
  | "text_refused"
  | "internal";

export class OdcError extends Error {
  readonly code: Code | (string & {});
  readonly reason: string;
  /** The sentence in Chinese; `message` is in English. */
  readonly messageZh: string;
  /** What to do next; empty where nothing can be done. */
  readonly advice: string;
  readonly adviceZh: string;
}

/** Does not ask the user and says nothing about tokens. */
export function status(options?: Options): Promise<Status>;
/** Asks the user once per site. */
export function certificates(options?: CertificatesOptions): Promise<readonly Certificate[]>;
/** One of these certificates whole: DER in base64. */
export function certificate(thumbprint: string, options?: Options): Promise<string>;
/**
 * Opens the agent's window. A renewal takes days and outlives the page: keep the id that
 * `onprogress` gives and ask `renewal(id)` later. Rejects with `renewal_cancelled`,
 * `renewal_failed`, or what kept it from starting.
 */
export function renew(thumbprint: string, options?: RenewOptions): Promise<Renewal>;
export function renewal(id: string, options?: Options): Promise<Renewal>;
/** A bare signature over a text, shown whole: RSA PKCS#1 v1.5, of curves DER; both values in base64. */
export function signText(
  text: string,
  options?: LoginOptions & { readonly encoding?: "utf-8" | "utf-16le" | "gbk" },
): Promise<{ readonly signature: string; readonly certificate: string }>;
export interface SignatureAlgorithm {
  readonly cryptoAlgorithm: "RSA" | "ECC";
  readonly hashFunction: "SHA-256" | "SHA-384" | "SHA-512";
  readonly paddingScheme: "PKCS1.5" | "NONE";
}
/** The certificate that would sign a hash. */
export function signingCertificate(options?: Options): Promise<{
  readonly certificate: string;
  readonly supportedSignatureAlgorithms: readonly SignatureAlgorithm[];
}>;
/** Only where the administrator allows it to your site; else `hash_not_allowed`. */
export function signHash(
  hash: string,
  thumbprint: string,
  options?: Options,
): Promise<{ readonly signature: string; readonly signatureAlgorithm: SignatureAlgorithm }>;
/** Asks the user each time, with the PIN. The challenge is 44 to 128 characters of base64, used once. */
export function login(challenge: string, options?: LoginOptions): Promise<LoginToken>;
/**
 * Asks the user each time, with the PIN; several documents are one question. A text is signed as UTF-8.
 */
export function sign(what: string | Document, options?: SignOptions): Promise<Signature>;
export function sign(
  what: readonly (string | Document)[],
  options?: SignOptions,
): Promise<readonly Signature[]>;
/** Encrypts for the holders of certificates (DER in base64), as `certificate()` or your server has them. */
export function encrypt(
  what: Document,
  certificates: readonly string[],
  options?: Omit<SignOptions, "detached" | "thumbprint">,
): Promise<Uint8Array>;
export function encrypt(
  what: readonly Document[],
  certificates: readonly string[],
  options?: Omit<SignOptions, "detached" | "thumbprint">,
): Promise<readonly Uint8Array[]>;
/** Asks the user each time, with the PIN: CMS EnvelopedData for the token's encryption certificate. */
export function decrypt(
  what: Document,
  options?: Omit<SignOptions, "detached">,
): Promise<Uint8Array>;
export function decrypt(
  what: readonly Document[],
  options?: Omit<SignOptions, "detached">,
): Promise<readonly Uint8Array[]>;
