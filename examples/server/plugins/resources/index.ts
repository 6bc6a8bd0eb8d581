// Files with metadata over REST, kept under one folder over reloads and restarts.
import { join } from 'node:path'
import { type PluginContext, type PluginMeta, type Resource, ResourcePlugin } from 'cf-plugins'
import { z } from 'zod'
import type { Answer, Exchange, Handler } from '../../src/exchange.ts'
import type { Routes } from '../../src/router.ts'
import type { Shared } from '../../src/shared.ts'
import { HttpError } from '../_shared/http-error.ts'
import { changeAnswer, contentAnswer, infoAnswer, listAnswer } from './answers.ts'
import { assertUnchanged } from './conditions.ts'
import { type Draft, readBody, readChange, readCreation } from './draft.ts'
import { wantedBy } from './listing.ts'
import { codeOf, problemOf } from './problems.ts'

const roles = z.array(z.string().min(1))

const config = z.object({
  folder: z.string().default('').describe('Where they are kept; without, in the folder `resources` of the data folder'),
  readers: z
    .union([z.literal('anyone'), roles])
    .default('anyone')
    .describe('Roles that may read; [] is every user, `anyone` also who is none'),
  writers: roles
    .default(['editor', 'admin'])
    .describe('Roles that may create, and change what is their own; [] is every user'),
  managers: roles.default(['admin']).describe("Roles that may change what is others'"),
  maxBytes: z.int().positive().default(1_000_000).describe('The most bytes that a resource may have'),
})
type Config = z.output<typeof config>

export const PLUGIN_META = {
  name: 'resources',
  version: '1.0.0',
  description: 'Files with metadata over REST',
  config,
  permissions: ['emit:data.*'],
} satisfies PluginMeta

export const register = (app: Routes, context: PluginContext) => new Resources(app, context)

/** How often a DELETE looks again, where what it is about comes and goes. */
const ATTEMPTS = 5
/** What an envelope may have around its content, and base64 makes of it. */
const ENVELOPE = { bytes: 100_000, factor: 4 / 3 }

class Resources extends ResourcePlugin<Routes, Config, unknown, Shared> {
  override readonly resourceDir = this.config.folder || join(this.context.shared.dataFolder, 'resources')
  override readonly resourceLimits = { maxBytes: this.config.maxBytes }

  override setup() {
    const { app } = this
    const { readers, writers, maxBytes } = this.config
    const reading = readers === 'anyone' ? {} : { roles: readers }
    const envelope = { roles: writers, maxBytes: Math.ceil(maxBytes * ENVELOPE.factor) + ENVELOPE.bytes }
    app.get(
      '/resources',
      reading,
      told(async (exchange) => listAnswer(exchange, await this.#list(exchange))),
    )
    app.get(
      '/resources/*',
      reading,
      told((exchange) => this.#read(exchange)),
    )
    app.post(
      '/resources',
      envelope,
      told((exchange) => this.#create(exchange)),
    )
    app.put(
      '/resources/*',
      { roles: writers, maxBytes },
      told((exchange) => this.#put(exchange)),
    )
    app.patch(
      '/resources/*',
      envelope,
      told((exchange) => this.#change(exchange)),
    )
    app.delete(
      '/resources/*',
      { roles: writers },
      told((exchange) => this.#remove(exchange)),
    )
  }

  override async health() {
    await this.listResources({ limit: 1 })
    return { status: 'healthy' as const }
  }

  #list({ url, signal }: Exchange) {
    return this.listResources({ ...wantedBy(url), signal })
  }

  async #read(exchange: Exchange): Promise<Answer> {
    const resource = await this.getResource(nameIn(exchange), { signal: exchange.signal })
    const view = exchange.url.searchParams.get('view') ?? 'content'
    if (view === 'content') return contentAnswer(exchange, resource)
    if (view === 'info') return infoAnswer(exchange, resource)
    throw new HttpError(400, 'QUERY_INVALID', `view is content or info, and not "${view}".`)
  }

  async #create(exchange: Exchange): Promise<Answer> {
    const [name, draft] = await readCreation(exchange)
    const metadata = factsOf(exchange, draft)
    return changeAnswer(201, await this.createResource(name, draft.content, { metadata, ...by(exchange) }))
  }

  /** Makes it, or replaces its content; metadata are laid over those that are there. */
  async #put(exchange: Exchange): Promise<Answer> {
    const draft = await readBody(exchange)
    let status: 200 | 201 = 200
    const drafting = (current: Resource | undefined) => {
      this.#assertMay(exchange, current)
      status = current ? 200 : 201
      return { content: draft.content, metadata: factsOf(exchange, draft, current) }
    }
    const info = await this.putResource(nameIn(exchange), drafting, by(exchange))
    return changeAnswer(status, info)
  }

  async #change(exchange: Exchange): Promise<Answer> {
    const draft = await readChange(exchange)
    const { content } = draft
    const edit = (current: Resource) => {
      this.#assertMay(exchange, current)
      const metadata = factsOf(exchange, draft, current)
      return content === undefined ? { metadata } : { content, metadata }
    }
    return changeAnswer(200, await this.updateResource(nameIn(exchange), edit, by(exchange)))
  }

  async #remove(exchange: Exchange): Promise<void> {
    const name = nameIn(exchange)
    for (let attempt = 1; ; attempt++) {
      const current = await this.getResource(name, { signal: exchange.signal })
      this.#assertMay(exchange, current)
      try {
        await this.deleteResource(name, { ifRevision: current.revision, ...by(exchange) })
        return
      } catch (error) {
        // It is another one by now, of which it is to be asked anew whether it may be deleted.
        if (codeOf(error) !== 'CFP_RESOURCE_CONFLICT' || attempt === ATTEMPTS) throw error
      }
    }
  }

  /** @throws 403 where it is somebody else's, 412 */
  #assertMay({ user, headers }: Exchange, current: Resource | undefined): void {
    const isManager = this.config.managers.some((role) => user?.roles.includes(role))
    if (current && !isManager && current.metadata.owner !== user?.sub)
      throw new HttpError(403, 'NOT_OWNER', "It is another user's: that user may change it, and who manages resources.")
    assertUnchanged(headers, current?.revision)
  }
}

function nameIn({ params }: Exchange): string {
  return params['*'] ?? ''
}

/** For whom, and until when. */
function by({ user, signal }: Exchange) {
  return { signal, ...(user && { by: user.name }) }
}

/** The metadata that are asked for, and what the server itself says in them. */
function factsOf({ user }: Exchange, { content, contentType, metadata }: Draft, current?: Resource): object {
  const changedBy = user?.sub ?? null
  // Another content has another type, or none.
  const isTyped = contentType !== undefined || (content !== undefined && current !== undefined)
  return { ...metadata, ...(isTyped && { contentType }), ...(!current && { owner: changedBy }), changedBy }
}

/** Has failures told as the answers that they are. */
function told(handler: Handler): Handler {
  return async (exchange) => {
    try {
      return await handler(exchange)
    } catch (error) {
      throw problemOf(error)
    }
  }
}
