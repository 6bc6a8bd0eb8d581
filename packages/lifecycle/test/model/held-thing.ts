// What the host holds for a plugin, until nobody asks for it any more.
import type { Life } from './life.ts'

/** Whom it would be missed by. */
interface Users {
  readonly wrong: string[]
  readonly lives: readonly Life[]
  readonly host: { isOff(name: string): boolean }
}

/** Something like a server, which notices when it is closed under somebody. */
export class HeldThing implements AsyncDisposable {
  readonly openedBy: Life
  readonly #users: Users
  #isOpen = true

  constructor(openedBy: Life, users: Users) {
    this.openedBy = openedBy
    this.#users = users
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { wrong, lives, host } = this.#users
    if (!this.#isOpen) wrong.push(`what was held for ${this.openedBy.name} was closed twice`)
    this.#isOpen = false
    const users = lives.filter(({ held, context, isResting }) => held === this && !context.signal.aborted && !isResting)
    for (const { name } of users)
      if (!host.isOff(name)) wrong.push(`what is held for ${name} was closed while ${name} has it`)
  }
}
