// Whatever is saved, in whatever way, while reloads go on: in the end what is in the files is what serves, with its state.
import { rmSync, writeFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { type PluginFolder, startFolder as start, states } from './plugin-folder.ts'
import { plugin } from './sources.ts'

interface Service {
  readonly version: number
  readonly word: number
  readonly sum: number
  add(): number
}

/** A plugin that counts, says which version it is, and what its helper said when it was made. */
function source(
  name: string,
  version: number,
  { needs = [], bad = '' }: { needs?: string[]; bad?: string } = {},
): string {
  return plugin(
    name,
    {
      dependencies: JSON.stringify(needs),
      state: '{ version: 0, save: () => ({ sum }), restore: (state: { sum: number }) => { sum = state.sum } }',
      setup: `() => { ${bad}; return { version: ${version}, word, get sum() { return sum }, add: () => ++sum } }`,
    },
    "import { word } from './_word.ts'\nlet sum = 0",
  )
}

/** A generator of numbers below `n`, the same for the same seed. */
function random(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

const NEEDS: Readonly<Record<string, string[]>> = { a: [], b: ['a'], c: ['b'], d: [] }
const NAMES = Object.keys(NEEDS)

/** What is in the files. */
class Files {
  readonly folder: PluginFolder
  word = 0
  readonly plugins = new Map(NAMES.map((name) => [name, { place: `${name}.ts`, version: 0, isBad: false }]))
  readonly #roll: (n: number) => number

  constructor(folder: PluginFolder, roll: (n: number) => number) {
    this.folder = folder
    this.#roll = roll
  }

  /** What serves when all that was saved is taken up. */
  get content(): unknown {
    return NAMES.map((name) => [name, this.plugins.get(name)?.version, this.word])
  }

  /** Makes one edit, of any kind. */
  async edit(version: number): Promise<void> {
    const roll = this.#roll
    const name = NAMES[roll(NAMES.length)] as string
    const kinds = [
      () => this.#save(name, version, (path, text) => this.#atomically(path, text)),
      () => this.#save(name, version, (path, text) => this.#atomically(path, text)),
      () => this.#save(name, version, (path, text) => this.#torn(path, text, roll(text.length))),
      () => this.#save(name, version, (path, text) => this.#removedBefore(path, text)),
      () => this.#saveWord(version, (path, text) => this.#atomically(path, text)),
      () => this.#saveWord(version, (path, text) => this.#torn(path, text, 'export const word = 1'.length)),
      () => this.#spoil(name, 'export default {'),
      () => this.#spoil(name, source(name, version, { needs: NEEDS[name] ?? [], bad: "throw new Error('no')" })),
      () => this.#move(name),
      async () => void this.folder.reloader.reloadPlugin(name).catch(() => {}),
    ]
    await kinds[roll(kinds.length)]?.()
  }

  /** Saves what is bad well, and nothing else. */
  async mend(version: number): Promise<void> {
    for (const [name, { isBad }] of this.plugins) {
      if (isBad) await this.#save(name, version, (path, text) => this.#atomically(path, text))
    }
  }

  async #save(name: string, version: number, how: (path: string, text: string) => Promise<void>): Promise<void> {
    const file = this.plugins.get(name)!
    await how(join(this.folder.path, file.place), source(name, version, { needs: NEEDS[name] ?? [] }))
    Object.assign(file, { version, isBad: false })
  }

  async #saveWord(version: number, how: (path: string, text: string) => Promise<void>): Promise<void> {
    await how(join(this.folder.path, '_word.ts'), `export const word = ${version}`)
    this.word = version
  }

  async #spoil(name: string, text: string): Promise<void> {
    const file = this.plugins.get(name)!
    file.isBad = true
    await this.folder.save(file.place, text)
  }

  async #move(name: string): Promise<void> {
    const file = this.plugins.get(name)!
    const { place } = file
    file.place = place === `${name}.ts` ? `${name}-moved.ts` : `${name}.ts`
    await rename(join(this.folder.path, place), join(this.folder.path, file.place))
  }

  #atomically(path: string, text: string): Promise<void> {
    return this.folder.save(basename(path), text)
  }

  async #torn(path: string, text: string, at: number): Promise<void> {
    writeFileSync(path, text.slice(0, at))
    await sleep(this.#roll(50))
    writeFileSync(path, text)
  }

  async #removedBefore(path: string, text: string): Promise<void> {
    rmSync(path, { force: true })
    await sleep(this.#roll(200))
    await this.#atomically(path, text)
  }
}

/** Counts in each plugin that serves, as long as it is wanted: calls that were answered must never be lost. */
async function countIn({ reloader }: PluginFolder, counts: Map<string, number>): Promise<void> {
  for (const name of NAMES) {
    const add = async () => {
      await reloader.lifecycle.use(name, (service) => (service as Service).add())
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    await add().catch(() => {})
  }
}

// Seeds by which mistakes were found.
it.each([102, 113, 116, 123, 142])(
  'ends on what is in the files after a storm of edits, %i (faults 1, 3, 13, 44; invariant 9)',
  async (seed) => {
    const sources = NAMES.map((name) => [`${name}.ts`, source(name, 0, { needs: NEEDS[name] ?? [] })])
    const folder = await start({ ...Object.fromEntries(sources), '_word.ts': 'export const word = 0' })
    const roll = random(seed)
    const files = new Files(folder, roll)
    const counts = new Map(NAMES.map((name) => [name, 0]))
    for (let turn = 1; turn <= 40; turn++) {
      const counting = countIn(folder, counts)
      await files.edit(turn)
      await sleep(roll(40))
      await counting
    }
    await files.mend(1000)
    const { lifecycle } = folder.reloader
    const served = () =>
      NAMES.map((name) => {
        const isActive = lifecycle.registry.has(name) && states(folder)[name] === 'active'
        const { version, word } = (isActive ? folder.service<Service>(name) : {}) as Partial<Service>
        return [name, version, word]
      })
    await expect.poll(served, { timeout: 8000, interval: 50 }).toEqual(files.content)
    await folder.reloader.idle()
    expect(served()).toEqual(files.content)
    expect(lifecycle.statuses().filter(({ orphaned }) => orphaned)).toEqual([])
    expect(NAMES.map((name) => [name, folder.service<Service>(name).sum])).toEqual([...counts])
  },
)
