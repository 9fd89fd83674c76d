// One page that asks: its requests under way and the renewals it watches.

import { report } from "./errors.js";
import { actionOf, isMethod, isPageId, originOf, parametersOf } from "./requests.js";

/** More requests than this at once are no honest page's. */
const MOST_UNDER_WAY = 16;
const ENDED = new Set(["installed", "cancelled", "failed"]);

export class Client {
  #port;
  #link;
  #trace;
  #origin;
  #policy;
  /** Page's request id → native request id, while no answer has come. */
  #underWay = new Map();
  /** Page's request id → {request, renewal, told}, from the answer to the renewal's end. */
  #watches = new Map();

  constructor(port, link, trace, { isDeveloper, policy }) {
    this.#port = port;
    this.#link = link;
    this.#trace = trace;
    this.#origin = originOf(port.sender, { isDeveloper });
    this.#policy = policy;
  }

  get isWatching() {
    return this.#watches.size > 0;
  }

  /** A message of the page's content script. */
  receive(message) {
    if (isPageId(message?.cancel)) {
      this.#forget(message.cancel);
    } else if (isPageId(message?.id)) {
      this.#ask(message.id, message.method, message.params, message.times);
    }
  }

  /** The page is gone: closed, left, or frozen. */
  leave() {
    for (const id of [...this.#underWay.keys(), ...this.#watches.keys()]) {
      this.#forget(id);
    }
  }

  /** A renewal changed; tell the page where it watches this one. */
  renewalChanged({ origin, id, state, waiting }) {
    if (origin !== this.#origin) {
      return;
    }
    const isLast = ENDED.has(state);
    const news = newsOf({ state, waiting });
    for (const [pageId, watch] of this.#watches) {
      // The agent tells of a change once for each watch, whosever it is; a page hears it once.
      if (watch.renewal === id && watch.told !== news) {
        watch.told = news;
        this.#port.postMessage({ id: pageId, event: { id, state, waiting }, more: !isLast });
        if (isLast) {
          this.#watches.delete(pageId);
        }
      }
    }
  }

  /** The agent tells no more of a renewal: its consent was withdrawn. */
  renewalLost(origin, id, error) {
    for (const [pageId, watch] of this.#watches) {
      if (origin === this.#origin && watch.renewal === id) {
        this.#port.postMessage({ id: pageId, error, more: false });
        this.#watches.delete(pageId);
      }
    }
  }

  /** No more changes will come. */
  watchesLost(error) {
    for (const id of this.#watches.keys()) {
      this.#port.postMessage({ id, error, more: false });
    }
    this.#watches.clear();
  }

  #ask(id, method, given, times) {
    const params = parametersOf(method, given);
    const refusal = this.#refusal(id, method, params);
    const named = isMethod(method) ? method : "?"; // a page may name a megabyte
    const entry = this.#trace.begin({ origin: this.#origin, method: named, times });
    if (refusal) {
      this.#trace.end(entry, refusal);
      this.#port.postMessage({ id, error: report(refusal), more: false });
      return;
    }
    this.#underWay.set(id, null);
    const full = { ...params, origin: this.#origin };
    let request = null; // still null where the answer comes at once: there is no host
    request = this.#link.request(method, full, (outcome) => {
      this.#trace.end(entry, outcome.error?.code ?? "answered");
      this.#settle(id, method, request, outcome);
    });
    this.#trace.sent(entry, request);
    if (this.#underWay.has(id)) {
      this.#underWay.set(id, request);
    }
  }

  #refusal(id, method, params) {
    if (this.#origin === null) {
      return "origin_not_allowed";
    }
    const action = actionOf(method);
    if (this.#policy.forbids(this.#origin) || this.#policy.forbidsAction(this.#origin, action)) {
      return "consent_denied";
    }
    if (params === null || this.#underWay.has(id) || this.#watches.has(id)) {
      return "invalid_request";
    }
    const busy = this.#underWay.size + this.#watches.size;
    return busy >= MOST_UNDER_WAY ? "rate_limited" : null;
  }

  #settle(id, method, request, outcome) {
    this.#underWay.delete(id);
    const renewal = method === "browser.renew" ? outcome.result : undefined;
    const more = renewal !== undefined && !ENDED.has(renewal?.state);
    if (more) {
      this.#watches.set(id, { request, renewal: renewal.id, told: newsOf(renewal) });
    }
    this.#port.postMessage({ id, ...outcome, more });
  }

  #forget(id) {
    const request = this.#underWay.get(id) ?? this.#watches.get(id)?.request;
    this.#underWay.delete(id);
    this.#watches.delete(id);
    if (request) {
      this.#link.cancel(request, this.#origin);
    }
    this.#link.rest();
  }
}

/** What a page is told of a renewal, to be compared. */
function newsOf({ state, waiting }) {
  return JSON.stringify([state, waiting ?? null]);
}
