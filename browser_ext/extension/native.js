// The one connection to the native host, shared by all tabs: opened when first needed, closed when
// nothing is under way, so that an idle browser holds no host and no worker awake.

import { forPage, report } from "./errors.js";

const HOST = "org.odc.agent";
const TRACE = "host.trace";
const IDLE_MS = 20_000;

/** Reasons of `host_missing`, by what the browsers write about a host that did not start. */
const REASONS = [
  [/not found|no such native application/i, "not_found"],
  [/forbidden|not allowed|permission/i, "forbidden"],
];

export class NativeLink {
  #api;
  #port = null;
  #hasSpoken = false;
  #nextId = 1;
  #underWay = new Map();
  #idleTimer = null;
  #isWatching;
  #on;

  /**
   * @param api the browser's extension API
   * @param isWatching () → whether anybody still waits for notifications
   * @param on renewal (params) for each change of a renewal; renewalLost (params) when the agent
   *   tells no more of one; loss (error) when nothing will be told any more; trace (params) of
   *   where a request spent its time; traces () → whether the host is to tell that
   */
  constructor(api, { isWatching, ...on }) {
    this.#api = api;
    this.#isWatching = isWatching;
    this.#on = on;
  }

  get isOpen() {
    return this.#port !== null;
  }

  /** Send a request; `settle({result} | {error})` is called once, unless it is forgotten. */
  request(method, params, settle) {
    const id = this.#nextId++;
    this.#underWay.set(id, settle);
    this.#stopIdleTimer();
    try {
      if (!this.#port) {
        this.#port = this.#connect();
        // Answered at once: from then on the end of the host is its loss, not its absence.
        this.#port.postMessage({ jsonrpc: "2.0", id: 0, method: TRACE, params: { on: this.#on.traces() } });
      }
      this.#port.postMessage({ jsonrpc: "2.0", id, method, params });
    } catch (error) {
      this.#lose(this.#port, String(error?.message ?? error));
    }
    return id;
  }

  /** Tell the agent that nobody waits for request `id` any more. */
  cancel(id, origin) {
    this.#underWay.delete(id);
    if (this.#port) {
      this.request("browser.cancel", { origin, request: id }, () => {});
    }
  }

  /** Start counting down to the end of the connection where nothing needs it any longer. */
  rest() {
    this.#stopIdleTimer();
    if (this.#port && this.#underWay.size === 0 && !this.#isWatching()) {
      this.#idleTimer = setTimeout(() => this.#close(), IDLE_MS);
    }
  }

  #connect() {
    const port = this.#api.runtime.connectNative(HOST);
    this.#hasSpoken = false;
    port.onMessage.addListener((message) => this.#receive(port, message));
    port.onDisconnect.addListener(() => {
      const said = port.error ?? this.#api.runtime.lastError;
      this.#lose(port, String(said?.message ?? ""));
    });
    return port;
  }

  #receive(port, message) {
    if (port !== this.#port) {
      return;
    }
    this.#hasSpoken = true;
    if (message?.method === undefined) {
      this.#settle(message);
    } else {
      this.#notified(message.method, message.params ?? {});
    }
    this.rest();
  }

  #notified(method, params) {
    if (method === "browser.renewal_changed") {
      this.#on.renewal(params);
    } else if (method === "browser.renewal_lost") {
      this.#on.renewalLost(params.origin, params.id, forPage({ data: params.error }));
    } else if (method === "host.agent_lost") {
      this.#on.loss(report("agent_lost"));
    } else if (method === TRACE) {
      this.#on.trace(params);
    }
  }

  #settle(message) {
    const settle = this.#underWay.get(message?.id);
    this.#underWay.delete(message?.id);
    if (settle) {
      settle("error" in message ? { error: forPage(message.error) } : { result: message.result });
    }
  }

  /** The host is gone: everybody who waits is told. */
  #lose(port, said) {
    if (port !== this.#port) {
      return;
    }
    const error = this.#hasSpoken ? report("host_lost") : report("host_missing", reasonOf(said));
    const waiting = [...this.#underWay.values()];
    this.#underWay.clear();
    this.#port = null;
    this.#hasSpoken = false;
    for (const settle of waiting) {
      settle({ error });
    }
    this.#on.loss(error);
  }

  #close() {
    const port = this.#port;
    this.#port = null;
    port?.disconnect();
  }

  #stopIdleTimer() {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
  }
}

function reasonOf(said) {
  return REASONS.find(([pattern]) => pattern.test(said))?.[1] ?? "failed_to_start";
}
