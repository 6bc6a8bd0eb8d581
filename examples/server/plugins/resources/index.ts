// Files with metadata over REST, kept under one folder over reloads and restarts.
import { join } from 'node:path'
import { type PluginContext, type PluginMeta, type Resource, type ResourceInfo, ResourcePlugin } from 'cf-plugins'
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

/** How often a PUT looks again, where what it is about comes and goes. */
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
    const { name, ...draft } = await readCreation(exchange)
    return changeAnswer(201, await this.#made(exchange, name, draft))
  }

  /** Makes it, or replaces its content; metadata are laid over those that are there. */
  async #put(exchange: Exchange): Promise<Answer> {
    const name = nameIn(exchange)
    const draft = await readBody(exchange)
    for (let attempt = 1; ; attempt++) {
      try {
        return changeAnswer(200, await this.#changed(exchange, name, draft))
      } catch (error) {
        if (codeOf(error) !== 'CFP_RESOURCE_UNKNOWN') throw error
      }
      assertUnchanged(exchange.headers, undefined)
      try {
        return changeAnswer(201, await this.#made(exchange, name, draft))
      } catch (error) {
        // Somebody was faster; or there is one of this name in other letters, which stays so.
        if (codeOf(error) !== 'CFP_RESOURCE_EXISTS' || attempt === ATTEMPTS) throw error
      }
    }
  }

  async #change(exchange: Exchange): Promise<Answer> {
    const draft = await readChange(exchange)
    return changeAnswer(200, await this.#changed(exchange, nameIn(exchange), draft))
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

  #made(exchange: Exchange, name: string, draft: Draft): Promise<ResourceInfo> {
    const { content = '', contentType, metadata } = draft
    const owner = exchange.user?.sub ?? null
    const told = { ...metadata, owner, changedBy: owner, ...typed(contentType) }
    return this.createResource(name, content, { metadata: told, ...by(exchange) })
  }

  #changed(exchange: Exchange, name: string, { content, contentType, metadata }: Draft): Promise<ResourceInfo> {
    const { user } = exchange
    const edit = (current: Resource) => {
      this.#assertMay(exchange, current)
      // Another content has another type, or none.
      const type = content === undefined ? {} : { contentType: undefined, ...typed(contentType) }
      const changes = { metadata: { ...metadata, ...type, changedBy: user?.sub ?? null } }
      return content === undefined ? changes : { ...changes, content }
    }
    return this.updateResource(name, edit, by(exchange))
  }

  /** @throws 403 where it is somebody else's, 412 */
  #assertMay({ user, headers }: Exchange, { metadata, revision }: Resource): void {
    const isManager = this.config.managers.some((role) => user?.roles.includes(role))
    if (!isManager && metadata.owner !== user?.sub)
      throw new HttpError(
        403,
        'NOT_OWNER',
        "It is another user's, who alone may change it, or one who manages resources.",
      )
    assertUnchanged(headers, revision)
  }
}

function nameIn({ params }: Exchange): string {
  return params['*'] ?? ''
}

/** For whom, and until when. */
function by({ user, signal }: Exchange) {
  return { signal, ...(user && { by: user.name }) }
}

function typed(contentType: string | undefined) {
  return contentType === undefined ? {} : { contentType }
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
