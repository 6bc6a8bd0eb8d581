// What one generation of one plugin registered, shown and hidden as a whole.
import { type EventOptions, PluginError, type Undo } from '@cf-plugins/plugin-api'
import type { HandlerOwner } from './delivery-gate.ts'
import { createEntry, type HandlerEntry, type StageView } from './handler-entry.ts'
import type { HandlerKind } from './handler-trace.ts'

/** A name, or a typed reference that has one. */
export type Named = string | { readonly name: string }

/** What is no name is refused where names are. */
export function nameOf(named: Named): string {
  return typeof named === 'string' ? named : named?.name
}

/**
 * What one generation of one plugin registered. Nothing of it is called before `commit`.
 *
 * Leave a generation's stage live while its gate is closed, and withdraw it in the same synchronous block that commits
 * its successor's: a name that nobody listens to parks nothing.
 */
export interface HandlerStage<Handler> {
  /**
   * Adds a handler: live at once where the stage is, and from its commit where it is not yet.
   *
   * @throws `CFP_HANDLER_INVALID`, `CFP_HANDLER_ORDER`, `CFP_HOOK_REDECLARED`, `CFP_STAGE_DISCARDED`
   */
  on(name: Named, handler: Handler, options?: EventOptions): Undo
  /** Makes everything live, at once. @throws `CFP_STAGE_DISCARDED` */
  commit(): void
  /** Takes everything out of sight, at once. `commit` may bring it back. */
  withdraw(): void
  /** Takes everything out for ever. */
  discard(): void
  readonly live: boolean
}

/** Where a stage puts what is to be called. */
export interface StageTarget<Handler> {
  readonly kind: HandlerKind
  /** Whether a handler may be called for what it was registered for. @throws `CFP_HANDLER_INVALID`, `CFP_HOOK_REDECLARED` */
  admit(entry: HandlerEntry<Handler>, name: Named): void
  /** @throws `CFP_HANDLER_ORDER` where one `isNew` and contradicts what others ask for, and then it is not shown */
  show(entries: Iterable<HandlerEntry<Handler>>, isNew?: boolean): void
  /** They are about to be taken out of sight; until then they may be called. */
  hiding(entries: readonly HandlerEntry<Handler>[]): void
  hide(entries: Iterable<HandlerEntry<Handler>>): void
}

export class TableStage<Handler> implements HandlerStage<Handler>, StageView {
  readonly owner: HandlerOwner
  readonly order: number
  readonly #target: StageTarget<Handler>
  readonly #entries = new Set<HandlerEntry<Handler>>()
  #registered = 0
  #live = false
  #discarded = false

  constructor(owner: HandlerOwner, order: number, target: StageTarget<Handler>) {
    this.owner = owner
    this.order = order
    this.#target = target
  }

  get live(): boolean {
    return this.#live
  }

  get kind(): HandlerKind {
    return this.#target.kind
  }

  on(name: Named, handler: Handler, options: EventOptions = {}): Undo {
    this.#assertKept()
    const entry = createEntry(this, this.#registered++, nameOf(name), handler, options)
    this.#target.admit(entry, name)
    if (this.#live) {
      this.#target.show([entry], true)
      entry.live = true
    }
    this.#entries.add(entry)
    return () => this.remove(entry)
  }

  commit(): void {
    this.#assertKept()
    if (this.#live) return
    this.#live = true
    for (const entry of this.#entries) entry.live = entry.record.off === undefined
    this.#target.show(this.#entries)
  }

  withdraw(): void {
    if (!this.#live) return
    this.#target.hiding([...this.#entries])
    this.#live = false
    const shown = [...this.#entries]
    for (const entry of shown) {
      // Taken back while the gate was closed, and kept only so that events were parked until now.
      if (!entry.live && entry.record.off === undefined) this.#entries.delete(entry)
      entry.live = false
    }
    this.#target.hide(shown)
  }

  discard(): void {
    this.withdraw()
    this.#discarded = true
    this.#entries.clear()
  }

  remove(entry: HandlerEntry<Handler>): void {
    if (!this.#entries.has(entry)) return
    if (this.#live && !this.owner.gate?.closed) this.#target.hiding([entry])
    entry.live = false
    // In a reload's gap the old generation may take its handlers back one by one in its teardown. Its place in the plan
    // is what parks events for the new one, so it stays until the stage is withdrawn; a dead entry is never called.
    if (this.#live && this.owner.gate?.closed && entry.record.off === undefined) return
    this.#entries.delete(entry)
    if (this.#live) this.#target.hide([entry])
  }

  #assertKept(): void {
    if (!this.#discarded) return
    const { name } = this.owner
    throw new PluginError(
      'CFP_STAGE_DISCARDED',
      `This generation of plugin "${name}" is gone. Use the context of the one that is active.`,
      { plugin: name },
    )
  }
}
