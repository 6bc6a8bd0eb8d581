// The line that tells what is starting, on a terminal, while it is.
import type { PluginManager } from 'cf-plugins'
import { formatMs } from './render-timeline.ts'
import type { OutputStream, Theme } from './theme.ts'

/** How often the line is drawn, in milliseconds. */
const FRAME_MS = 80
const ERASE = '\r\u001B[2K'

/** A line at the bottom of a terminal, drawn over and over, and erased in the end. Nothing where there is no terminal. */
export class Progress implements Disposable {
  readonly #stream: OutputStream
  readonly #theme: Theme
  readonly #manager: Pick<PluginManager, 'registry'>
  readonly #starting = new Map<string, number>()
  readonly #unwatch: () => void
  readonly #timer: NodeJS.Timeout | undefined
  #settled = 0
  #isDrawn = false

  constructor(
    manager: Pick<PluginManager, 'registry' | 'watch'>,
    { stream, theme }: { readonly stream: OutputStream; readonly theme: Theme },
  ) {
    this.#stream = stream
    this.#theme = theme
    this.#manager = manager
    this.#unwatch = manager.watch(({ plugin, from, to }) => {
      if (from === 'starting') this.#starting.delete(plugin)
      if (to === 'starting') this.#starting.set(plugin, performance.now())
      else if (to !== 'resolved') this.#settled++
    })
    if (stream.isTTY !== true) return
    this.#timer = setInterval(() => this.#draw(), FRAME_MS)
    this.#timer.unref()
  }

  /** The stream for whatever else is written meanwhile: the line makes room for it. */
  readonly around: OutputStream = {
    write: (text: string) => {
      this.erase()
      return this.#stream.write(text)
    },
  }

  /** Takes the line away until it is drawn again. */
  erase(): void {
    if (this.#isDrawn) this.#stream.write(ERASE)
    this.#isDrawn = false
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#unwatch()
    this.erase()
  }

  #draw(): void {
    const now = performance.now()
    const all = this.#manager.registry.names().length
    const names = [...this.#starting].map(([plugin, since]) => `${plugin} (${formatMs(now - since)})`)
    const text =
      all === 0
        ? 'loading plugins'
        : `starting ${this.#settled}/${all}${names.length > 0 ? `: ${names.join(', ')}` : ''}`
    this.erase()
    // One column less, or some terminals begin a new line that is never erased.
    this.#stream.write(this.#theme.faint(text.slice(0, (this.#stream.columns ?? 80) - 1)))
    this.#isDrawn = true
  }
}
