// What is under way in plugins while they are reloaded, over real HTTP: it finishes where it began, and what comes after is new.
import { EventEmitter, once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { PluginManager } from '../../src/index.ts'
import { PluginFolder } from './plugin-folder.ts'

/** What the plugins of these tests share with their host. */
interface Shared {
  readonly server: Server
  /** Where plugins tell what they do, and are told to go on. */
  readonly signs: EventEmitter
  manager?: PluginManager
  /** Streams end by themselves now. */
  finished?: boolean
}

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

/** Reloads itself where a request asks for it. */
const administered = (version: number) => `
import { definePlugin } from 'cf-plugins'
let requests = 0
export default definePlugin({
  name: 'administered', version: '1.0.0',
  state: { save: () => requests, restore: (kept) => { requests = kept } },
  setup({ shared, listen }) {
    listen(shared.server, 'request', async (request, response) => {
      requests += 1
      const report = request.url === '/reload' ? await shared.manager.reload('administered') : undefined
      response.end(['administered ${version}', 'request ' + requests, ...(report ? [report.outcome] : [])].join(', '))
    })
  },
})`

describe('a reload asked for over HTTP by the plugin that is reloaded', () => {
  it('is accepted and answered on the old code, and then done: the next request gets the new code', async () => {
    const { folder, reported, get } = await host({ 'administered.mjs': administered(1) }, { hotReload: false })
    await folder.save('administered.mjs', administered(2))
    expect(await get('/')).toBe('administered 1, request 1')
    let answer: string | undefined
    const { outcome } = await reported(async () => {
      answer = await get('/reload')
    })
    expect(answer).toBe('administered 1, request 2, accepted')
    expect(outcome).toBe('committed')
    expect(await get('/')).toBe('administered 2, request 3')
  })

  it('is answered too where the new code is bad, which is then told, and the old code serves on', async () => {
    const { folder, reported, get } = await host({ 'administered.mjs': administered(1) }, { hotReload: false })
    await folder.save('administered.mjs', 'export default {')
    let answer: string | undefined
    const { outcome, error } = await reported(async () => {
      answer = await get('/reload')
    })
    expect(answer).toBe('administered 1, request 1, accepted')
    expect(outcome).toBe('kept')
    expect(error?.message).toMatch(/administered\.mjs:1:\d+/)
    expect(await get('/')).toBe('administered 1, request 2')
  })
})

/** A host with an HTTP server that its plugins listen to. */
async function host(files: Readonly<Record<string, string>>, { hotReload = true, drainMs = 5_000 } = {}) {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const folder = await PluginFolder.make(files)
  const shared: Shared = { server, signs: new EventEmitter() }
  const { manager, report, reports, reported } = await folder.started({ hotReload, shared, reloadBounds: { drainMs } })
  expect(report.failed).toEqual([])
  shared.manager = manager
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const get = async (path: string) => (await fetch(`${url}${path}`)).text()
  return { folder, manager, shared, reports, reported, get, stream: (path: string) => readLines(`${url}${path}`) }
}

/** Resolves when a plugin comes into a state. */
function reaches(manager: PluginManager, plugin: string, state: string): Promise<void> {
  return new Promise((resolve) => {
    const undo = manager.watch((change) => {
      if (change.plugin !== plugin || change.to !== state) return
      undo()
      resolve()
    })
  })
}

/** Reads a response line by line. */
async function readLines(url: string) {
  const over = new AbortController()
  const { body } = await fetch(url, { signal: over.signal })
  if (!body) throw new Error('no body')
  const chunks = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const line = async (): Promise<string> => {
    while (!text.includes('\n')) {
      const { done, value } = await chunks.read()
      if (done) return text
      text += value
    }
    const end = text.indexOf('\n')
    const first = text.slice(0, end)
    text = text.slice(end + 1)
    return first
  }
  return {
    line,
    async take(count: number): Promise<string[]> {
      const lines: string[] = []
      while (lines.length < count) lines.push(await line())
      return lines
    },
    /** All that still comes, without the last line break. */
    async rest(): Promise<string> {
      let all = text
      for (;;) {
        const { done, value } = await chunks.read()
        if (done) return all.trimEnd()
        all += value
      }
    },
    stop: () => over.abort(),
  }
}
