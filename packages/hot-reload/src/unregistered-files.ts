// Plugin files that are not registered: what could not be loaded, and what the registry refused.
import { basename, dirname } from 'node:path'
import type { StartReport } from '@cf-plugins/lifecycle'
import type { FoundPlugin } from '@cf-plugins/loader'
import { PluginError, type PluginRecord } from '@cf-plugins/plugin-api'
import type { Explanation } from './explanation.ts'

/** A file that discovery takes for a plugin, and why it is none of those that are registered. */
export interface UnregisteredFile {
  readonly found: FoundPlugin
  /** As it calls itself; for one that never loaded, as its file or folder is called. */
  readonly name: string
  readonly error: PluginError
  /** What was loaded, where it was the registry that refused it. */
  readonly record?: PluginRecord | undefined
}

/** A plugin that is not there, for its file could not be loaded, or was refused. */
export interface AbsentPlugin {
  /** As it calls itself; for one that never loaded, as its file or folder is called. */
  readonly plugin: string
  readonly file: string
  readonly error: PluginError
}

type StartFailure = StartReport['failed'][number]

/** Those of one reloader, by file. */
export class UnregisteredFiles {
  readonly #files = new Map<string, UnregisteredFile>()

  /** @param known what was loaded, where it was the registry that refused it; or the name, where more is not known */
  note(found: FoundPlugin, error: PluginError, known: { record?: PluginRecord; name?: string | undefined } = {}): void {
    const { record } = known
    const name = known.name ?? record?.meta.name ?? error.plugin ?? fileName(found)
    this.#files.set(found.file, { found, name, error, record })
  }

  at(file: string): UnregisteredFile | undefined {
    return this.#files.get(file)
  }

  forget(file: string): void {
    this.#files.delete(file)
  }

  /** The file that a plugin of this name is likely in. */
  named(name: string): UnregisteredFile | undefined {
    for (const file of this.#files.values()) if (file.name === name) return file
    return undefined
  }

  /** Those that were loaded, and refused. */
  refused(): UnregisteredFile[] {
    return [...this.#files.values()].filter(({ record }) => record !== undefined)
  }

  /** Those of which no older code is registered either. */
  absent(isRegistered: (name: string) => boolean): AbsentPlugin[] {
    const absent = [...this.#files.values()].filter(({ name }) => !isRegistered(name))
    return absent.map(({ name, found: { file }, error }) => ({ plugin: name, file, error }))
  }

  /** As failures of a start, together with the lifecycle's own, which know nothing of these files. */
  failures(others: StartReport['failed']): StartReport['failed'] {
    const own = [...this.#files.values()].map(({ name, error }) => ({ plugin: name, state: 'failed' as const, error }))
    return [...own, ...others.map((failure) => this.#withCause(failure))]
  }

  /** Why the plugin in a file is not there. */
  explain(name: string): Explanation | undefined {
    const file = this.named(name)
    if (!file) return undefined
    const step = { plugin: name, state: 'failed', reason: file.error.message }
    const rootCause = { ...step, error: file.error }
    return { plugin: name, state: 'failed', chain: [step], rootCause, text: `${name} is not there: ${step.reason}` }
  }

  /** An explanation that ends at a plugin which is not there, led on to the file that it is in. */
  complete(explanation: Explanation): Explanation {
    const { chain, rootCause, text } = explanation
    const file = this.#missingOf(rootCause.error)
    if (!file || !text.endsWith(rootCause.reason)) return explanation
    const needs = `it needs ${file.name}`
    const step = { plugin: file.name, state: 'failed', reason: file.error.message }
    return {
      ...explanation,
      chain: [...chain.slice(0, -1), { ...chain.at(-1)!, reason: needs }, step],
      rootCause: { ...step, error: file.error },
      text: `${text.slice(0, text.length - rootCause.reason.length)}${needs}, which is not there: ${step.reason}`,
    }
  }

  /** Why a plugin whose file is gone serves on, where that is what its new file holds. */
  withHeir(explanation: Explanation): Explanation {
    const heir = this.named(explanation.plugin)
    if (!heir) return explanation
    const why = `its new file is not taken up: ${heir.error.message}`
    const also = <T extends { readonly reason: string }>(step: T): T => ({ ...step, reason: `${step.reason}; ${why}` })
    const { chain, rootCause, text } = explanation
    return { ...explanation, chain: chain.map(also), rootCause: also(rootCause), text: `${text}; ${why}` }
  }

  #withCause(failure: StartFailure): StartFailure {
    const { plugin, error } = failure
    const direct = this.#missingOf(error)
    if (direct) {
      const message = `Plugin "${plugin}" was not started: it needs "${direct.name}", which is not there: ${direct.error.message}`
      return { ...failure, error: replaced(error, message, direct.error) }
    }
    const root = error.cause instanceof PluginError ? this.#missingOf(error.cause) : undefined
    if (!root || !(error.cause instanceof PluginError)) return failure
    const why = `it needs "${root.name}", which is not there: ${root.error.message}`
    return {
      ...failure,
      error: replaced(
        error,
        error.message.replace(error.cause.message, () => why),
        root.error,
      ),
    }
  }

  /** The file of a plugin or service that the error says is missing. */
  #missingOf(error: PluginError | undefined): UnregisteredFile | undefined {
    if (error?.code === 'CFP_DEPENDENCY_BLOCKED') return undefined
    for (const { path } of error?.issues ?? []) {
      const name = /^(?:dependencies|requires)\.(.+)$/.exec(path)?.[1]
      const file = name === undefined ? undefined : this.named(name)
      if (file) return file
    }
    return undefined
  }
}

function replaced(
  { code, plugin, phase, file, issues }: PluginError,
  message: string,
  cause: PluginError,
): PluginError {
  return new PluginError(code, message, { plugin, phase, file, issues, cause })
}

function fileName({ file, package: npmName }: FoundPlugin): string {
  if (npmName !== undefined) return npmName.slice(npmName.indexOf('/') + 1)
  const stem = basename(file).replace(/\.[^.]+$/, '')
  return stem === 'index' || stem === 'plugin' ? basename(dirname(file)) : stem
}
