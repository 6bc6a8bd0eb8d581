// The connections that one generation of the plugin has given out, so that they can be told of, and taken back.
import { setMaxListeners } from 'node:events'
import type { Logger } from 'cf-plugins'
import { DatabaseError, isDatabaseError } from './errors.ts'
import type { AcquireOptions } from './service.ts'
import type { Client, QueryResult, Source } from './source.ts'

/** What each generation may say anew of a pool that goes on. */
export interface LeaseOptions {
  readonly schema: string
  readonly acquireTimeoutMs: number
  readonly maxWaiting: number
  /** After which time a connection that is not given back is told to the log. */
  readonly leakAfterMs: number
}

/** How long what is still asked when the plugin goes may take. */
const GRACE_MS = 2000

/** A connection, until `end`. */
export interface Lease {
  query(sql: string, parameters: readonly unknown[]): Promise<QueryResult>
  /** Again does nothing. Never throws. */
  end(broken?: boolean): Promise<void>
}

interface Given {
  readonly label: string
  readonly sinceMs: number
  isTold: boolean
  hasEnded: boolean
  end(broken: boolean): Promise<void>
}

export class Leases {
  readonly source: Source
  readonly #options: LeaseOptions
  readonly #logger: Logger
  readonly #given = new Set<Given>()
  readonly #closing = new AbortController()
  /** Turns that were taken and have not ended: of connections that were given, and of those that are being made. */
  #turns = 0
  #whenNoneIsLeft: (() => void) | undefined
  #isOver = false

  constructor(source: Source, options: LeaseOptions, logger: Logger) {
    this.source = source
    this.#options = options
    this.#logger = logger
    // Everyone who waits listens to it; Node would take more than ten for a leak.
    setMaxListeners(0, this.#closing.signal)
  }

  /** @param label who asks: a place, or a statement @throws `DATABASE_BUSY`, `DATABASE_UNAVAILABLE`, `DATABASE_CLOSED`, the signal's reason */
  async lease(label: string, { signal, timeoutMs }: AcquireOptions = {}): Promise<Lease> {
    const closing = this.#closing.signal
    closing.throwIfAborted()
    const { source } = this
    const { schema, acquireTimeoutMs, maxWaiting } = this.#options
    const turn = await source.turns.take({
      label,
      maxWaiting,
      timeoutMs: timeoutMs ?? acquireTimeoutMs,
      signal: signal ? AbortSignal.any([signal, closing]) : closing,
    })
    this.#turns++
    const endTurn = () => {
      turn.end()
      this.#turns--
      if (this.#turns === 0) this.#whenNoneIsLeft?.()
    }
    let client: Client | undefined
    try {
      client = await source.connect(schema)
      signal?.throwIfAborted()
      if (this.#isOver) closing.throwIfAborted()
      return this.#give(label, client, endTurn)
    } catch (error) {
      await client?.release(false)
      endTurn()
      throw error
    }
  }

  /** Connections that were given out longer ago than they should be. Tells the log of each once. */
  late(): readonly string[] {
    const nowMs = performance.now()
    const late = [...this.#given].filter(
      ({ sinceMs, hasEnded }) => !hasEnded && nowMs - sinceMs > this.#options.leakAfterMs,
    )
    for (const given of late.filter(({ isTold }) => !isTold)) {
      given.isTold = true
      const seconds = Math.round((nowMs - given.sinceMs) / 1000)
      this.#logger.warn(
        `A connection has not been given back for ${seconds} s: it was acquired by ${given.label}. Release it in finally, or say "await using".`,
      )
    }
    return late.map(({ label }) => label)
  }

  /** Refuses whoever waits, and takes back, after a moment, what was not given back. */
  async close(): Promise<void> {
    this.#closing.abort(new DatabaseError('DATABASE_CLOSED', 'The database plugin is being replaced or switched off.'))
    if (this.#turns > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, GRACE_MS)
        this.#whenNoneIsLeft = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#isOver = true
    for (const given of this.#given) {
      this.#logger.warn(`A connection was never given back: it was acquired by ${given.label}.`)
      await given.end(true)
    }
  }

  #give(label: string, client: Client, endTurn: () => void): Lease {
    let isBroken = false
    const end = async (broken = false) => {
      if (given.hasEnded) return
      given.hasEnded = true
      try {
        await client.release(broken || isBroken)
      } catch (error) {
        this.#logger.debug({ error }, 'a connection could not be cleaned up')
      } finally {
        this.#given.delete(given)
        endTurn()
      }
    }
    const given: Given = { label, sinceMs: performance.now(), isTold: false, hasEnded: false, end }
    this.#given.add(given)
    const query = async (sql: string, parameters: readonly unknown[]) => {
      if (given.hasEnded) {
        throw new DatabaseError(
          'DATABASE_RELEASED',
          `A connection was used after it was given back (acquired by ${label}).`,
        )
      }
      try {
        return await client.query(sql, parameters)
      } catch (error) {
        isBroken ||= isDatabaseError(error)
        throw error
      }
    }
    return { query, end }
  }
}
