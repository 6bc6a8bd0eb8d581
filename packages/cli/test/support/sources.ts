// Sources of plugins.

/** A plugin of a name, with more metadata and the body of its class, as they are written in code. */
export function pluginSource(
  name: string,
  {
    meta = '',
    body = '',
    before = '',
  }: { readonly meta?: string; readonly body?: string; readonly before?: string } = {},
): string {
  return `import { BasePlugin } from '@cf-plugins/plugin-api'
${before}
export const PLUGIN_META = { name: '${name}', version: '1.0.0', ${meta} }
export function register(app: unknown, context: never) {
  return new Plugin(app, context)
}
class Plugin extends BasePlugin {
  ${body}
}
`
}

/** A counter that adds the command \`counter\`, and keeps its count. */
export function counterSource(step = 1): string {
  return pluginSource('counter', {
    body: `count = 0
  setup() {
    const counter = this.app.command('counter').description('counts')
    counter.command('increment').option('--by <n>', 'how much', '${step}').action(({ by }) => {
      this.count += Number(by)
      console.log('count is', this.count)
    })
    counter.command('fail').action(() => { throw new Error('no more numbers') })
  }
  getReloadState() { return { count: this.count } }
  setReloadState(state) { this.count = state.count }`,
  })
}
