// Units of the extension and the page library, with node's own runner: no browser, no packages.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";

import { Client } from "../../browser_ext/extension/client.js";
import { forPage } from "../../browser_ext/extension/errors.js";
import { hops } from "../../browser_ext/extension/hops.js";
import { NativeLink } from "../../browser_ext/extension/native.js";
import { isOwnPage } from "../../browser_ext/extension/own.js";
import { Policy } from "../../browser_ext/extension/policy.js";
import { actionOf, originOf, parametersOf } from "../../browser_ext/extension/requests.js";
import { fits, keepSitesInStep, patternOf } from "../../browser_ext/extension/sites.js";

const THUMBPRINT = "ab".repeat(32);
const RENEWAL = "00000000-0000-4000-8000-000000000001";
const PORTAL = "https://www.sz.gov.cn";

/** An event of the extension API, fired by hand. */
function event() {
  const listeners = [];
  return { addListener: (l) => listeners.push(l), fire: (...a) => listeners.forEach((l) => l(...a)) };
}

function fakePort(sender) {
  const port = { sender, sent: [], onMessage: event(), onDisconnect: event(), isOpen: true };
  port.postMessage = (message) => port.sent.push(message);
  port.disconnect = () => (port.isOpen = false);
  return port;
}

function fakeApi() {
  const api = { ports: [], runtime: { lastError: null } };
  api.runtime.connectNative = () => {
    api.ports.push(fakePort());
    return api.ports.at(-1);
  };
  return api;
}

/** The browser's part in registered scripts: each answer comes later, as in a browser. */
function fakeSites(origins, registered = []) {
  const late = async (value) => value;
  const api = { registered, made: 0, origins };
  api.runtime = { getManifest: () => ({ content_scripts: [{ matches: ["https://*.gov.cn/*"] }] }) };
  api.runtime.onInstalled = event();
  api.runtime.onStartup = event();
  api.permissions = { onAdded: event(), onRemoved: event(), getAll: () => late({ origins: api.origins }) };
  api.scripting = {
    getRegisteredContentScripts: () => late([...api.registered]),
    unregisterContentScripts: () => late((api.registered = [])),
    registerContentScripts: async (scripts) => {
      api.made += 1;
      if (api.registered.length > 0) {
        throw new Error("Duplicate script ID");
      }
      api.registered = scripts;
    },
  };
  return api;
}

/** When all answers are there: they come before the next timer. */
const settled = () => new Promise((resolve) => setTimeout(resolve));
const noPolicy = { forbids: () => false, forbidsAction: () => false };
const noTrace = { begin: () => null, sent() {}, end() {} };
const tab = { tab: { id: 1 }, frameId: 0, origin: PORTAL, url: `${PORTAL}/page` };

describe("who asks", () => {
  for (const [sender, origin] of [
    [tab, PORTAL],
    [{ ...tab, origin: undefined }, null],
    [{ ...tab, frameId: 3 }, null],
    [{ ...tab, tab: undefined }, null],
    [{ ...tab, origin: "http://www.sz.gov.cn" }, null],
    [{ ...tab, origin: "http://localhost:8000" }, null],
    [{ ...tab, origin: "null" }, null],
    [{ ...tab, origin: "https://www.sz.gov.cn." }, null],
    [{ ...tab, origin: "https://www.sz.gov.cn.:8443" }, null],
    [undefined, null],
  ]) {
    it(`${JSON.stringify(sender)} is ${origin}`, () => assert.equal(originOf(sender), origin));
  }

  it("localhost may ask a developer build", () => {
    const local = { ...tab, origin: "http://localhost:8000" };
    assert.equal(originOf(local, { isDeveloper: true }), "http://localhost:8000");
    const foreign = { ...tab, origin: "http://localhost.evil.example" };
    assert.equal(originOf(foreign, { isDeveloper: true }), null);
  });

  it("only the browser says which page is the extension's own", () => {
    const api = { runtime: { id: "me", getURL: (path) => `chrome-extension://me${path}` } };
    assert.ok(isOwnPage(api, { id: "me", url: "chrome-extension://me/popup.html" }));
    assert.ok(!isOwnPage(api, { id: "me", url: `${PORTAL}/?chrome-extension://me/` }));
    assert.ok(!isOwnPage(api, { id: "you", url: "chrome-extension://me/popup.html" }));
    assert.ok(!isOwnPage(api, { id: "me" }));
  });
});

describe("what may be asked", () => {
  it("drops what is not listed, an origin above all", () => {
    const given = { use: "signing", origin: "https://evil.example", x: 1 };
    assert.deepEqual(parametersOf("browser.certificates", given), { use: "signing" });
  });

  for (const [method, params] of [
    ["browser.cancel", {}],
    ["browser.overview", {}],
    ["browser.withdraw", { origin: PORTAL }],
    ["__proto__", {}],
    ["constructor", {}],
    [7, {}],
    ["browser.status", null],
    ["browser.status", "text"],
    ["browser.certificates", { min_days: 1.5 }],
    ["browser.certificates", { min_days: Infinity }],
    ["browser.renew", {}],
    ["browser.renew", { thumbprint: `${THUMBPRINT}\n` }],
    ["browser.renew", { thumbprint: [THUMBPRINT] }],
    ["browser.renewal", { id: "../../etc" }],
  ]) {
    it(`refuses ${method} ${JSON.stringify(params)}`, () =>
      assert.equal(parametersOf(method, params), null));
  }
});

describe("an administrator's policy", () => {
  it("for an action is for every method that does it", () => {
    const methods = ["login", "sign", "sign_text", "sign_hash", "decrypt", "signing_certificate", "certificates", "encrypt"];
    const actions = ["login", "sign", "sign", "sign", "decrypt", null, null, null];
    assert.deepEqual(methods.map((name) => actionOf(`browser.${name}`)), actions);
    assert.deepEqual([actionOf(undefined), actionOf("browser.sign_anything")], [null, null]);
  });

  it("is for each action by itself, and a list of sites, be it empty, names all of them", async () => {
    const { policy } = await read({ login_sites: ["a.example"], blocked_sign_sites: ["a.example"], decrypt_sites: [] });
    const forbidden = (host) =>
      ["login", "sign", "decrypt", null].map((action) => policy.forbidsAction(`https://${host}`, action));
    assert.deepEqual(forbidden("a.example"), [false, true, true, false]);
    assert.deepEqual(forbidden("b.example"), [true, false, true, false]);
  });

  const read = async (values) => {
    const api = fakeSites([]);
    const managed = { get: () => (values ? Promise.resolve(values) : Promise.reject(new Error("none"))) };
    api.storage = { managed, onChanged: event() };
    const policy = new Policy(api);
    await policy.ready;
    return { api, policy };
  };
  const OTHER = "https://portal.example";

  it("forbids nothing where there is none", async () => {
    const { policy } = await read(null);
    assert.deepEqual([policy.sites, policy.blockedSites], [[], []]);
    assert.deepEqual([policy.mayAddSites, policy.developerMode], [true, null]);
    assert.equal(policy.forbids(OTHER), false);
  });

  it("forbids a site and what is below it, on whatever port, before all else", async () => {
    const { policy } = await read({ sites: ["a.example"], blocked_sites: ["a.example", "*.b.example"] });
    assert.equal(policy.forbids("https://a.example:8443"), true);
    assert.equal(policy.forbids("https://x.b.example"), true);
    assert.equal(policy.forbids(OTHER), false);
  });

  it("leaves the listed portals and its own sites where users may add none", async () => {
    const { policy } = await read({ sites: ["*.portal.example"], add_sites: false });
    assert.equal(policy.forbids(PORTAL), false);
    assert.equal(policy.forbids("https://x.portal.example"), false);
    assert.equal(policy.forbids("https://portal.example.evil"), true);
    assert.equal(policy.forbids("http://localhost:8000"), true);
  });

  it("takes nothing of another kind: Firefox holds it to no schema", async () => {
    const sites = ["*", "https://a.example", "a b", 7, null, "", "a.example/x", "*.*.example"];
    const { policy } = await read({ sites, blocked_sites: "a.example", add_sites: 0, developer_mode: "on" });
    assert.deepEqual([policy.sites, policy.blockedSites], [[], []]);
    assert.deepEqual([policy.mayAddSites, policy.developerMode], [true, null]);
  });

  it("holds as soon as it changes", async () => {
    const { api, policy } = await read({});
    api.storage.managed.get = async () => ({ blocked_sites: ["portal.example"] });
    api.storage.onChanged.fire({}, "local");
    await policy.ready;
    assert.equal(policy.forbids(OTHER), false);
    api.storage.onChanged.fire({}, "managed");
    await policy.ready;
    assert.equal(policy.forbids(OTHER), true);
  });
});

describe("sites the user allowed", () => {
  for (const [pattern, address, expected] of [
    ["https://*.gov.cn/*", "https://www.gov.cn/a", true],
    ["https://*.gov.cn/*", "https://gov.cn/", true],
    ["https://*.gov.cn/*", "https://evilgov.cn/", false],
    ["https://*.gov.cn/*", "https://www.gov.cn.evil.com/", false],
    ["https://*.gov.cn/*", "http://www.gov.cn/", false],
    ["https://a.example/*", "https://a.example:8443/x", true],
    ["http://localhost/*", "http://localhost:5173/", true],
    ["<all_urls>", "https://a.example/", false],
    ["https://a.example/*", "not an address", false],
  ]) {
    it(`${pattern} ${expected ? "fits" : "does not fit"} ${address}`, () =>
      assert.equal(fits(pattern, address), expected));
  }

  it("are https only", () => {
    assert.equal(patternOf("https://a.example:444/x?y"), "https://a.example/*");
    for (const address of [
      "http://a.example", "chrome://settings", "", "file:///etc/passwd", "https://*", "https://*.cn/x",
    ]) {
      assert.equal(patternOf(address), null);
    }
  });
});

/** A clock the test moves on; what node offers for that is another thing in each of its versions. */
class Clock {
  #now = 0;
  #due = new Map();
  #real = { setTimeout, clearTimeout };

  constructor() {
    globalThis.setTimeout = (call, delay) => {
      const timer = Symbol("timer");
      this.#due.set(timer, { call, at: this.#now + delay });
      return timer;
    };
    globalThis.clearTimeout = (timer) => this.#due.delete(timer);
  }

  tick(milliseconds) {
    this.#now += milliseconds;
    for (const [timer, { call, at }] of this.#due) {
      if (at <= this.#now) {
        this.#due.delete(timer);
        call();
      }
    }
  }

  stop() {
    Object.assign(globalThis, this.#real);
  }
}

describe("the connection to the host", () => {
  let api, clock, link, told, settled;

  afterEach(() => clock.stop());
  beforeEach(() => {
    clock = new Clock();
    api = fakeApi();
    told = [];
    settled = [];
    link = new NativeLink(api, {
      isWatching: () => false,
      traces: () => false,
      trace: (params) => told.push(["trace", params]),
      renewal: (params) => told.push(["renewal", params]),
      renewalLost: (...lost) => told.push(["lost", ...lost]),
      loss: (error) => told.push(["loss", error.code]),
    });
  });

  const ask = () => link.request("browser.status", {}, (outcome) => settled.push(outcome));

  it("is opened once, and greeted so that its loss is told from its absence", () => {
    ask();
    ask();
    assert.equal(api.ports.length, 1);
    assert.deepEqual(api.ports[0].sent.map(({ method }) => method), [
      "host.trace",
      "browser.status",
      "browser.status",
    ]);
  });

  for (const [said, speaks, code, reason] of [
    ["Specified native messaging host not found.", false, "host_missing", "not_found"],
    ["No such native application org.odc.agent", false, "host_missing", "not_found"],
    ["Access to the specified native messaging host is forbidden.", false, "host_missing", "forbidden"],
    ["Native host has exited.", false, "host_missing", "failed_to_start"],
    ["Native host has exited.", true, "host_lost", ""],
  ]) {
    it(`tells ${code} ${reason} from “${said}”`, () => {
      ask();
      const [port] = api.ports;
      if (speaks) {
        port.onMessage.fire({ jsonrpc: "2.0", id: 0, result: {} });
      }
      api.runtime.lastError = { message: said };
      port.onDisconnect.fire();
      assert.deepEqual(settled.map(({ error }) => [error.code, error.reason]), [[code, reason]]);
      ask();
      assert.equal(api.ports.length, 2, "and the next request opens it again");
    });
  }

  it("settles each request once, and nothing by an id of its own making", () => {
    const id = ask();
    const [port] = api.ports;
    port.onMessage.fire({ jsonrpc: "2.0", id: 999, result: {} });
    port.onMessage.fire({ jsonrpc: "2.0", id, result: { agent: "1" } });
    port.onMessage.fire({ jsonrpc: "2.0", id, result: { agent: "2" } });
    assert.deepEqual(settled, [{ result: { agent: "1" } }]);
  });

  it("is closed when nothing was under way for a while, and no sooner", () => {
    const id = ask();
    const [port] = api.ports;
    clock.tick(60_000);
    assert.ok(port.isOpen, "somebody waits");
    port.onMessage.fire({ jsonrpc: "2.0", id, result: {} });
    clock.tick(19_999);
    assert.ok(port.isOpen && link.isOpen);
    clock.tick(1);
    assert.ok(!port.isOpen && !link.isOpen);
  });

  it("passes on what the agent tells, and no unknown notification", () => {
    ask();
    const [port] = api.ports;
    const error = { code: "consent_denied", message: "No.", message_zh: "否", details: { path: "/x" } };
    for (const message of [
      { method: "browser.renewal_changed", params: { id: RENEWAL } },
      { method: "browser.renewal_lost", params: { origin: PORTAL, id: RENEWAL, error } },
      { method: "host.agent_lost" },
      { method: "event", params: {} },
      { method: 7 },
    ]) {
      port.onMessage.fire(message);
    }
    assert.deepEqual(told.map(([kind]) => kind), ["renewal", "lost", "loss"]);
    assert.ok(!JSON.stringify(told).includes("/x"));
  });

  it("gives pages codes and sentences of an error, never its details", () => {
    assert.equal(forPage(undefined).code, "internal");
    assert.equal(forPage({ message: "x", data: { code: 7 } }).code, "internal");
    const seen = forPage({ data: { code: "no_token", message: "m", details: { a: 1 }, advice: 7 } });
    assert.deepEqual(seen, {
      code: "no_token", reason: "", message: "m", message_zh: "", advice: "", advice_zh: "",
    });
  });
});

describe("a page that asks", () => {
  let port, requests, cancelled, client;

  beforeEach(() => {
    port = fakePort(tab);
    requests = [];
    cancelled = [];
    const link = {
      request(method, params, settle) {
        requests.push({ method, params, settle });
        return requests.length;
      },
      cancel: (...what) => cancelled.push(what),
      rest() {},
    };
    client = new Client(port, link, noTrace, { isDeveloper: false, policy: noPolicy });
  });

  const receive = (id, method, params) => client.receive({ id, method, params });
  const codes = () => port.sent.map(({ error }) => error?.code);

  it("is known by the browser's word", () => {
    receive("a", "browser.certificates", { origin: "https://evil.example" });
    assert.deepEqual(requests[0].params, { origin: PORTAL });
  });

  it("may not use an id twice, nor ask for too much at once", () => {
    receive("a", "browser.status", {});
    receive("a", "browser.status", {});
    assert.deepEqual(codes(), ["invalid_request"]);
    for (let n = 0; n < 20; n += 1) {
      receive(`b${n}`, "browser.status", {});
    }
    assert.equal(requests.length, 16);
    assert.deepEqual(codes().slice(1), Array(5).fill("rate_limited"));
  });

  it("is told of its own renewal until it ends", () => {
    receive("a", "browser.renew", { thumbprint: THUMBPRINT });
    requests[0].settle({ result: { id: RENEWAL, state: "drafting", waiting: null } });
    const change = { origin: PORTAL, id: RENEWAL, waiting: null };
    client.renewalChanged({ ...change, origin: "https://other.gov.cn", state: "signing" });
    client.renewalChanged({ ...change, id: "other", state: "signing" });
    client.renewalChanged({ ...change, state: "signing" });
    client.renewalChanged({ ...change, state: "installed" });
    client.renewalChanged({ ...change, state: "installed" });
    assert.deepEqual(port.sent.map(({ event, more }) => [event?.state, more]), [
      [undefined, true],
      ["signing", true],
      ["installed", false],
    ]);
    assert.ok(!client.isWatching);
  });

  it("is told each change once, however many watch the renewal", () => {
    receive("a", "browser.renew", { thumbprint: THUMBPRINT });
    requests[0].settle({ result: { id: RENEWAL, state: "drafting", waiting: null } });
    const change = { origin: PORTAL, id: RENEWAL };
    for (const waiting of [null, "person", "person", "pin", "pin", "person"]) {
      client.renewalChanged({ ...change, state: "drafting", waiting });
    }
    const told = port.sent.slice(1).map(({ event }) => event.waiting);
    assert.deepEqual(told, ["person", "pin", "person"]);
  });

  it("leaves nothing of a method it made up in the trace", () => {
    const begun = [];
    const trace = { ...noTrace, begin: (entry) => begun.push(entry.method) };
    const link = { request: () => 1, rest() {} };
    client = new Client(port, link, trace, { isDeveloper: false, policy: noPolicy });
    receive("a", "x".repeat(1_000_000), {});
    receive("b", "toString", {});
    receive("c", "browser.status", {});
    assert.deepEqual(begun, ["?", "?", "browser.status"]);
  });

  it("may not ask where the administrator forbids it", () => {
    client = new Client(port, { request: assert.fail }, noTrace, {
      isDeveloper: false,
      policy: { forbids: (origin) => origin === PORTAL },
    });
    receive("a", "browser.status", {});
    assert.deepEqual(codes(), ["consent_denied"]);
  });

  it("takes everything back when it goes", () => {
    receive("a", "browser.renew", { thumbprint: THUMBPRINT });
    receive("b", "browser.certificates", {});
    requests[0].settle({ result: { id: RENEWAL, state: "drafting", waiting: null } });
    client.leave();
    assert.deepEqual(cancelled.sort(), [[1, PORTAL], [2, PORTAL]]);
  });

  it("gets no answer that comes after it gave up", () => {
    receive("a", "browser.status", {});
    client.receive({ cancel: "a" });
    assert.deepEqual(cancelled, [[1, PORTAL]]);
  });
});

it("hops add up and unknown ones are left out", () => {
  const entry = { page: 100, content: 101, worker: 103, host: 1, agent: 5, done: 113 };
  assert.deepEqual(hops(entry).map(({ hop, ms }) => [hop, ms]), [
    ["page", 1], ["content", 2], ["worker", 4], ["host", 1], ["agent", 5],
  ]);
  assert.deepEqual(hops({ worker: 1, done: null }), []);
});
