// What happened meanwhile, told where nobody is in the middle of something: above the prompt, and never within a command's output.
import { clearScreenDown, cursorTo, type Interface, moveCursor } from 'node:readline'

/** Tells at once while the prompt is there, and later while a command runs. */
export class Notices {
  readonly #stream: NodeJS.WriteStream
  readonly #kept: string[] = []
  #lines: Interface | undefined

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Text of whole lines; nothing for none. */
  tell(text: string): void {
    if (text === '') return
    const lines = this.#lines
    if (!lines) {
      this.#kept.push(text)
      return
    }
    if (!lines.terminal) {
      this.#stream.write(text)
      return
    }
    // What is being typed goes on below, with the cursor where it was.
    moveCursor(this.#stream, 0, -lines.getCursorPos().rows)
    cursorTo(this.#stream, 0)
    clearScreenDown(this.#stream)
    this.#stream.write(text)
    lines.prompt(true)
  }

  /** Tells what was kept, and prompts. */
  prompt(lines: Interface): void {
    this.#stream.write(this.#kept.splice(0).join(''))
    this.#lines = lines
    lines.prompt()
  }

  /** A command runs from here on, until the next prompt. */
  hold(): void {
    this.#lines = undefined
  }
}
