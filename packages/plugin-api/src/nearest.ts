// Which known word somebody meant who wrote an unknown one.

/** The word of `known` that takes the fewest edits to become `word`, or `undefined` where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = 1 + Math.min(3, word.length / 2)
  // Whatever is far longer than every known word is no slip of the keyboard, and not worth its comparison.
  if (word.length > 40) return best
  for (const candidate of known) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase())
    if (edits < least) {
      best = candidate
      least = edits
    }
  }
  return best
}

/** Levenshtein's distance, a row at a time. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + Number(from[i - 1] !== to[j - 1]))
    }
    row = next
  }
  return row[to.length]!
}
