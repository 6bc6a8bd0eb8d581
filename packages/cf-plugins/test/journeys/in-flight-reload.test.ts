// A reload that is asked for over HTTP, and what the one who asks is answered.
import { describe, expect, it } from 'vitest'
import { host } from './in-flight-host.ts'

const backend = `
import { definePlugin } from 'cf-plugins'
export default definePlugin({ name: 'backend', version: '1.0.0', setup: () => ({}) })`

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

describe('a reload asked for over HTTP, by the plugin that is reloaded,', () => {
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

  const asking = (dependencies: string) => `
import { definePlugin } from 'cf-plugins'
export default definePlugin({
  name: 'asking', version: '1.0.0', dependencies: ${dependencies},
  setup({ shared, listen }) {
    listen(shared.server, 'request', async (request, response) => {
      const { outcome } = await shared.manager.reload('backend')
      response.end(outcome)
    })
  },
})`

  it('is accepted too where what asks needs what is reloaded, and so is reloaded with it', async () => {
    const { reported, get } = await host(
      { 'backend.mjs': backend, 'asking.mjs': asking("['backend']") },
      { hotReload: false },
    )
    let answer: string | undefined
    const report = await reported(async () => {
      answer = await get('/')
    })
    expect(answer).toBe('accepted')
    expect(report).toMatchObject({ outcome: 'committed', members: ['backend', 'asking'] })
  })

  it('is done before it is answered where what asks is not reloaded', async () => {
    const { get, reports } = await host({ 'backend.mjs': backend, 'asking.mjs': asking('[]') }, { hotReload: false })
    expect(await get('/')).toBe('committed')
    expect(reports).toMatchObject([{ outcome: 'committed', members: ['backend'] }])
  })
})
