// What plugins get when they import cf-plugins: the host's own instances, wherever the plugins lie.

type Load = () => Promise<object>

/** The packages that the index exports all of. */
const packages: Readonly<Record<string, Load>> = {
  '@cf-plugins/config': () => import('@cf-plugins/config'),
  '@cf-plugins/graph': () => import('@cf-plugins/graph'),
  '@cf-plugins/hooks': () => import('@cf-plugins/hooks'),
  '@cf-plugins/hot-reload': () => import('@cf-plugins/hot-reload'),
  '@cf-plugins/lifecycle': () => import('@cf-plugins/lifecycle'),
  '@cf-plugins/loader': () => import('@cf-plugins/loader'),
  '@cf-plugins/monitor': () => import('@cf-plugins/monitor'),
  '@cf-plugins/plugin-api': () => import('@cf-plugins/plugin-api'),
  '@cf-plugins/registry': () => import('@cf-plugins/registry'),
  '@cf-plugins/resources': () => import('@cf-plugins/resources'),
  '@cf-plugins/state-preserver': () => import('@cf-plugins/state-preserver'),
  '@cf-plugins/watcher': () => import('@cf-plugins/watcher'),
  '@cf-plugins/worker': () => import('@cf-plugins/worker'),
}

/**
 * Every package of the house, by the name that a plugin imports it by.
 *
 * @param own what the index of this package adds to the others; it cannot be imported here, for it imports this
 */
export function hostModules(own: object): Readonly<Record<string, Load>> {
  return {
    ...packages,
    '@cf-plugins/plugin-api/host': () => import('@cf-plugins/plugin-api/host'),
    '@cf-plugins/plugin-api/schema': () => import('@cf-plugins/plugin-api/schema'),
    'cf-plugins': async () => {
      const { resolveMeta, toPluginRecord } = await import('@cf-plugins/plugin-api/host')
      const all = await Promise.all(Object.values(packages).map((load) => load()))
      return Object.assign({}, ...all, { resolveMeta, toPluginRecord }, own)
    },
  }
}
