// The content script in a page of the test's own making; what it hands on is cloned as Firefox clones it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, describe, it } from "node:test";
import { serialize } from "node:v8";
import vm from "node:vm";

const ORIGIN = "https://www.sz.gov.cn";
const SOURCE = new URL("../../browser_ext/extension/content.js", import.meta.url);
const MEGABYTE = 1_000_000;
const FRAME = 500; // bytes of a message besides its params

const sent = [];
const replied = [];
let receive;

/** Run the script anew and keep what it sends to the worker, and says to the page. */
function open() {
  const port = {
    postMessage: (message) => sent.push(message),
    onMessage: { addListener() {} },
    onDisconnect: { addListener() {} },
  };
  const window = {
    addEventListener: (_name, listener) => (receive = listener),
    postMessage: (message) => replied.push(message),
  };
  window.top = window;
  const chrome = { runtime: { connect: () => port, getManifest: () => ({ version: "1" }) } };
  vm.runInNewContext(readFileSync(SOURCE, "utf-8"), {
    chrome, window, performance, location: { origin: ORIGIN },
  });
  return window;
}

/** Have the page post a request; returns what the worker got of it, or undefined. */
function ask(window, params, id = "a1") {
  const data = { odc: 1, kind: "request", id, method: "certificates", params };
  receive({ isTrusted: true, source: window, origin: ORIGIN, timeStamp: 1, data });
  return sent.at(-1);
}

function holdingItself() {
  const own = {};
  return Object.assign(own, { own });
}

describe("the content script", () => {
  let window;
  beforeEach(() => {
    sent.splice(0);
    replied.splice(0);
    window = open();
  });

  it("hands on what JSON carries, as it is", () => {
    const params = { use: "signing", min_days: 30, more: [null, true, 1.5, "字"] };
    assert.deepEqual(JSON.parse(JSON.stringify(ask(window, params).params)), params);
  });

  for (const [what, hidden] of Object.entries({
    "a buffer": new ArrayBuffer(MEGABYTE),
    "a map": new Map([["x", "y".repeat(MEGABYTE)]]),
    "a set": new Set(["y".repeat(MEGABYTE)]),
    "an error": new Error("y".repeat(MEGABYTE)),
    "what is not enumerable": Object.defineProperty([], "x", { value: "y".repeat(MEGABYTE) }),
    "a list with a name": Object.assign([], { x: "y".repeat(MEGABYTE) }),
    "a pattern": new RegExp("y".repeat(10_000)),
    "a boxed text's own": Object.assign(new String("z"), { x: "y".repeat(MEGABYTE) }),
  })) {
    it(`leaves behind what JSON does not carry: ${what}`, () => {
      const message = ask(window, { use: "signing", hidden });
      assert.equal(message.params.use, "signing");
      assert.ok(serialize(message).length < FRAME, `${serialize(message).length} bytes`);
    });
  }

  for (const [what, params] of Object.entries({
    "more than 16 KB": { use: "y".repeat(16_385) },
    "a list of bytes": new Uint8Array(MEGABYTE),
    "a thing that holds itself": holdingItself(),
    "nothing": undefined,
    "a big integer": 1n,
  })) {
    it(`refuses ${what}`, () => {
      assert.equal(ask(window, params), undefined);
      assert.equal(replied.at(-1).error.code, "invalid_request");
    });
  }
});
