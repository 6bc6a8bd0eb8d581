// Hook calls, and whether each handler answered each of them once.
import { HookError, PluginError, type PluginManager } from 'cf-plugins'
import type { Judge } from './judge.ts'
import type { SoakShared } from './shared.ts'

/** Where a plugin answers nothing. */
const DOWN: ReadonlySet<string> = new Set(['resolved', 'disabled', 'blocked', 'failed', 'stopped'])

export class Questions {
  readonly #manager: PluginManager
  readonly #judge: Judge
  /** Who was asked each question that is under way. */
  readonly #asked = new Map<number, string[]>()
  /** How often each plugin went down. */
  readonly #downs = new Map<string, number>()

  constructor(manager: PluginManager, shared: SoakShared) {
    this.#manager = manager
    this.#judge = shared.judge
    shared.onAsked = (plugin, number) => this.#asked.get(number)?.push(plugin)
    manager.watch(({ plugin, to }) => {
      if (!DOWN.has(to)) return
      this.#downs.set(plugin, (this.#downs.get(plugin) ?? 0) + 1)
    })
  }

  async call(number: number): Promise<void> {
    const expected = this.#manager.hooks.listeners('soak.ask').map(({ plugin }) => plugin)
    const before = new Map(this.#downs)
    const asked: string[] = []
    this.#asked.set(number, asked)
    const refused = new Set<string>()
    let answers: readonly unknown[] | undefined
    try {
      answers = await this.#manager.hooks.call('soak.ask', number)
    } catch (error) {
      if (!(error instanceof HookError)) throw error
      for (const { plugin } of error.failures) refused.add(plugin)
    } finally {
      this.#asked.delete(number)
    }
    const tell = (what: string) => this.#judge.wrong('contract', `hook call ${number}: ${what}`)
    if (answers && String(answers) !== String(asked)) tell(`answers ${answers}, asked ${asked}`)
    if (new Set(asked).size < asked.length) tell(`asked twice: ${asked}`)
    const inOrder = expected.filter((plugin) => asked.includes(plugin))
    if (String(asked) !== String(inOrder)) tell(`asked ${asked}; expected ${expected}`)
    for (const plugin of expected) {
      if (asked.includes(plugin) || refused.has(plugin)) continue
      // One that went away in the meantime need not answer.
      if (before.get(plugin) === this.#downs.get(plugin)) tell(`"${plugin}" did not answer`)
    }
  }

  /** Nobody waits for it: it is answered at once, or refused. */
  callSync(): void {
    const expected = this.#manager.hooks.listeners('soak.peek').map(({ plugin }) => plugin)
    try {
      const answers = this.#manager.hooks.callSync('soak.peek')
      if (String(answers) !== String(expected))
        this.#judge.wrong('contract', `callSync gave ${answers}; expected ${expected}`)
    } catch (error) {
      if (!(error instanceof PluginError) || error.code !== 'CFP_PLUGIN_RELOADING')
        this.#judge.wrong('contract', `callSync threw ${error}`)
    }
  }
}
