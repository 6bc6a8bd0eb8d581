// What every plugin is given as `context.shared`.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PluginManager } from 'cf-plugins'
import type { RouteView } from './router.ts'

/** What a plugin may ask of its host, and do to it. */
export type HostControl = Pick<
  PluginManager,
  | 'health'
  | 'metrics'
  | 'ordered'
  | 'status'
  | 'absent'
  | 'explain'
  | 'handlers'
  | 'configuration'
  | 'enable'
  | 'disable'
  | 'reload'
>

/** What holds for the requests of one server. */
export interface RequestTerms {
  /** The most bytes that a body may have whose route says nothing. @default 1 MiB */
  readonly maxBodyBytes?: number
  /** Whether the server takes no more requests: answers end their connections then. @default never */
  isClosing?(): boolean
}

/** What every plugin is given as `context.shared`. */
export interface Shared {
  readonly host: { readonly manager: HostControl; routes(): readonly RouteView[] }
  /** Where plugins keep their files: a folder each. */
  readonly dataFolder: string
  /** Answers a request by the routes of all plugins. Returns at once. */
  readonly handle: (request: IncomingMessage, response: ServerResponse, terms?: RequestTerms) => void
}
