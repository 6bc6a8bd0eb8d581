// A folder in which something goes wrong, and what every release promises then: who, where and when is told, the
// others are untouched, the host lives, and the next good save heals it.
import { mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PluginError } from '@cf-plugins/plugin-api'
import { expect, onTestFinished } from 'vitest'
import type { HotReloaderOptions, ReloadReport } from '../../src/index.ts'
import { type Counter, type PluginFolder, startFolder } from '../plugin-folder.ts'
import { counter, plugin } from '../sources.ts'

/** What is told of a fault. */
export interface Fault {
  readonly code: string
  /** @default 'counter' */
  readonly plugin?: string
  /** The file that is to blame, in the folder. @default that of the plugin */
  readonly file?: string
  readonly line?: number
  readonly phase: string
  /** Whether it is in the new code, in the one that serves, or in either. @default 'new' */
  readonly in?: 'new' | 'old' | 'any'
  readonly message?: RegExp
  /** @default 'kept' */
  readonly outcome?: ReloadReport['outcome']
  /** Whether `counter` serves on. @default true */
  readonly serves?: boolean
}

/** A folder with a plugin that counts, and one that has nothing to do with it. */
export interface FaultFolder extends PluginFolder {
  /** Counts once more, and checks that no count and no code was lost: by `step`. */
  counts(step?: number): void
  /** Makes an edit that goes wrong, and checks what is told of it, and that `counter` serves on. */
  fault(edit: () => Promise<unknown>, fault: Fault): Promise<ReloadReport>
  /** Checks an error, wherever it came from. */
  tells(error: PluginError | undefined, fault: Fault, before?: number): void
  /** Saves a good version, and checks that it serves, with the count. */
  heal(edit?: () => Promise<unknown>): Promise<ReloadReport>
  /** Checks that who has nothing to do with a fault was not touched, and that the host lives. */
  untouched(): Promise<void>
}

const bystander = plugin('bystander', {
  setup:
    "({ on }) => { let asked = 0; on('ping', (pings: string[]) => void pings.push('bystander')); return { ask: () => ++asked } }",
})

/** The source of `counter`, with more fields, and what its `setup` does before it counts; it gets `context` and `host`. */
export function counting(step: number, setup = '', fields: Readonly<Record<string, string>> = {}): string {
  return plugin(
    'counter',
    {
      state: '{ version: 0, save: () => ({ count }), restore: (state: { count: number }) => { count = state.count } }',
      setup: `async (context) => { const host = context.shared as any; ${setup}; return { increment: () => (count += ${step}) } }`,
      ...fields,
    },
    'let count = 0',
  )
}

/** Where the files of a test are. */
export async function temporaryFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'cf-fault-')))
}

/** Starts `counter`, which counts by 1, a bystander, and whatever else is given, for one test. */
export async function faultFolder(
  files: Readonly<Record<string, string>> = {},
  options: HotReloaderOptions = {},
  path?: string,
): Promise<FaultFolder> {
  const strays: unknown[] = []
  const note = (thrown: unknown) => void strays.push(thrown)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  const root = path ?? (await temporaryFolder())
  const folder = await startFolder({ 'bystander.ts': bystander, 'counter.ts': counter(1), ...files }, options, root)
  const { lifecycle } = folder.reloader
  const untouchedInstance = lifecycle.instance('bystander')
  let asked = 0
  let count = 0
  let step = 1

  const counts = (by = step) => {
    step = by
    count += by
    expect(folder.service<Counter>('counter').increment()).toBe(count)
  }

  const untouched = async () => {
    expect(lifecycle.instance('bystander')).toBe(untouchedInstance)
    expect(folder.service<{ ask(): number }>('bystander').ask()).toBe(++asked)
    const pings: string[] = []
    await lifecycle.events.emit('ping', pings)
    expect(pings).toEqual(['bystander'])
    expect(strays).toEqual([])
  }

  const tells = (error: PluginError | undefined, fault: Fault, before = 1) => {
    const { code, phase, plugin: name = 'counter', file = `${name}.ts`, line, message } = fault
    expect(error).toMatchObject({ code, phase, plugin: name, file: join(root, file) })
    if (line !== undefined) {
      expect(error?.line).toBe(line)
      expect(error?.message).toContain(`${file}:${line}`)
    }
    if (message) expect(error?.message).toMatch(message)
    if (fault.in === 'old') expect(error?.generation).toBe(before)
    else expect(error?.generation).toBeGreaterThan(fault.in === 'any' ? 0 : before)
  }

  return {
    ...folder,
    counts,
    tells,
    untouched,
    async fault(edit, fault) {
      const name = fault.plugin ?? 'counter'
      const before = lifecycle.registry.has(name) ? lifecycle.status(name).generation : 0
      const report = await folder.reported(async () => void (await edit()))
      tells(report.error, fault, before)
      expect(report.outcome).toBe(fault.outcome ?? 'kept')
      if (fault.serves !== false) counts()
      await untouched()
      return report
    },
    async heal(edit) {
      const good = step * 10
      const report = await folder.reported(
        async () => void (await (edit ?? (() => folder.save('counter.ts', counter(good))))()),
      )
      expect(report).toMatchObject({ outcome: 'committed', error: undefined })
      for (const { state, error } of lifecycle.statuses()) expect([state, error]).toEqual(['active', undefined])
      counts(edit ? step : good)
      await untouched()
      return report
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** A logger that keeps what it is told. */
export function logging() {
  const told: { level: string; context: Record<string, unknown>; text: string }[] = []
  const at = (level: string) => (context: unknown, text?: string) =>
    void told.push({ level, context: context as Record<string, unknown>, text: String(text) })
  return { told, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}
