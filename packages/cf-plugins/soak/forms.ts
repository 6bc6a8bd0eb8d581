// Writes the plugins in every form that a plugin can have.
import type { Role } from './cast.ts'
import type { Content } from './content.ts'
import type { CodeFault } from './faults.ts'

/** What exports the plugin. */
export function formOf(role: Role, content: Content): string {
  return forms[role.form](role, content)
}

const HOOKS = 'setup teardown getReloadState setReloadState migrateState onReload health work help ask facts'.split(' ')

/** A class whose methods are the body's. */
function classOf(head: string, { fault }: Content, extra = ''): string {
  // Where it is missing, the class must not have it either.
  const names = HOOKS.filter((name) => !(fault === 'migrate-missing' && name === 'migrateState'))
  const methods = names.map((name) => `  ${name}(...args: any[]): any { return this.#body.${name}(...args) }`)
  return `${head} extends BasePlugin {
  #body = make(this.context)
${fault === 'register-throws' ? `  #never = (() => { throw new Error('soak: register') })()` : ''}
${methods.join('\n')}
${extra}}`
}

const forms: Record<Role['form'], (role: Role, content: Content) => string> = {
  module: ({ extension }, { fault }) => `
export const PLUGIN_META = { ...META, stateVersion: STATE_VERSION }
export ${fault === 'register-throws' ? 'async ' : ''}function register(_app${extension === 'ts' ? ': any' : ''}, context${extension === 'ts' ? ': any' : ''}) {
  ${fault === 'register-throws' ? `throw new Error('soak: register')` : ''}
  return make(context)
}`,
  class: (_role, content) => `
export const PLUGIN_META = { ...META, stateVersion: STATE_VERSION }
export const register = (app: any, context: any) => new Soaked(app, context)
${classOf('class Soaked', content)}`,
  decorated: (_role, content) => `
${classOf(
  '@plugin({ ...META, stateVersion: STATE_VERSION } as any)\nexport default class Soaked',
  content,
  "  @hook('soak.ask') answer(number: any): any { return this.#body.ask(number) }\n",
)}`,
  definition: (_role, { fault }) => `
export default definePlugin({
  ...META,
  async setup(context) {
    const body = make(context)
    await body.setup()
    return body
  },
  teardown: (body) => body.teardown(),
  onReload: (body) => body.onReload(),
  health: (body) => body.health(),
  state: {
    version: STATE_VERSION,
    save: (body) => body.getReloadState(),
    restore: (state, body) => body.setReloadState(state),
    ${fault === 'migrate-missing' ? '' : migrateOfDefinition(fault)}
  },
})`,
}

function migrateOfDefinition(fault: CodeFault | undefined): string {
  const does =
    fault === 'migrate-throws'
      ? `{ throw new Error('soak: migrateState') }`
      : 'SHAPES[STATE_VERSION].pack(unpack(from, state))'
  return `migrate: (state, from) => ${does},`
}
