// The page libraries with other names: Web eID's and SOF_. The agent is the test's; certificates are openssl's.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, webcrypto, X509Certificate } from "node:crypto";
import { beforeEach, describe, it } from "node:test";

const ORIGIN = "https://www.sz.gov.cn";
const CHALLENGE = "A".repeat(44);
const posted = [];
let receive;

globalThis.crypto ??= webcrypto; // where node is older than 20
globalThis.window = { addEventListener: (_name, listener) => (receive = listener) };
globalThis.location = { origin: ORIGIN };
globalThis.isSecureContext = true;
globalThis.postMessage = (message) => {
  posted.push(message);
  answerNext(message);
};
const webeid = await import("../../browser_ext/page/odc-webeid.js");
const sof = await import("../../browser_ext/page/odc-sof.js");
const { readCertificate, textOf } = await import("../../browser_ext/page/odc-x509.js");

/** The agent's answers, by method; an error where there is a code. */
let agent = {};

function answerNext({ kind, id, method, params }) {
  if (kind !== "request") {
    return;
  }
  const answer = agent[method]?.(params) ?? { error: { code: "invalid_request", message: method } };
  const outcome = answer.error ? answer : { result: answer };
  setTimeout(() => receive({ data: { odc: 1, kind: "reply", id, more: false, ...outcome }, source: window, origin: ORIGIN }));
}

function openssl(...more) {
  const base = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null"];
  const der = execFileSync("openssl", [...base, "-days", "30", "-utf8", "-outform", "DER", ...more], { stdio: ["ignore", "pipe", "ignore"] });
  return der.toString("base64");
}

const CERTIFICATE = openssl(
  "-subj", "/C=CN/O=深圳市样例有限公司/OU=财务/CN=样例/emailAddress=a@example.cn",
  "-addext", "1.2.86.11.7.1=ASN1:UTF8String:91440300MA5DA0000F",
);
const listed = [
  { thumbprint: "a".repeat(64), use: "signing", organisation: "深圳市样例有限公司" },
  { thumbprint: "b".repeat(64), use: "encryption", organisation: "深圳市样例有限公司" },
];
const usual = {
  "browser.status": () => ({ agent: "1.2.3" }),
  "browser.certificates": ({ use }) => ({ certificates: listed.filter((one) => !use || one.use === use) }),
  "browser.certificate": () => ({ certificate: CERTIFICATE }),
  "browser.login": ({ nonce }) => ({ format: "web-eid:1.0", algorithm: "ES256", signature: nonce }),
};
const failing = (code) => () => ({ error: { code, message: code, message_zh: code } });

beforeEach(() => {
  agent = { ...usual };
  posted.splice(0);
});

describe("what a certificate says", () => {
  const read = readCertificate(CERTIFICATE);
  const theirs = new X509Certificate(Buffer.from(CERTIFICATE, "base64"));

  it("is what another reader says", () => {
    assert.equal(read.version, 3);
    assert.equal(read.serial.toUpperCase().replace(/^0+/, ""), theirs.serialNumber.replace(/^0+/, ""));
    assert.equal(read.notAfter.getTime(), Date.parse(theirs.validTo));
    assert.equal(read.notBefore.getTime(), Date.parse(theirs.validFrom));
    const key = theirs.publicKey.export({ type: "spki", format: "der" });
    assert.deepEqual(Buffer.from(read.publicKey), key);
    assert.deepEqual(Object.fromEntries(read.subject).O, "深圳市样例有限公司");
    assert.equal(textOf(read.extensions["1.2.86.11.7.1"]), "91440300MA5DA0000F");
  });

  it("is an error where there is none, never a hang", () => {
    const der = Buffer.from(CERTIFICATE, "base64");
    for (let length = 0; length < der.length; length += 7) {
      assert.throws(() => readCertificate(der.subarray(0, length).toString("base64")), { name: "CertificateError" });
    }
    assert.throws(() => readCertificate("no base64!"), { name: "CertificateError" });
  });
});

describe("Web eID's names", () => {
  it("say that the agent is there, and log in", async () => {
    assert.deepEqual(await webeid.status(), { library: webeid.config.VERSION, extension: undefined, nativeApp: "1.2.3" });
    assert.equal((await webeid.authenticate(CHALLENGE)).signature, CHALLENGE);
    assert.deepEqual(posted.at(-1).params, { nonce: CHALLENGE });
  });

  for (const [code, name] of [
    ["consent_denied", "UserCancelledError"],
    ["timeout", "UserTimeoutError"],
    ["host_missing", "NativeUnavailableError"],
    ["agent_lost", "NativeUnavailableError"],
    ["agent_too_old", "VersionMismatchError"],
    ["certificate_expired", "NativeFatalError"],
    ["not_signed", "NativeFatalError"],
  ]) {
    it(`have ${name} for ${code}, with our own sentences in it`, async () => {
      agent["browser.login"] = failing(code);
      await assert.rejects(webeid.authenticate(CHALLENGE), (error) => {
        assert.ok(error instanceof webeid[name]);
        assert.deepEqual([error.name, error.code, error.odc.code], [name, webeid[name].code, code]);
        assert.ok(error.code in webeid.ErrorCode);
        assert.equal(error.odc.messageZh, code);
        return true;
      });
    });
  }

  it("refuse what there is nothing to ask with, and what is asked already", async () => {
    await assert.rejects(webeid.authenticate(), webeid.MissingParameterError);
    await assert.rejects(webeid.authenticate("short"), webeid.NativeInvalidArgumentError);
    const first = webeid.authenticate(CHALLENGE);
    await assert.rejects(webeid.authenticate(CHALLENGE), webeid.ActionPendingError);
    await first;
  });

  it("give the certificate, and sign a hash with it where the administrator allows that alone", async () => {
    const algorithm = { cryptoAlgorithm: "ECC", hashFunction: "SHA-256", paddingScheme: "NONE" };
    const signing = { certificate: CERTIFICATE, supportedSignatureAlgorithms: [algorithm] };
    agent["browser.signing_certificate"] = () => signing;
    const found = await webeid.getSigningCertificate();
    assert.deepEqual(found, signing);
    const hash = Buffer.alloc(32).toString("base64");
    agent["browser.sign_hash"] = failing("hash_not_allowed");
    await assert.rejects(webeid.sign(found.certificate, hash, "SHA-256"), (error) => {
      assert.ok(error instanceof webeid.HashNotSignedError);
      assert.deepEqual([error.code, error.odc.code], ["ERR_ODC_HASH_NOT_SIGNED", "hash_not_allowed"]);
      assert.ok(error.messageZh);
      return true;
    });
    agent["browser.sign_hash"] = () => ({ signature: "AAAA", signatureAlgorithm: algorithm });
    const signed = await webeid.sign(found.certificate, hash, "SHA-256");
    assert.deepEqual(signed, { signature: "AAAA", signatureAlgorithm: algorithm });
    const thumbprint = createHash("sha256").update(Buffer.from(CERTIFICATE, "base64")).digest("hex");
    assert.deepEqual(posted.at(-1).params, { hash, thumbprint });
  });

  it("take no hash of another length or function", async () => {
    const hash = Buffer.alloc(32).toString("base64");
    for (const [certificate, some, name] of [[CERTIFICATE, hash, "SHA-384"], [CERTIFICATE, hash, "SHA3-256"], ["?", hash, "SHA-256"]]) {
      await assert.rejects(webeid.sign(certificate, some, name), webeid.NativeInvalidArgumentError);
    }
    assert.deepEqual(posted, []);
  });
});

describe("SOF_ names", () => {
  it("list and export, as a promise and by a callback", async () => {
    const list = await sof.SOF_GetUserList();
    assert.equal(list, `深圳市样例有限公司||${"a".repeat(64)}&&&`);
    const [, container] = list.split("&&&")[0].split("||");
    const given = await new Promise((done) => sof.SOF_ExportUserCert(container, done));
    assert.equal(given, CERTIFICATE);
    await sof.SOF_ExportExChangeUserCert(container);
    assert.equal(posted.at(-1).params.thumbprint, "b".repeat(64));
    assert.equal(sof.SOF_GetLastError(), sof.SOR.OK);
  });

  it("tell what a certificate says", async () => {
    for (const [type, said] of [
      [1, "V3"],
      [0x31, "样例"],
      [0x32, "深圳市样例有限公司"],
      [0x33, "财务"],
      [0x34, "a@example.cn"],
      [7, "C=CN,O=深圳市样例有限公司,OU=财务,CN=样例,E=a@example.cn"],
    ]) {
      assert.equal(await sof.SOF_GetCertInfo(CERTIFICATE, type), said);
    }
    assert.match(await sof.SOF_GetCertInfo(CERTIFICATE, 6), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d~\d{4}-\d\d-\d\d /);
    assert.equal(await sof.SOF_GetCertInfoByOid(CERTIFICATE, "1.2.86.11.7.1"), "91440300MA5DA0000F");
    assert.equal(await sof.SOF_GetCertInfoByOid(CERTIFICATE, "1.2.3"), "");
    assert.equal(await sof.SOF_GetCertInfo(CERTIFICATE, 0x99), "");
    assert.equal(sof.SOF_GetLastError(), sof.SOR.NotSupportYetErr);
    assert.equal(await sof.SOF_GetCertInfo("no certificate", 1), "");
    assert.equal(sof.SOF_GetLastError(), sof.SOR.IndataErr);
  });

  it("take no PIN: it goes nowhere, and is not what decides", async () => {
    assert.equal(await sof.SOF_Login("a".repeat(64), "135790"), true);
    assert.equal(await sof.SOF_Login("c".repeat(64), "135790"), false);
    assert.ok(!JSON.stringify(posted).includes("135790"));
  });

  it("log in with a signature for this site alone", async () => {
    const token = JSON.parse(await sof.ODC_Login("a".repeat(64), CHALLENGE));
    assert.equal(token.signature, CHALLENGE);
    assert.equal(posted.at(-1).params.thumbprint, "a".repeat(64));
  });

  it("have a text signed, with it or without", async () => {
    agent["browser.sign"] = ({ items, detached }) => {
      assert.deepEqual(items, [{ text: "同意" }]);
      return { certificate: "AAAA", signatures: [{ head: detached ? "REVU" : "SGVh", tail: "ZA==", sha256: "" }] };
    };
    assert.equal(await sof.SOF_SignMessage(1, "a".repeat(64), "同意"), "REVU");
    const whole = await sof.SOF_SignMessage(0, "a".repeat(64), "同意");
    assert.equal(Buffer.from(whole, "base64").toString(), "Hea同意d");
    for (const [flag, text] of [[2, "同意"], [0, undefined], [0, new Uint8Array(4)]]) {
      assert.equal(await sof.SOF_SignMessage(flag, "a".repeat(64), text), "");
      assert.equal(sof.SOF_GetLastError(), sof.SOR.IndataErr);
    }
  });

  it("have a text signed bare, in the encoding of the server, and bytes never", async () => {
    agent["browser.sign_text"] = ({ text, encoding }) => ({ certificate: "AAAA", signature: btoa(`${text.length} ${encoding}`) });
    assert.equal(atob(await sof.SOF_SignData("a".repeat(64), "同意")), "2 utf-8");
    const given = await new Promise((done) => sof.SOF_SignData("a".repeat(64), "同意", "gbk", done));
    assert.equal(atob(given), "2 gbk");
    assert.equal(await sof.SOF_SignData("a".repeat(64), new Uint8Array(32)), "");
    agent["browser.sign_text"] = failing("text_refused");
    assert.equal(await sof.SOF_SignData("a".repeat(64), "x".repeat(64)), "");
    assert.equal(sof.SOF_GetLastError(), sof.SOR.IndataErr);
  });

  it("choose no method that is not safe", async () => {
    assert.equal(await sof.SOF_SetSignMethod(0x00020201), true);
    assert.equal(await sof.SOF_GetSignMethod(), 0x00020201);
    assert.equal(await sof.SOF_SetSignMethod(0x00010002), false); // SHA-1 with RSA
    assert.equal(sof.SOF_GetLastError(), sof.SOR.AlgoTypeErr);
  });

  it("fail as a plug-in does, and say more to who asks", async () => {
    agent["browser.certificates"] = failing("consent_denied");
    assert.equal(await sof.SOF_GetUserList(), "");
    assert.equal(sof.SOF_GetLastError(), sof.SOR.UnknownErr);
    assert.equal(sof.ODC_GetLastError().code, "consent_denied");
    agent["browser.certificates"] = failing("timeout");
    assert.equal(await sof.SOF_Login("a".repeat(64)), false);
    assert.equal(sof.SOF_GetLastError(), sof.SOR.TimeoutErr);
  });
});
