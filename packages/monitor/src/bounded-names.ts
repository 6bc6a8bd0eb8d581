// Something for each of so many names, and one for all that come after: names may be made by whoever sends requests.

/** What all names have in common for which there was no room. */
export const OTHER = 'other'

export class BoundedNames<T> {
  readonly #byName = new Map<string, T>()
  readonly #make: (name: string) => T
  #room: number

  constructor(most: number, make: (name: string) => T) {
    this.#room = most
    this.#make = make
  }

  /** The name's own, made where it is new and there is room; else nothing. */
  own(name: string): T | undefined {
    const found = this.#byName.get(name)
    if (found !== undefined || this.#room === 0) return found
    this.#room--
    return this.#add(name)
  }

  /** The name's own, or what it has in common with all others. */
  of(name: string): T {
    return this.own(name) ?? this.#byName.get(OTHER) ?? this.#add(OTHER)
  }

  entries(): IterableIterator<[string, T]> {
    return this.#byName.entries()
  }

  #add(name: string): T {
    const made = this.#make(name)
    this.#byName.set(name, made)
    return made
  }
}
