// The errors of resources: which one, where, what to do.
import { messageOf, PluginError, type PluginErrorDetails } from '@cf-plugins/plugin-api'
import type { ResourceErrorCode } from './error-codes.ts'

/** What was being done, as errors name it. */
export type ResourcePhase = 'createResource' | 'getResource' | 'listResources' | 'updateResource' | 'deleteResource'

export function resourceError(code: ResourceErrorCode, message: string, details: PluginErrorDetails = {}): PluginError {
  return new PluginError(code, message, details)
}

/** What the system threw, told as what it means for the resource. */
export function ioError(what: string, phase: ResourcePhase, file: string, thrown: unknown): PluginError {
  const message = `${what} failed (${file}): ${messageOf(thrown)}. What was there is as it was.`
  return resourceError('CFP_RESOURCE_IO', message, { phase, file, cause: thrown })
}

/** Whether the system said this. */
export function isSystemError(thrown: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((thrown as NodeJS.ErrnoException | undefined)?.code ?? '')
}
