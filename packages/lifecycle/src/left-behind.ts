// What code of a plugin opened without its context, and did not close by its end: it would run on for ever, unnoticed.
import { type AsyncHook, createHook } from 'node:async_hooks'
import { PluginError } from '@cf-plugins/plugin-api'
import { shownFile } from '@cf-plugins/plugin-api/host'
import { type Place, placeIn } from './stack-place.ts'
import type { RunningCode } from './stray-code.ts'

/** Resources of Node that outlive whoever opened them, in words. */
const WORDS: { readonly [Type in string]?: string } = {
  Timeout: 'a timer',
  TCPSERVERWRAP: 'a server',
  PIPESERVERWRAP: 'a server',
  TCPWRAP: 'a connection',
  UDPWRAP: 'a socket',
  FSEVENTWRAP: 'a file watcher',
  STATWATCHER: 'a file watcher',
  PROCESSWRAP: 'a child process',
  WORKER: 'a worker',
}

/** What is open may still be about to close when its plugin has ended, in milliseconds. */
const GRACE_MS = 500

interface Opened {
  readonly by: RunningCode
  readonly what: string
  readonly place: Place
  isOpen(): boolean
}

/** Writes down what plugins open in their own files, until it is closed, and tells what is left after their end. */
export class LeftBehind implements Disposable {
  readonly #running: () => RunningCode | undefined
  readonly #tell: (error: PluginError) => void
  readonly #opened = new Map<unknown, Opened>()
  readonly #looks = new Set<NodeJS.Timeout>()
  readonly #hook: AsyncHook

  constructor(running: () => RunningCode | undefined, tell: (error: PluginError) => void) {
    this.#running = running
    this.#tell = tell
    this.#hook = createHook({
      init: (id, type) => {
        const what = WORDS[type]
        if (what !== undefined) this.#note(id, what, () => true)
      },
      destroy: (id) => void this.#opened.delete(id),
    })
  }

  listen(): void {
    this.#hook.enable()
    process.on('newListener', this.#onListener)
  }

  [Symbol.dispose](): void {
    this.#hook.disable()
    process.off('newListener', this.#onListener)
    for (const look of this.#looks) clearTimeout(look)
    this.#opened.clear()
  }

  /** Tells, a little later, what a generation has left open that has ended now. */
  ended(plugin: string, generation: number): void {
    const isOf = ({ by }: Opened) => by.plugin === plugin && by.generation === generation
    if (![...this.#opened.values()].some(isOf)) return
    const look = setTimeout(() => {
      this.#looks.delete(look)
      const left = [...this.#opened].filter(([, opened]) => isOf(opened))
      for (const [id] of left) this.#opened.delete(id)
      const open = left.map(([, opened]) => opened).filter((opened) => opened.isOpen())
      if (open.length > 0) this.#tell(leftBehind(open))
    }, GRACE_MS)
    look.unref()
    this.#looks.add(look)
  }

  readonly #onListener = (event: string | symbol, listener: (...args: never[]) => unknown): void => {
    const isOpen = () => process.rawListeners(event).some((one) => one === listener)
    this.#note(listener, `a listener of the process' "${String(event)}"`, isOpen)
  }

  #note(id: unknown, what: string, isOpen: () => boolean): void {
    const by = this.#running()
    const place = by && placeIn(here(), (file) => by.files.includes(file))
    // What a library opens for a plugin is the library's, such as a pool that outlives its user.
    if (by && place) this.#opened.set(id, { by, what, place, isOpen })
  }
}

function here(): Error {
  const { stackTraceLimit } = Error
  // Node's own frames stand before those of whoever opened it.
  Error.stackTraceLimit = 30
  try {
    return new Error()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function leftBehind(open: readonly Opened[]): PluginError {
  const { by, place } = open[0] as Opened
  const list = open.map(({ what, place: { file, line } }) => `${what} (${shownFile(file)}:${line})`).join(', ')
  const message = `Plugin "${by.plugin}" left open what nobody closes any more: ${list}. Take context.every(), listen(), own() or hold(), or close it in teardown().`
  const issues = open.map(({ what, place: { file, line } }) => ({ path: `${file}:${line}`, message: what }))
  const { plugin, generation } = by
  return new PluginError('CFP_LEFT_BEHIND', message, { plugin, phase: 'teardown', generation, ...place, issues })
}
