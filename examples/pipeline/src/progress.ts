// How far a run is: on a terminal a line that changes, and without one a line now and then.
import type { WriteStream } from 'node:tty'

export interface Progress {
  /** @param part of the phase, from 0 to 1 */
  at(phase: string, part: number, text: string): void
  /** A line that stays. */
  note(line: string): void
  /** Takes away what is not to stay. */
  end(): void
}

const REDRAW_MS = 80
const BAR = 24

/** @param stream what people look at */
export function progressOn(stream: WriteStream | NodeJS.WriteStream): Progress {
  return stream.isTTY ? new ProgressLine(stream as WriteStream) : new ProgressLines(stream)
}

class ProgressLine implements Progress {
  readonly #stream: WriteStream
  #line = ''
  #phase = ''
  #drawnMs = Number.NEGATIVE_INFINITY

  constructor(stream: WriteStream) {
    this.#stream = stream
  }

  at(phase: string, part: number, text: string): void {
    const full = Math.round(Math.min(1, part) * BAR)
    const line = `${phase} [${'='.repeat(full)}${' '.repeat(BAR - full)}] ${percent(part)} ${text}`
    // One column is left free: a line as long as the terminal is wide would make it scroll.
    this.#line = line.slice(0, Math.max(10, (this.#stream.columns || 80) - 1))
    if (phase === this.#phase && part < 1 && performance.now() - this.#drawnMs < REDRAW_MS) return
    this.#phase = phase
    this.#draw()
  }

  note(line: string): void {
    this.#stream.write(`\r\x1b[K${line}\n`)
    if (this.#line !== '') this.#draw()
  }

  end(): void {
    if (this.#line !== '') this.#stream.write('\r\x1b[K')
    this.#line = ''
  }

  #draw(): void {
    this.#drawnMs = performance.now()
    this.#stream.write(`\r${this.#line}\x1b[K`)
  }
}

class ProgressLines implements Progress {
  readonly #stream: NodeJS.WriteStream
  #phase = ''
  #tenth = -1

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  at(phase: string, part: number, text: string): void {
    const tenth = Math.floor(Math.min(1, part) * 10)
    if (phase === this.#phase && tenth === this.#tenth) return
    this.#phase = phase
    this.#tenth = tenth
    this.#stream.write(`${phase} ${percent(part).trimStart()} ${text}`.trimEnd())
    this.#stream.write('\n')
  }

  note(line: string): void {
    this.#stream.write(`${line}\n`)
  }

  end(): void {}
}

function percent(part: number): string {
  return `${Math.floor(Math.min(1, part) * 100)} %`.padStart(5)
}
