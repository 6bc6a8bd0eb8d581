// What plugins get when they import cf-plugins: the host's own instances, wherever the plugins lie.

/** Every package of the house, by the name that a plugin imports it by. */
export const hostModules: Readonly<Record<string, () => Promise<object>>> = {
  // By its name and not by path, so that there is one instance and no circle.
  'cf-plugins': () => import('cf-plugins'),
  '@cf-plugins/graph': () => import('@cf-plugins/graph'),
  '@cf-plugins/hooks': () => import('@cf-plugins/hooks'),
  '@cf-plugins/hot-reload': () => import('@cf-plugins/hot-reload'),
  '@cf-plugins/lifecycle': () => import('@cf-plugins/lifecycle'),
  '@cf-plugins/loader': () => import('@cf-plugins/loader'),
  '@cf-plugins/plugin-api': () => import('@cf-plugins/plugin-api'),
  '@cf-plugins/plugin-api/schema': () => import('@cf-plugins/plugin-api/schema'),
  '@cf-plugins/registry': () => import('@cf-plugins/registry'),
  '@cf-plugins/state-preserver': () => import('@cf-plugins/state-preserver'),
  '@cf-plugins/watcher': () => import('@cf-plugins/watcher'),
}
