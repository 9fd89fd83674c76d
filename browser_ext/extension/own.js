// The extension's own pages, popup and options: they ask for more than a site may, and no site can
// speak with their voice, since the browser says which page a port belongs to.

const METHODS = new Set([
  "host.status",
  "browser.overview",
  "browser.open_window",
  "browser.sites",
  "browser.withdraw",
]);

/** Whether the browser vouches that a port belongs to a page of this extension. */
export function isOwnPage(api, sender) {
  const own = api.runtime.getURL("/");
  return sender?.id === api.runtime.id && (sender.url ?? "").startsWith(own);
}

export class OwnPage {
  #port;
  #link;
  #trace;
  #isHere = true;

  constructor(port, link, trace) {
    this.#port = port;
    this.#link = link;
    this.#trace = trace;
  }

  receive({ id, method, params }) {
    if (method === "trace") {
      this.#answer(id, { result: this.#trace.entries });
    } else if (METHODS.has(method)) {
      this.#link.request(method, params ?? {}, (outcome) => this.#answer(id, outcome));
    }
  }

  leave() {
    this.#isHere = false;
    this.#link.rest();
  }

  #answer(id, outcome) {
    if (this.#isHere) {
      this.#port.postMessage({ id, ...outcome });
    }
  }
}
