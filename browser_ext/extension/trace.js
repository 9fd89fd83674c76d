// The developers' trace: where the last requests spent their time, hop by hop. Off unless the popup
// switched it on; it holds methods, sites, times and outcomes, never parameters or answers.

const KEPT = 50;
const SETTING = "developer";

export class Trace {
  #entries = [];
  #byRequest = new Map();
  #isOn = false;
  #policy;
  #tellHost;

  /** @param tellHost (method, params) sends a request to the host */
  constructor(api, policy, tellHost) {
    this.#policy = policy;
    this.#tellHost = tellHost;
    api.storage.local.get(SETTING).then((kept) => (this.#isOn = kept[SETTING] === true));
    api.storage.onChanged.addListener((changes) => {
      if (SETTING in changes) {
        this.#switch(changes[SETTING].newValue === true);
      }
    });
  }

  get isOn() {
    return this.#policy.developerMode ?? this.#isOn;
  }

  /** The newest first. */
  get entries() {
    return [...this.#entries].reverse();
  }

  /** A request came to the worker; returns what the other calls name it by. */
  begin({ origin, method, times }) {
    if (!this.isOn) {
      return null;
    }
    const entry = { origin, method, outcome: null, worker: now() };
    for (const hop of ["page", "content"]) {
      entry[hop] = typeof times?.[hop] === "number" ? times[hop] : null;
    }
    this.#entries.push(entry);
    this.#entries.splice(0, this.#entries.length - KEPT);
    return entry;
  }

  /** It went to the host under this id. */
  sent(entry, request) {
    if (entry && entry.outcome === null) {
      this.#byRequest.set(request, entry);
    }
  }

  /** The host says how long it and the agent took, in milliseconds, just before the answer. */
  host({ id, host_ms: host, agent_ms: agent }) {
    Object.assign(this.#byRequest.get(id) ?? {}, { host, agent });
  }

  end(entry, outcome) {
    if (entry) {
      entry.outcome = outcome;
      entry.done = now();
      for (const [request, known] of this.#byRequest) {
        if (known === entry) {
          this.#byRequest.delete(request);
        }
      }
    }
  }

  #switch(isOn) {
    this.#isOn = isOn;
    this.#entries = [];
    this.#byRequest.clear();
    this.#tellHost("host.trace", { on: isOn });
  }
}

function now() {
  return performance.timeOrigin + performance.now();
}
