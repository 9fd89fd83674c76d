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
