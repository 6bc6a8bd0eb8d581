// Shows a helper: edit the page, save, and reload it in the browser.
import type { StatusLine } from '../_shared/status-line.ts'

export function pageOf(lines: readonly StatusLine[]): string {
  const rows = lines.map(({ plugin, line }) => `<tr><th>${escaped(plugin)}</th><td>${escaped(line)}</td></tr>`)
  return `<!doctype html><title>Playground</title><h1>How everybody is</h1><table>${rows.join('')}</table>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
