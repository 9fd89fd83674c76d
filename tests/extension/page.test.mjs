// The page library in a window of the test's own making, where every message can be forged.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { beforeEach, describe, it } from "node:test";

const ORIGIN = "https://www.sz.gov.cn";
const posted = [];
let receive;

globalThis.crypto ??= webcrypto; // where node is older than 20
globalThis.window = { addEventListener: (_name, listener) => (receive = listener) };
globalThis.location = { origin: ORIGIN };
globalThis.postMessage = (message, target) => posted.push({ message, target });
const odc = await import("../../browser_ext/page/odc.js");

const answer = (data, { source = window, origin = ORIGIN } = {}) => receive({ data, source, origin });
const last = () => posted.at(-1).message;
const soon = () => new Promise((resolve) => setTimeout(resolve));

/** Let the library find the extension; returns its request. */
async function afterPong() {
  const [ping, request] = posted.slice(-2).map(({ message }) => message);
  assert.deepEqual([ping.kind, request.kind, ping.id], ["ping", "request", request.id]);
  answer({ odc: 1, kind: "pong", id: ping.id, extension: "1.2.3" });
  await soon();
  return request;
}

const reply = (id, outcome) => answer({ odc: 1, kind: "reply", id, more: false, ...outcome });

describe("the page library", () => {
  beforeEach(() => posted.splice(0));

  it("speaks to its own origin only, and never names one", async () => {
    const asked = odc.certificates({ use: "signing", minDays: 30 });
    const request = await afterPong();
    assert.deepEqual(request.params, { use: "signing", min_days: 30 });
    assert.ok(posted.every(({ target }) => target === ORIGIN));
    reply(request.id, { result: { certificates: [] } });
    assert.deepEqual(await asked, []);
  });

  it("does not take a page that does not get to run for an extension that is not there", async () => {
    await new Promise((resolve) => setImmediate(resolve)); // from here timers come before the answer
    const asked = odc.status();
    const { id } = last();
    setImmediate(() => {
      answer({ odc: 1, kind: "pong", id, extension: "1.2.3" });
      reply(id, { result: { agent: "9.9.9" } });
    });
    const until = Date.now() + 1700;
    while (Date.now() < until);
    assert.equal((await asked).state, "ready");
  });

  it("takes no answer but of its own window, origin, kind, id and protocol", async () => {
    const asked = odc.status();
    const { id } = await afterPong();
    const right = { odc: 1, kind: "reply", id, result: { agent: "666" }, more: false };
    answer(right, { source: {} });
    answer(right, { source: null });
    answer(right, { origin: "https://evil.example" });
    answer(right, { origin: "null" });
    for (const wrong of [
      { ...right, odc: 2 },
      { ...right, id: "other" },
      { ...right, id: 7 },
      { ...right, kind: "request" },
      { ...right, kind: "pong" },
      Object.create(right),
      null,
      "text",
    ]) {
      answer(wrong);
    }
    reply(id, { result: { agent: "1.0" } });
    assert.equal((await asked).agent, "1.0");
  });

  it("has ids nobody can guess", async () => {
    const ids = new Set();
    for (let n = 0; n < 50; n += 1) {
      odc.status().catch(() => {});
      ids.add(last().id);
    }
    assert.equal(ids.size, 50);
    assert.ok([...ids].every((id) => /^[0-9a-f]{32}$/.test(id)));
  });

  it("an answer without the shape of one is an error, not a hang", async () => {
    const asked = odc.certificates();
    const { id } = await afterPong();
    reply(id, { result: "text" });
    await assert.rejects(asked, { code: "invalid_request" });
  });

  it("errors have a code and sentences, whatever the extension sends", async () => {
    const asked = odc.certificates();
    const { id } = await afterPong();
    reply(id, { error: { code: 7, message: {}, advice: "x" } });
    await assert.rejects(asked, (error) => {
      assert.ok(error instanceof odc.OdcError);
      assert.deepEqual([error.code, error.message, error.advice], ["internal", "", "x"]);
      return true;
    });
  });

  it("gives up in time, and says so to the extension", async () => {
    const asked = odc.certificates({ timeout: 20 });
    const { id } = await afterPong();
    await assert.rejects(asked, { code: "timeout" });
    assert.deepEqual(last(), { odc: 1, kind: "cancel", id });
  });

  it("an abort takes the request back at whatever point", async () => {
    const early = new AbortController();
    const first = odc.certificates(early);
    early.abort();
    await assert.rejects(first, { code: "aborted" });
    const late = new AbortController();
    const second = odc.renew("ab".repeat(32), late);
    const { id } = await afterPong();
    late.abort(new Error("left"));
    await assert.rejects(second, (error) => error.code === "aborted" && error.cause.message === "left");
    assert.deepEqual(last(), { odc: 1, kind: "cancel", id });
  });

  it("a renewal tells each state and ends with the last", async () => {
    const told = [];
    const asked = odc.renew("ab".repeat(32), { onprogress: ({ state }) => told.push(state) });
    const { id } = await afterPong();
    answer({ odc: 1, kind: "reply", id, result: { id: "r", state: "drafting" }, more: true });
    answer({ odc: 1, kind: "event", id, event: { id: "r", state: "signing" }, more: true });
    answer({ odc: 1, kind: "event", id, event: { id: "r", state: "installed" }, more: false });
    assert.equal((await asked).state, "installed");
    assert.deepEqual(told, ["drafting", "signing", "installed"]);
  });

  it("says that nothing is reachable where nobody answers", async () => {
    const { state } = await odc.status();
    assert.equal(state, "extension_unreachable");
  });
});

describe("signing", () => {
  beforeEach(() => posted.splice(0));

  const certificate = btoa("certificate");
  const halves = { head: btoa("\x30head"), tail: btoa("tail\xff"), sha256: "00".repeat(32) };

  /** Answer the pieces of a document, and return what they hold and the request that follows them. */
  async function afterPieces() {
    const pieces = [];
    for (;;) {
      const request = await afterPong();
      if (request.method !== "browser.piece") {
        return { pieces, request };
      }
      pieces.push(request.params);
      reply(request.id, { result: { size: 0 } });
      await soon();
    }
  }

  it("sends a text as it is, and puts an attached signature together", async () => {
    const asked = odc.sign("同意 100 元", { detached: false });
    await soon();
    const { pieces, request } = await afterPieces();
    assert.deepEqual([pieces.length, request.method], [0, "browser.sign"]);
    assert.deepEqual(request.params, { items: [{ text: "同意 100 元" }], detached: false });
    reply(request.id, { result: { certificate, signatures: [halves] } });
    const { signature, sha256 } = await asked;
    const whole = Buffer.from(signature, "base64");
    const content = Buffer.from("同意 100 元");
    assert.deepEqual(whole, Buffer.concat([Buffer.from("0head"), content, Buffer.from("tail\xff", "latin1")]));
    assert.equal(sha256, halves.sha256);
  });

  it("sends documents in pieces that are the document, and tells of them", async () => {
    const content = Uint8Array.from({ length: 1_000_003 }, (_, index) => index % 251);
    const told = [];
    const asked = odc.sign(
      [{ name: "合同.pdf", content }, "text", new File([], "empty")],
      { onprogress: (progress) => told.push(progress) },
    );
    content.fill(0); // what was handed over is signed, whatever becomes of it
    await soon();
    const { pieces, request } = await afterPieces();
    const [first, second, third] = request.params.items;
    const sent = pieces.filter(({ upload }) => upload === first.upload).map(({ piece }) => piece);
    assert.equal(sent.length, 3);
    const expected = Uint8Array.from({ length: 1_000_003 }, (_, index) => index % 251);
    assert.ok(Buffer.from(sent.join(""), "base64").equals(Buffer.from(expected)), "no piece but the last ends in =");
    assert.deepEqual([first.name, first.size], ["合同.pdf", 1_000_003]);
    assert.deepEqual([second, third.name, third.size], [{ text: "text" }, "empty", 0]);
    assert.notEqual(first.upload, third.upload);
    assert.deepEqual(told.at(-1), { sent: 1_000_003, total: 1_000_003 });
    reply(request.id, { result: { certificate, signatures: [halves, halves, halves] } });
    const signatures = await asked;
    assert.deepEqual(signatures.map(({ signature }) => signature), [halves.head, halves.head, halves.head]);
  });

  it("refuses what is too large by its size, before it is read or sent", async () => {
    const huge = new Blob([]);
    Object.defineProperty(huge, "size", { value: odc.SIGN_LIMITS.documentBytes + 1 });
    huge.arrayBuffer = () => assert.fail("it was read");
    await assert.rejects(odc.sign({ name: "a", content: huge }), { code: "document_too_large" });
    assert.equal(posted.length, 0);
  });

  it("refuses what cannot be signed", async () => {
    for (const wrong of [
      [], {}, null, undefined, 7, { name: "a" }, { name: "", content: new Blob([]) },
      { name: "a", content: "text" }, { name: "\ud800", content: new Blob([]) }, "\ud800",
      "x".repeat(odc.SIGN_LIMITS.textCharacters + 1), Array(33).fill("text"),
    ]) {
      await assert.rejects(odc.sign(wrong), { code: "invalid_request" }, String(wrong));
    }
    assert.equal(posted.length, 0);
  });
});

describe("decrypting", () => {
  beforeEach(() => posted.splice(0));

  it("sends a message, and fetches what it holds in pieces", async () => {
    const asked = odc.decrypt({ name: "a.p7m", content: Uint8Array.of(1, 2, 3) });
    await soon();
    const piece = await afterPong();
    assert.equal(piece.params.piece, "AQID");
    reply(piece.id, { result: { size: 3 } });
    await soon();
    const request = await afterPong();
    assert.equal(request.method, "browser.decrypt");
    assert.deepEqual(request.params.items.map(({ name, size }) => [name, size]), [["a.p7m", 3]]);
    const result = "0".repeat(32);
    reply(request.id, { result: { results: [{ result, size: 5 }] } });
    for (const [at, part] of [[0, "abc"], [3, "de"]]) {
      await soon();
      const next = await afterPong();
      assert.deepEqual([next.method, next.params], ["browser.result", { result, at }]);
      reply(next.id, { result: { piece: btoa(part) } });
    }
    assert.equal(Buffer.from(await asked).toString(), "abcde");
  });

  it("takes no text", async () => {
    await assert.rejects(odc.encrypt("text", [btoa("certificate")]), { code: "invalid_request" });
    assert.equal(posted.length, 0);
  });
});
