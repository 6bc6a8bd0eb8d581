// An endless response that is under way while the plugin which serves it is reloaded, over real HTTP.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { host, reaches } from './in-flight-host.ts'

/** Streams without an end of its own: until it is told to finish, nobody reads any more, or its plugin is torn down. */
const streaming = (version: number, reload = '{}') => `
import { setTimeout as sleep } from 'node:timers/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { definePlugin } from 'cf-plugins'
export default definePlugin({
  name: 'streaming', version: '1.0.0', reload: ${reload},
  setup({ shared, listen, signal }) {
    async function* lines() {
      for (let line = 1; !shared.finished && !signal.aborted; line++) {
        yield 'streaming ${version}, line ' + line + '\\n'
        await sleep(5)
      }
      yield 'streaming ${version}, ' + (signal.aborted ? 'told to stop' : 'finished') + '\\n'
    }
    listen(shared.server, 'request', async (request, response) => {
      if (request.url !== '/stream') return response.end('streaming ${version}')
      // Who reads no more ends it too.
      await pipeline(Readable.from(lines()), response).catch(() => {})
    })
  },
})`

describe('an endless stream', () => {
  it('goes on over a reload that it does not let begin: the old code serves on, and it is reloaded when the stream has ended', async () => {
    const { folder, manager, reported, get, stream } = await host({ 'streaming.mjs': streaming(1) }, { drainMs: 1_000 })
    const reading = await stream('/stream')
    expect(await reading.line()).toBe('streaming 1, line 1')

    const gated = reaches(manager, 'streaming', 'gating')
    const given = reported(() => folder.save('streaming.mjs', streaming(2)))
    await gated
    const waiting = get('/')
    const { outcome, error } = await given
    expect([outcome, error?.code]).toEqual(['rolled-back', 'CFP_DRAIN_TIMEOUT'])
    expect(await waiting).toBe('streaming 1')
    expect(await get('/')).toBe('streaming 1')
    // Not one line is missing: those of the second with the gate closed among them.
    const lines = await reading.take(150)
    expect(lines).toEqual(lines.map((_, index) => `streaming 1, line ${index + 2}`))

    const { outcome: again } = await reported(async () => reading.stop())
    expect(again).toBe('committed')
    expect(await get('/')).toBe('streaming 2')
  })

  const discarding = "{ strategy: 'overlap', state: 'discard' }"

  it('finishes on the old code where a plugin overlaps and keeps no state, while the new code serves', async () => {
    const { folder, manager, shared, reported, get, stream } = await host(
      { 'streaming.mjs': streaming(1, discarding) },
      { drainMs: 1_000 },
    )
    const reading = await stream('/stream')
    expect(await reading.line()).toBe('streaming 1, line 1')

    const given = reported(() => folder.save('streaming.mjs', streaming(2, discarding)))
    while ((await get('/')) !== 'streaming 2') await sleep(50)
    expect(manager.status('streaming').state).toBe('active')
    const lines = await reading.take(150)
    expect(lines).toEqual(lines.map((_, index) => `streaming 1, line ${index + 2}`))
    shared.finished = true
    expect(await reading.rest()).toMatch(/streaming 1, finished$/)
    expect(await given).toMatchObject({ outcome: 'committed', strategy: 'overlap' })
    expect(await get('/')).toBe('streaming 2')
  })

  it('that nobody ends is told to stop once the time of the old code is over', async () => {
    const { folder, reported, get, stream } = await host(
      { 'streaming.mjs': streaming(1, discarding) },
      { drainMs: 1_000 },
    )
    const reading = await stream('/stream')
    const given = reported(() => folder.save('streaming.mjs', streaming(2, discarding)))
    expect(await reading.rest()).toMatch(/streaming 1, told to stop$/)
    expect(await given).toMatchObject({ outcome: 'committed', problems: [] })
    expect(await get('/')).toBe('streaming 2')
  })
})
