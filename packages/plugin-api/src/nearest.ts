// Which known word somebody meant who wrote an unknown one.

/** The word of `known` that is one or two edits away from `word`, or `undefined`. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const isNear = (edits: number) => known.find((each) => isWithin(word.toLowerCase(), each.toLowerCase(), edits))
  return isNear(1) ?? isNear(2)
}

/** Whether `edits` insertions, deletions and replacements turn one word into the other. */
function isWithin(one: string, other: string, edits: number): boolean {
  if (one === other) return true
  if (Math.abs(one.length - other.length) > edits || edits === 0) return false
  let same = 0
  while (one[same] === other[same]) same++
  const [rest, otherRest] = [one.slice(same), other.slice(same)]
  return (
    isWithin(rest.slice(1), otherRest, edits - 1) ||
    isWithin(rest, otherRest.slice(1), edits - 1) ||
    isWithin(rest.slice(1), otherRest.slice(1), edits - 1)
  )
}
