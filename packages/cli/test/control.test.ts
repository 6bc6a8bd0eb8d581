// The socket between a host and those who ask it.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PluginError } from '@cf-plugins/plugin-api'
import { describe, expect, onTestFinished, test } from 'vitest'
import { askHost, type ControlMethods, controlAddress, openControlServer } from '../src/index.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cf-control-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function served(methods: ControlMethods): Promise<string> {
  const address = controlAddress(['plugins'], { XDG_RUNTIME_DIR: await folder() })
  const server = await openControlServer(address, methods)
  onTestFinished(() => server.close())
  return address
}

/** Sends a text as it stands, and gives the answer. */
function sent(address: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(address, () => socket.write(text))
    let answer = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('the address', () => {
  test('is the same for the same folders, however they are named', async () => {
    const root = await folder()
    for (const name of ['one', 'two']) mkdirSync(join(root, name))
    symlinkSync(join(root, 'one'), join(root, 'link'))
    const of = (...names: string[]) => controlAddress(names.map((name) => join(root, name)))
    expect(of('two', 'link')).toBe(of('one', 'two/'))
    expect(of('one', 'one')).toBe(of('one'))
    expect(of('one')).not.toBe(of('two'))
  })

  test('fits into what a socket may be called', () => {
    const long = controlAddress(['plugins'], { XDG_RUNTIME_DIR: `/${'x'.repeat(150)}` })
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(100)
  })
})

describe('a request', () => {
  test('is answered', async () => {
    const address = await served({ add: ({ a, b }) => Number(a) + Number(b), nothing: () => undefined })
    expect(await askHost(address, 'add', { a: 1, b: 2 })).toBe(3)
    expect(await askHost(address, 'nothing')).toBeNull()
  })

  test("gets the host's own error, with all that it tells", async () => {
    const address = await served({
      fail: () => {
        const issues = [{ path: 'name', message: 'too long' }]
        throw new PluginError('CFP_X', 'no', { plugin: 'a', file: '/a.ts', line: 3, issues, cause: new Error('deep') })
      },
      plain: () => Promise.reject(new TypeError('not thought of')),
      strange: () => 1n,
    })
    await expect(askHost(address, 'fail')).rejects.toMatchObject({
      code: 'CFP_X',
      message: 'no',
      plugin: 'a',
      file: '/a.ts',
      line: 3,
      issues: [{ path: 'name', message: 'too long' }],
      cause: 'deep',
    })
    await expect(askHost(address, 'plain')).rejects.toMatchObject({
      code: 'CFP_CLI_UNEXPECTED',
      message: 'not thought of',
    })
    await expect(askHost(address, 'strange')).rejects.toMatchObject({ code: 'CFP_CLI_UNEXPECTED' })
  })

  test.each([
    ['no JSON', '{"method":\n', 'CFP_CLI_REQUEST'],
    ['JSON that is no request', '7\n', 'CFP_CLI_REQUEST'],
    ['null', 'null\n', 'CFP_CLI_REQUEST'],
    ['parameters that are none', '{"method":"echo","params":3}\n', 'CFP_CLI_REQUEST'],
    ['a method that is not there', '{"method":"nope"}\n', 'CFP_CLI_REQUEST'],
    ["a member of every object's", '{"method":"constructor"}\n', 'CFP_CLI_REQUEST'],
  ])('that is %s is refused, and the next one is answered', async (_title, text, code) => {
    const address = await served({ echo: (params) => params })
    expect(JSON.parse(await sent(address, text))).toMatchObject({ error: { code } })
    expect(await askHost(address, 'echo', { a: 1 })).toEqual({ a: 1 })
  })

  test('that is longer than any is cut off', async () => {
    const address = await served({ echo: (params) => params })
    const from = performance.now()
    await expect(sent(address, 'x'.repeat(200_000)).catch(() => '')).resolves.toBe('')
    // One that is short is waited for, 5 s.
    expect(performance.now() - from).toBeLessThan(4000)
    expect(await askHost(address, 'echo')).toEqual({})
  })

  test('may be long when its end is there, and its answer too', async () => {
    const address = await served({ echo: (params) => params })
    const text = 'x'.repeat(60_000)
    expect(await askHost(address, 'echo', { text })).toEqual({ text })
  })

  test('that nobody answers ends after its time, or when it is cancelled', async () => {
    const address = await served({ never: () => new Promise(() => {}) })
    await expect(askHost(address, 'never', {}, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'CFP_CLI_HOST_SILENT',
    })
    const signal = AbortSignal.timeout(50)
    await expect(askHost(address, 'never', {}, { signal })).rejects.toMatchObject({ code: 'CFP_CLI_HOST_SILENT' })
    await expect(askHost(address, 'never', {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CFP_CLI_HOST_SILENT',
    })
  })

  test('whose host ends meanwhile says so', async () => {
    const address = controlAddress(['plugins'], { XDG_RUNTIME_DIR: await folder() })
    let onAsked = () => {}
    const isAsked = new Promise<void>((resolve) => {
      onAsked = resolve
    })
    const server = await openControlServer(address, {
      never: () => {
        onAsked()
        return new Promise(() => {})
      },
    })
    const answer = askHost(address, 'never').catch((error: PluginError) => error.code)
    await isAsked
    await server.close()
    expect(await answer).toBe('CFP_CLI_HOST_ANSWER')
    await expect(askHost(address, 'never')).rejects.toMatchObject({ code: 'CFP_CLI_NO_HOST' })
  })

  test('answered by somebody else is no answer', async () => {
    const address = join(await folder(), 'other.sock')
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n'))
    await new Promise<void>((resolve) => server.listen(address, resolve))
    onTestFinished(() => void server.close())
    await expect(askHost(address, 'list')).rejects.toMatchObject({ code: 'CFP_CLI_HOST_ANSWER' })
  })
})

describe('a server', () => {
  test('does not take the address of one that lives', async () => {
    const address = await served({ who: () => 'first' })
    await expect(openControlServer(address, { who: () => 'second' })).rejects.toMatchObject({
      code: 'CFP_CLI_HOST_RUNS',
    })
    expect(await askHost(address, 'who')).toBe('first')
  })

  test('takes the place of what is left of a dead one, and of one that died while it did the same', async () => {
    const address = controlAddress(['plugins'], { XDG_RUNTIME_DIR: await folder() })
    mkdirSync(dirname(address), { mode: 0o700 })
    writeFileSync(address, '')
    writeFileSync(`${address}.lock`, '')
    const server = await openControlServer(address, { who: () => 'new' })
    onTestFinished(() => server.close())
    expect(await askHost(address, 'who')).toBe('new')
  })

  test.skipIf(process.platform === 'win32')('is one, of several that find a dead one at the same moment', async () => {
    const address = controlAddress(['plugins'], { XDG_RUNTIME_DIR: await folder() })
    mkdirSync(dirname(address), { mode: 0o700 })
    // A host that was killed leaves its socket behind.
    const kill =
      "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))"
    spawnSync(process.execPath, ['-e', kill, address])
    expect(existsSync(address)).toBe(true)
    const opened = await Promise.allSettled(
      Array.from({ length: 6 }, (_, at) => openControlServer(address, { who: () => at })),
    )
    const servers = opened.flatMap((each, at) => (each.status === 'fulfilled' ? [{ at, server: each.value }] : []))
    onTestFinished(async () => {
      for (const { server } of servers) await server.close()
    })
    expect(servers).toHaveLength(1)
    expect(await askHost(address, 'who')).toBe(servers[0]?.at)
    for (const each of opened) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'CFP_CLI_HOST_RUNS' })
    }
    expect(readdirSync(dirname(address))).toHaveLength(1)
  })

  test.skipIf(process.platform === 'win32').each([
    [
      'that others may read',
      (path: string) => chmodSync(mkdirSync(path, { recursive: true }) ?? path, 0o755),
      /can be changed by others/,
    ],
    ['that is a link', (path: string) => symlinkSync(tmpdir(), path), /can be changed by others/],
    ['that is a file', (path: string) => writeFileSync(path, ''), /cannot be made/],
  ])('refuses a folder %s', async (_title, make, says) => {
    const address = controlAddress(['plugins'], { XDG_RUNTIME_DIR: await folder() })
    make(dirname(address))
    await expect(openControlServer(address, {})).rejects.toMatchObject({
      code: 'CFP_CLI_SOCKET',
      message: expect.stringMatching(says),
    })
  })
})
