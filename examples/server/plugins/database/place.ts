// Where a plugin's code called into this one.
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const OWN = dirname(fileURLToPath(import.meta.url))
const FRAME = /[( ]((?:file:\/\/)?\/[^()]*?|[A-Za-z]:\\[^()]*?):(\d+):\d+\)?$/gm

/** The line that called, as `plugins/notes.ts:12`: the topmost that is not of this folder. */
export function callerPlace(): string {
  const { stack = '' } = new Error('for its stack')
  for (const [, at = '', line] of stack.matchAll(FRAME)) {
    const file = (at.startsWith('file:') ? fileURLToPath(at) : at).replace(/\?.*$/, '')
    if (!file.startsWith(OWN)) return `${relative(process.cwd(), file)}:${line}`
  }
  return 'an unknown place'
}
