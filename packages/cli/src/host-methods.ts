// What a running host answers to.
import { PluginError } from '@cf-plugins/plugin-api'
import type { PluginManager, StartReport } from 'cf-plugins'
import type { ControlMethods } from './control-server.ts'
import { graphOf } from './graph-view.ts'
import { plainHandlers } from './plain-handlers.ts'
import { plainExplanation, plainReload, plainStart } from './plain-report.ts'

/** What a host's answers are made from. */
export type AnsweringManager = Pick<
  PluginManager,
  | 'ordered'
  | 'registry'
  | 'explain'
  | 'reload'
  | 'enable'
  | 'disable'
  | 'status'
  | 'health'
  | 'handlers'
  | 'metrics'
  | 'monitor'
  | 'configuration'
>

/** The requests that every host of cf answers; `report` where the host gives the report of its start. */
export function hostMethods(
  manager: AnsweringManager,
  { report }: { readonly report?: () => StartReport | undefined } = {},
): ControlMethods {
  const change = (method: 'enable' | 'disable') => async (params: Readonly<Record<string, unknown>>) => {
    const name = textOf(params, 'plugin')
    await manager[method](name)
    return { plugin: name, state: manager.status(name).state }
  }
  return {
    list: () => graphOf(manager),
    report: () => {
      const start = report?.()
      return start ? plainStart(start) : null
    },
    explain: (params) => plainExplanation(manager.explain(textOf(params, 'plugin'))),
    reload: async (params) => plainReload(await manager.reload(textsOf(params, 'plugins'))),
    health: () => manager.health(),
    hooks: () => plainHandlers(manager),
    config: () => manager.configuration(),
    audit: () => ({ file: manager.monitor.audit?.file ?? null }),
    enable: change('enable'),
    disable: change('disable'),
  }
}

/** A parameter that is a text. @throws `CFP_CLI_REQUEST` */
export function textOf(params: Readonly<Record<string, unknown>>, key: string): string {
  const value = params[key]
  if (typeof value === 'string') return value
  throw new PluginError('CFP_CLI_REQUEST', `The request lacks "${key}", a text.`)
}

function textsOf(params: Readonly<Record<string, unknown>>, key: string): string[] {
  const value = params[key]
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')) return value
  throw new PluginError('CFP_CLI_REQUEST', `The request lacks "${key}", a list of texts.`)
}
