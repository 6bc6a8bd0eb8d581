// A call from one plugin to another that is under way while they are reloaded, over real HTTP: it finishes where it began, and what
// comes after is new.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { host, reaches } from './in-flight-host.ts'

/** Answers with the versions of both plugins and how often it was asked, when it is told to go on. */
const backend = (version: number) => `
import { once } from 'node:events'
import { definePlugin } from 'cf-plugins'
let asked = 0
let noted = 0
export default definePlugin({
  name: 'backend', version: '1.0.0',
  state: { save: () => ({ asked, noted }), restore: (kept) => { ({ asked, noted } = kept) } },
  setup({ shared, on }) {
    on('backend.noted', () => { noted += 1 })
    return {
      async answer(waits) {
        asked += 1
        const mine = asked
        if (waits) {
          const goOn = once(shared.signs, 'go on')
          shared.signs.emit('asked')
          await goOn
        }
        return 'backend ${version}, asked ' + mine
      },
      noted: () => noted,
    }
  },
})`
const frontend = (version: number) => `
import { definePlugin } from 'cf-plugins'
export default definePlugin({
  name: 'frontend', version: '1.0.0', dependencies: ['backend'],
  setup({ shared, inject, listen, emit }) {
    const backend = inject('backend')
    listen(shared.server, 'request', async (request, response) => {
      const answer = await backend.answer(request.url === '/waits')
      const { failures } = await emit('backend.noted')
      response.end(['frontend ${version}', answer, 'noted ' + backend.noted(), ...failures].join(', '))
    })
  },
})`

describe('a call from one plugin to another', () => {
  const cases = [
    { what: 'the one that is called', saves: { 'backend.mjs': backend(2) }, next: 'frontend 1, backend 2' },
    { what: 'the one that calls', saves: { 'frontend.mjs': frontend(2) }, next: 'frontend 2, backend 1' },
    {
      what: 'both of them',
      saves: { 'backend.mjs': backend(2), 'frontend.mjs': frontend(2) },
      next: 'frontend 2, backend 2',
    },
  ]
  for (const { what, saves, next } of cases) {
    it(`ends on the code that it began on while ${what} is reloaded, and what waited gets the new code`, async () => {
      const { folder, manager, reports, shared, get } = await host({
        'backend.mjs': backend(1),
        'frontend.mjs': frontend(1),
      })
      expect(await get('/')).toBe('frontend 1, backend 1, asked 1, noted 1')

      const asked = once(shared.signs, 'asked')
      const underWay = get('/waits')
      await asked
      const gated = reaches(manager, 'frontend', 'gating')
      for (const [name, text] of Object.entries(saves)) await folder.save(name, text)
      await gated
      const waiting = get('/')
      // What is under way is waited for, and what comes meanwhile waits too.
      expect(await Promise.race([underWay, waiting, sleep(100, 'nothing')])).toBe('nothing')
      shared.signs.emit('go on')

      expect(await underWay).toBe('frontend 1, backend 1, asked 2, noted 2')
      const [front, back] = next.split(', ')
      expect(await waiting).toMatch(/^frontend \d, backend \d, asked 3, noted 3$/)
      const isDone = (name: string) =>
        reports.some(
          ({ outcome, plan }) => outcome === 'committed' && plan.changes.some(({ file }) => file.endsWith(name)),
        )
      while (!Object.keys(saves).every(isDone)) await sleep(10)
      expect(await get('/')).toBe(`${front}, ${back}, asked 4, noted 4`)
    })
  }
})
