// Answering pages written for Web eID's extension: only where it was switched on, and as that extension does.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeEach, describe, it } from "node:test";
import vm from "node:vm";

import { WebEidSites } from "../../browser_ext/extension/web-eid-sites.js";

const ORIGIN = "https://www.sz.gov.cn";
const SOURCE = new URL("../../browser_ext/extension/web-eid.js", import.meta.url);
const HASH = Buffer.alloc(32).toString("base64");
const NONCE = "A".repeat(44);
const settled = () => new Promise((resolve) => setTimeout(resolve));

/** Run the script in a page; `isOn` is the worker's word. */
function open(isOn) {
  const page = { sent: [], said: [], questions: 0 };
  const port = {
    postMessage: (message) => page.sent.push(message),
    onMessage: { addListener: (listener) => (page.answer = listener) },
    onDisconnect: { addListener: (listener) => (page.leave = listener) },
  };
  const window = {
    addEventListener: (_name, listener) => (page.receive = listener),
    postMessage: (message, target) => page.said.push({ ...message, target }),
  };
  window.top = window;
  const runtime = {
    connect: () => port,
    getManifest: () => ({ version: "1.0" }),
    sendMessage: async () => (page.questions++, isOn),
  };
  vm.runInNewContext(readFileSync(SOURCE, "utf-8"), {
    chrome: { runtime }, window, location: { origin: ORIGIN }, crypto, Uint8Array, atob,
  });
  page.post = async (data, more = {}) => {
    await page.receive({ isTrusted: true, source: window, origin: ORIGIN, data, ...more });
    await settled();
  };
  return page;
}

describe("pages written for Web eID", () => {
  let page;
  beforeEach(() => (page = open(true)));

  it("are acknowledged at once and answered once", async () => {
    await page.post({ action: "web-eid:authenticate", libraryVersion: "2.0.1", challengeNonce: NONCE });
    assert.deepEqual(page.said.map(({ action }) => action), ["web-eid:authenticate-ack"]);
    const [{ id, method, params }] = page.sent;
    assert.equal(method, "browser.login");
    assert.equal(params.nonce, NONCE);
    page.answer({ id, result: { format: "web-eid:1.0", signature: "s" } });
    page.answer({ id, result: { format: "web-eid:1.0", signature: "again" } });
    const last = page.said.slice(1);
    assert.equal(last.length, 1);
    assert.deepEqual([last[0].action, last[0].signature, last[0].target], ["web-eid:authenticate-success", "s", ORIGIN]);
  });

  it("hear nothing where nobody switched it on, and ask once for all", async () => {
    page = open(false);
    for (let n = 0; n < 3; n += 1) {
      await page.post({ action: "web-eid:status", libraryVersion: "2.0.1" });
    }
    assert.deepEqual([page.said, page.sent, page.questions], [[], [], 1]);
  });

  it("have nobody else speak for them, and no answer taken for a request", async () => {
    const asked = { action: "web-eid:authenticate", challengeNonce: NONCE };
    await page.post(asked, { isTrusted: false });
    await page.post(asked, { source: {} });
    await page.post(asked, { origin: "https://evil.example" });
    for (const action of ["web-eid:authenticate-ack", "web-eid:authenticate-success", "__proto__", 7, undefined]) {
      await page.post({ action, challengeNonce: NONCE });
    }
    await page.post(null);
    assert.deepEqual([page.said, page.sent], [[], []]);
  });

  it("have one request of a kind at a time", async () => {
    const asked = { action: "web-eid:authenticate", challengeNonce: NONCE };
    await Promise.all([page.post(asked), page.post(asked)]);
    assert.equal(page.sent.length, 1);
  });

  for (const [data, code] of [
    [{ action: "web-eid:authenticate", challengeNonce: "short" }, "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"],
    [{ action: "web-eid:authenticate" }, "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"],
    ...[
      { hash: "aGFzaA==" },
      { certificate: "AAAA", hash: "aGFzaA==", hashFunction: "SHA-256" },
      { certificate: "AAAA", hash: HASH, hashFunction: "SHA-512" },
      { certificate: "AAAA", hash: HASH, hashFunction: "__proto__" },
      { certificate: "A", hash: HASH, hashFunction: "SHA-256" },
      { certificate: {}, hash: [HASH], hashFunction: "SHA-256" },
      { certificate: "AAAA".repeat(3000), hash: HASH, hashFunction: "SHA-256" },
    ].map((more) => [{ action: "web-eid:sign", ...more }, "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"]),
  ]) {
    it(`are refused ${data.action} ${data.challengeNonce ?? ""} without the agent`, async () => {
      await page.post(data);
      assert.deepEqual(page.sent, []);
      assert.deepEqual(page.said.map(({ action }) => action), [`${data.action}-ack`, `${data.action}-failure`]);
      assert.equal(page.said[1].error.code, code);
    });
  }

  it("get a certificate and have a hash signed with it, if the agent does", async () => {
    await page.post({ action: "web-eid:get-signing-certificate" });
    assert.equal(page.sent[0].method, "browser.signing_certificate");
    page.answer({ id: page.sent[0].id, result: { certificate: "AAAA", supportedSignatureAlgorithms: [] } });
    assert.equal(page.said.at(-1).certificate, "AAAA");
    await page.post({ action: "web-eid:sign", certificate: "AAAA", hash: HASH, hashFunction: "SHA-256" });
    const { id, method, params } = page.sent[1];
    const thumbprint = createHash("sha256").update(Buffer.alloc(3)).digest("hex");
    assert.equal(method, "browser.sign_hash");
    assert.deepEqual({ ...params }, { hash: HASH, thumbprint });
    page.answer({ id, error: { code: "hash_not_allowed", message: "no", message_zh: "不" } });
    assert.deepEqual([page.said.at(-1).action, page.said.at(-1).error.code], ["web-eid:sign-failure", "ERR_WEBEID_NATIVE_FATAL"]);
  });

  it("are told what went wrong in Web eID's codes, also where the extension ends", async () => {
    await page.post({ action: "web-eid:authenticate", challengeNonce: NONCE });
    page.answer({ id: page.sent[0].id, error: { code: "consent_denied", message: "no", message_zh: "不" } });
    assert.equal(page.said.at(-1).error.code, "ERR_WEBEID_USER_CANCELLED");
    await page.post({ action: "web-eid:status" });
    page.leave();
    assert.equal(page.said.at(-1).action, "web-eid:status-failure");
    assert.equal(page.said.at(-1).error.code, "ERR_WEBEID_NATIVE_UNAVAILABLE");
  });
});

describe("where that is switched on", () => {
  const kept = {};
  const api = { storage: { local: { get: async () => kept, set: async (values) => Object.assign(kept, values) } } };
  const policy = { ready: Promise.resolve(), webEidSites: ["https://managed.example/*"], forbids: (a) => a.includes("bad") };
  const sites = new WebEidSites(api, policy);

  it("is nowhere but where the user or the administrator said so", async () => {
    assert.equal(await sites.isOn(ORIGIN), false);
    await sites.change(`${ORIGIN}/*`, { isOn: true });
    assert.deepEqual([await sites.isOn(ORIGIN), await sites.isOn("https://other.gov.cn")], [true, false]);
    assert.deepEqual([await sites.isOn("https://managed.example"), sites.isLocked("https://managed.example")], [true, true]);
    await sites.change(`${ORIGIN}/*`, { isOn: false });
    assert.equal(await sites.isOn(ORIGIN), false);
  });

  it("is nowhere the administrator forbids, nor where storage was meddled with", async () => {
    await sites.change("https://bad.example/*", { isOn: true });
    assert.equal(await sites.isOn("https://bad.example"), false);
    kept.webEidSites = "https://www.sz.gov.cn/*";
    assert.equal(await sites.isOn(ORIGIN), false);
  });
});
