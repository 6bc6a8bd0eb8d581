// What a sync parser does to its thread. The entry of a plugin.

/** Blocks for so many milliseconds. */
export function block({ ms }) {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
}
