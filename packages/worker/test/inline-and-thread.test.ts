// A plugin's author sees no difference: the same file runs inline and in a thread, in a real lifecycle, and tells what it saw of its context.
import { threadId } from 'node:worker_threads'
import { beforeAll, describe, expect, it } from 'vitest'
import { observe, type Seen } from './probes/observing.ts'
import { PROBES } from './probes/probing-plugin.ts'

const LIFE = [
  'health',
  'early',
  'what it hears at rest',
  'other configurations',
  'after a rest and other configurations',
  'a reload',
  'a reload that fails',
  'log',
]

describe.each(['exclusive', 'overlap'] as const)('a plugin sees the same inline and in a thread, %s', (strategy) => {
  let inline: Seen
  let thread: Seen
  beforeAll(async () => {
    inline = await observe({ execution: 'inline', strategy })
    thread = await observe({ execution: 'worker', strategy })
  })
  it('which is another', () => {
    expect(inline.get('thread')).toBe(threadId)
    expect(thread.get('thread')).not.toBe(threadId)
  })
  it.each(['start', ...Object.keys(PROBES), ...LIFE])('%s', (name) => {
    expect(inline.has(name)).toBe(true)
    expect(thread.get(name)).toEqual(inline.get(name))
  })
})
