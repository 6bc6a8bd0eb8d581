// A plugin's author sees no difference: the same file runs inline and in a thread, in a real lifecycle, and tells what it saw of its context.
import { threadId } from 'node:worker_threads'
import { beforeAll, describe, expect, it } from 'vitest'
import { observe, type Seen } from './probes/observing.ts'
import { PROBES } from './probes/probing-plugin.ts'
import { RANDOM_PROBES } from './probes/random-probes.ts'

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
  it('and enough of everything happens in random lives to be compared', () => {
    const lives = Object.keys(RANDOM_PROBES).flatMap((name) => inline.get(name) as [unknown, unknown, unknown][])
    const codes = lives.map(([, , outcome]) => (outcome as { readonly code?: string } | undefined)?.code)
    const counts = {
      called: lives.filter(([what]) => what === 'called').length,
      watched: lives.filter(([what]) => what === 'watched').length,
      cart: lives.filter(([what]) => what === 'cart').length,
      hooks: codes.filter((code) => code === 'CFP_HOOK_FAILED').length,
      pipelines: codes.filter((code) => code === 'CFP_PIPELINE_FAILED').length,
    }
    for (const [what, count] of Object.entries(counts)) expect([what, count > 4]).toEqual([what, true])
  })
  it.each(['start', ...Object.keys(PROBES), ...LIFE])('%s', (name) => {
    expect(inline.has(name)).toBe(true)
    expect(inline.get(name)).not.toBeInstanceOf(Error)
    expect(thread.get(name)).toEqual(inline.get(name))
  })
})
