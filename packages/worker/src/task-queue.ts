// The tasks of a crew that wait for a thread: first come, first served, but what a thread gave back goes before.
import type { Task } from './task.ts'

export class TaskQueue {
  readonly #tasks = new Set<Task>()
  #returned = new Set<Task>()

  get size(): number {
    return this.#tasks.size + this.#returned.size
  }

  add(task: Task): void {
    this.#tasks.add(task)
  }

  /** @param tasks in the order in which they were asked */
  putBack(tasks: readonly Task[]): void {
    this.#returned = new Set([...tasks, ...this.#returned])
  }

  first(): Task | undefined {
    const from = this.#returned.size > 0 ? this.#returned : this.#tasks
    for (const task of from) return task
    return undefined
  }

  /** Whether it was there. */
  delete(task: Task): boolean {
    return this.#returned.delete(task) || this.#tasks.delete(task)
  }

  /** Every task, and none is left. */
  clear(): Task[] {
    const all = [...this.#returned, ...this.#tasks]
    this.#returned.clear()
    this.#tasks.clear()
    return all
  }
}
