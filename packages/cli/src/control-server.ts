// A running host's ear: answers requests on a socket that only its user can reach.
import { chmodSync, closeSync, openSync, unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, PluginError } from '@cf-plugins/plugin-api'
import { isAnswered, prepareSocketFolder } from './control-address.ts'
import { plainError } from './plain-error.ts'

/** What a host answers to, by the name of the request. Parameters come from outside: each method checks its own. */
export type ControlMethods = Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => unknown>>

/** A socket that is listened on. */
export interface ControlServer extends AsyncDisposable {
  readonly address: string
  close(): Promise<void>
}

/** The longest request, in characters. */
const REQUEST_MAX = 65_536
/** How long a connection may take to say what it wants, in milliseconds. */
const REQUEST_MS = 5000
/** How long a host may take to take a dead one's place, and how often another looks whether it has, in milliseconds. */
const LOCK_MS = 3000
const LOCK_POLL_MS = 20

/**
 * Listens for requests: one line of JSON, `{ method, params }`, answered by one line, `{ result }` or `{ error }`.
 *
 * @throws `CFP_CLI_HOST_RUNS` where a living host has the address, `CFP_CLI_SOCKET` where it cannot be had
 */
export async function openControlServer(address: string, methods: ControlMethods): Promise<ControlServer> {
  const isPipe = process.platform === 'win32'
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, methods)
  })
  if (!isPipe) prepareSocketFolder(dirname(address))
  try {
    await take(server, address)
    if (!isPipe) chmodSync(address, 0o600)
  } catch (cause) {
    server.close()
    if (cause instanceof PluginError) throw cause
    throw new PluginError('CFP_CLI_SOCKET', `The socket ${address} cannot be made: ${messageOf(cause)}.`, { cause })
  }
  // What goes wrong with one connection must not end the host.
  server.on('error', () => {})
  // A host must not stay alive only because it could be asked something.
  server.unref()
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    })
  return { address, close, [Symbol.asyncDispose]: close }
}

/** Listens, where need be in the place of a host that is dead. */
async function take(server: Server, address: string): Promise<void> {
  try {
    return await listen(server, address)
  } catch (error) {
    if (!isTaken(error)) throw error
  }
  if (await isAnswered(address)) throw hostRuns()
  const unlock = await lock(`${address}.lock`)
  try {
    // Another host may have found the dead one too, and have been quicker.
    if (await isAnswered(address)) throw hostRuns()
    remove(address)
    await listen(server, address)
  } catch (error) {
    throw isTaken(error) ? hostRuns() : error
  } finally {
    unlock()
  }
}

/** Waits until nobody else takes the place of the same dead host. Gives the undo. */
async function lock(file: string): Promise<() => void> {
  for (const from = performance.now(); ; await sleep(LOCK_POLL_MS)) {
    try {
      closeSync(openSync(file, 'wx', 0o600))
      return () => remove(file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    // It is held for milliseconds: after so long its holder was killed.
    if (performance.now() - from > LOCK_MS) remove(file)
  }
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
}

function hostRuns(): PluginError {
  return new PluginError(
    'CFP_CLI_HOST_RUNS',
    'A host runs on these folders already. Stop it first, or ask it: cf list <folder>',
  )
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      server.off('error', settle)
      server.off('listening', settle)
      if (error) reject(error)
      else resolve()
    }
    server.on('error', settle)
    server.on('listening', settle)
    server.listen(address)
  })
}

function serve(socket: Socket, methods: ControlMethods): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.setTimeout(REQUEST_MS, () => socket.destroy())
  // A client that goes away is no error of the host.
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: string) => {
    text += chunk
    const end = text.indexOf('\n')
    if (end < 0) {
      if (text.length > REQUEST_MAX) socket.destroy()
      return
    }
    socket.setTimeout(0)
    socket.removeAllListeners('data')
    void answer(text.slice(0, end), methods).then((reply) => socket.end(`${reply}\n`))
  })
}

/** The answer, as text; never rejects. */
async function answer(line: string, methods: ControlMethods): Promise<string> {
  try {
    const { method, params } = readRequest(line)
    const task = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (!task) throw new PluginError('CFP_CLI_REQUEST', `The host knows no request "${method}".`)
    return JSON.stringify({ result: (await task(params)) ?? null })
  } catch (thrown) {
    const error =
      thrown instanceof PluginError
        ? thrown
        : new PluginError('CFP_CLI_UNEXPECTED', messageOf(thrown), { cause: thrown })
    return JSON.stringify({ error: plainError(error) })
  }
}

function readRequest(line: string): { method: string; params: Record<string, unknown> } {
  let request: unknown
  try {
    request = JSON.parse(line)
  } catch (cause) {
    throw new PluginError('CFP_CLI_REQUEST', 'The request is no JSON.', { cause })
  }
  const { method, params = {} } = (request ?? {}) as { method?: unknown; params?: unknown }
  if (typeof method !== 'string' || typeof params !== 'object' || params === null) {
    throw new PluginError('CFP_CLI_REQUEST', 'A request is { "method": name, "params": { ... } }.')
  }
  return { method, params: params as Record<string, unknown> }
}

function remove(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
