// Which known word somebody meant who wrote an unknown one.

/** The first word of `known` that is one edit away from `word`, or else, where that has over three letters, two. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const within = (edits: number) => known.find((each) => isWithin(edits, word, each))
  return within(1) ?? within(word.length > 3 ? 2 : 1)
}

/** Whether so many insertions, deletions and replacements turn one word into the other. */
function isWithin(edits: number, one: string, other: string): boolean {
  if (one === other) return true
  if (one[0] === other[0]) return isWithin(edits, one.slice(1), other.slice(1))
  const after = (skip: number, otherSkip: number) => isWithin(edits - 1, one.slice(skip), other.slice(otherSkip))
  return edits > 0 && (after(1, 0) || after(0, 1) || after(1, 1))
}
