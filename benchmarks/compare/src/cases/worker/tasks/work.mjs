// Tasks that take their time. The entry of a plugin, too.

/** What a small computation does to its thread, for some fifty microseconds. */
export function compute({ count }) {
  let hash = count
  for (let turn = 0; turn < 40_000; turn++) hash = (Math.imul(hash, 31) + turn) | 0
  return { count: hash }
}

/** What a sync parser does to its thread: blocks for so many milliseconds. */
export function block({ ms }) {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
  return { ms }
}
