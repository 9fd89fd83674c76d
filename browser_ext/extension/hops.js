// Where a traced request spent its time. Pure.

/**
 * Return the milliseconds of each hop that is known: from the page to the content script, from there
 * to the worker, in the host, in the agent (a person's time included), and the way in between.
 */
export function hops({ page, content, worker, host, agent, done }) {
  const found = [];
  const add = (hop, ms) => {
    if (Number.isFinite(ms)) {
      found.push({ hop, ms: Math.max(ms, 0) });
    }
  };
  add("page", between(page, content));
  add("content", between(content, worker));
  add("worker", between(worker, done) - (host ?? 0) - (agent ?? 0));
  add("host", host);
  add("agent", agent);
  return found;
}

/** Not a number where one of the two is unknown. */
function between(earlier, later) {
  return typeof earlier === "number" && typeof later === "number" ? later - earlier : Number.NaN;
}
