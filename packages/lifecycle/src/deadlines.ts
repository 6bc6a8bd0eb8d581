// Deadlines of many waits: one timer for all that have the same length, since a timer each costs more than the wait.

/** What waits under a deadline. The links are the list's own. */
export abstract class Due {
  dueMs = 0
  list: DueList | undefined
  next: Due | undefined
  previous: Due | undefined

  /** The deadline is over. Must not throw. */
  abstract overdue(): void
}

/** Those of one length, the first to be due first. */
interface DueList {
  readonly ms: number
  first: Due | undefined
  last: Due | undefined
  timer: NodeJS.Timeout | undefined
}

/** The deadlines of one lifecycle. They keep the process alive as long as something waits. */
export class Deadlines {
  readonly #lists = new Map<number, DueList>()

  /** Lets `due` be overdue in `ms` milliseconds. */
  add(due: Due, ms: number): void {
    due.dueMs = performance.now() + ms
    let list = this.#lists.get(ms)
    if (!list) {
      list = { ms, first: undefined, last: undefined, timer: undefined }
      this.#lists.set(ms, list)
      this.#arm(list, ms)
    }
    due.list = list
    due.previous = list.last
    if (list.last) list.last.next = due
    else list.first = due
    list.last = due
  }

  /** Lets `due` wait no longer. */
  remove(due: Due): void {
    const { list, previous, next } = due
    if (!list) return
    if (previous) previous.next = next
    else list.first = next
    if (next) next.previous = previous
    else list.last = previous
    due.list = undefined
    due.next = undefined
    due.previous = undefined
    if (list.first) return
    clearTimeout(list.timer)
    this.#lists.delete(list.ms)
  }

  #arm(list: DueList, ms: number): void {
    list.timer = setTimeout(() => this.#look(list), Math.max(1, Math.ceil(ms)))
  }

  #look(list: DueList): void {
    const now = performance.now()
    while (list.first && list.first.dueMs <= now) {
      const due = list.first
      this.remove(due)
      due.overdue()
    }
    if (list.first) this.#arm(list, list.first.dueMs - now)
  }
}
