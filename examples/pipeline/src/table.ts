// Rows whose columns line up.

/** Numbers stand to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, width(cell))
  const lines = rows.map((row) => {
    const cells = row.map((cell, at) => {
      const blanks = ' '.repeat((widths[at] ?? 0) - width(cell))
      return isNumber(rows, at) ? blanks + cell : cell + blanks
    })
    return `  ${cells.join('  ').trimEnd()}\n`
  })
  return lines.join('')
}

function isNumber(rows: readonly (readonly string[])[], at: number): boolean {
  return (
    rows.some((row) => /^\d/.test(row[at] ?? '')) &&
    rows.slice(1).every((row) => /^(\d[\d.,]*( \w+)?)?$/.test(row[at] ?? ''))
  )
}

/** In cells of a terminal: marks that stand on the letter before them take none. */
function width(text: string): number {
  return [...text.replace(/\p{Mark}/gu, '')].length
}
