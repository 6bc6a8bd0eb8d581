// Writes what the plugins do: what they count, tell and keep, and where it goes wrong.
import type { Role } from './cast.ts'
import type { Content } from './content.ts'
import type { CodeFault } from './faults.ts'

/** `make(context)`: what the plugin does, whatever its form. */
export function bodyOf(role: Role, { isAsync, fault }: Content): string {
  const any = role.extension === 'ts' ? ': any' : ''
  const maybe = isAsync ? 'async ' : ''
  const when = (name: CodeFault, code: string) => (fault === name ? code : '')
  return `
// Each version of the state has a shape of its own.
const SHAPES${any} = {
  1: { pack: (counts${any}) => counts, unpack: (state${any}) => state },
  2: { pack: (counts${any}) => ({ counts }), unpack: (state${any}) => state.counts },
  3: { pack: (counts${any}) => ({ list: Object.entries(counts) }), unpack: (state${any}) => Object.fromEntries(state.list) },
}

function unpack(version${any}, state${any}) {
  const counts = SHAPES[version].unpack(state)
  if (typeof counts?.heard !== 'number') throw new Error(\`soak: this is no state of version \${version}: \${JSON.stringify(state)}\`)
  return counts
}

function make(context${any}) {
  const soak = context.shared
  const trap = (at${any}) => soak.trap(NAME, at, context.reason)
  let counts${any} = { heard: 0, finished: 0, passed: 0, relayed: 0, asked: 0, leased: 0, fed: 0, ticks: 0, helped: 0, inner: 0, sent: 0 }
  const count = (what${any}, number${any}) => soak.count(NAME, what, number, ++counts[what])
  let id = 0
  let isUp = false
  let ends = 0
  const plugin${any} = {
    ${maybe}setup() {
      id = soak.born(NAME, plugin)
      ${isAsync ? 'await soak.soon()' : ''}
      ${handlers(role)}
      const timer = setInterval(() => {}, 3_600_000)
      context.own(() => clearInterval(timer))
      context.every(40, () => count('ticks', 0))
      context.after(10, () => soak.after(NAME))
      ${role.isServer ? serve : ''}
      if (trap('setup') === 'throw') throw new Error('soak: trapped in setup')
      ${when('setup-throws', `throw new Error('soak: setup')`)}
      ${when('setup-rejects', `return Promise.reject(new Error('soak: setup'))`)}
      ${when('setup-hangs', `return soak.hang().then(() => soak.isFenced(NAME, () => context.on('soak.event', () => {})))`)}
      isUp = true
      soak.up(NAME, id)
    },
    ${maybe}teardown() {
      if (++ends > 1) soak.wrong(NAME, 'was torn down twice')
      if (isUp) soak.down(NAME, id)
      isUp = false
      // What was saved is not to follow.
      for (const what of Object.keys(counts)) counts[what] = -1_000_000
      const does = trap('teardown')
      if (does === 'throw') throw new Error('soak: trapped in teardown')
      if (does === 'hang') return soak.hang()
    },
    ${maybe}getReloadState() {
      const does = trap('save')
      if (does === 'throw') throw new Error('soak: trapped in getReloadState')
      if (does === 'hang') return soak.hang()
      if (does === 'uncloneable') return { deep: { inside: () => {} } }
      return SHAPES[STATE_VERSION].pack(counts)
    },
    ${maybe}setReloadState(state${any}) {
      ${when('restore-throws', `throw new Error('soak: setReloadState')`)}
      ${when('restore-hangs', 'return soak.hang()')}
      counts = unpack(STATE_VERSION, state)
    },
    ${fault === 'migrate-missing' ? 'unused' : 'migrateState'}(state${any}, from${any}) {
      ${when('migrate-throws', `throw new Error('soak: migrateState')`)}
      return SHAPES[STATE_VERSION].pack(unpack(from, state))
    },
    ${maybe}onReload() {
      ${when('reload-throws', `throw new Error('soak: onReload')`)}
      ${when('reload-hangs', 'return soak.hang()')}
    },
    ${maybe}health() {
      ${when('health-hangs', 'return soak.hang()')}
      return { status: '${fault === 'unhealthy' ? 'unhealthy' : 'healthy'}', message: 'soak' }
    },
    work(number${any}) {
      count('leased', number)
      return number % 4 === 0 ? soak.soon().then(() => number) : number
    },
    async help() {
      await soak.soon()
      count('helped', 0)
    },
    ask(number${any}) {
      count('asked', number)
      return number % 4 === 0 ? soak.soon().then(() => NAME) : NAME
    },
    facts() {
      return { id, files: FILES, counts: { ...counts } }
    },
  }
  return plugin
}`
}

function handlers({ name, form, isRelay, isServer, dependencies }: Role): string {
  const helper = dependencies.includes('base') ? `inject('base')` : undefined
  return `const { on, listen, hooks, inject } = context
      on('soak.event', (number) => {
        count('heard', number)
        ${isRelay ? RELAY : ''}
        ${name === 'left' ? INNER : ''}
        if (number % 8 === 0) return soak.soon().then(() => count('finished', number))
        ${helper ? `if (number % 16 === 1) return ${helper}.help()` : ''}
      })
      ${isRelay ? '' : `on('soak.relayed', (number) => count('relayed', number))`}
      ${name === 'base' ? `on('soak.inner', (number) => count('inner', number))` : ''}
      listen(soak.feedOf(NAME), 'data', (number) => count('fed', number))
      ${isServer ? '' : `hooks.on('soak.peek', () => NAME)`}
      ${form === 'decorated' ? '' : `hooks.on('soak.ask', (number) => plugin.ask(number))`}`
}

/** Passes on, waiting or not. */
const RELAY = `if (number % 10 === 3) {
          const passed = ++counts.passed
          soak.sends('relayed', passed)
          if (number % 20 === 3) return soak.answered('relayed', passed, context.emit('soak.relayed', passed))
          context.publish('soak.relayed', passed)
        }`

/** Waits for a plugin that is in its own unit when that is reloaded. */
const INNER = `if (number % 32 === 5) {
          const sent = ++counts.sent
          soak.sends('inner', sent)
          return soak.answered('inner', sent, context.emit('soak.inner', sent))
        }`

/** The host keeps the server from one generation to the next. */
const serve = `const server = await context.hold('soak:http', () => soak.openServer())
      listen(server, 'request', (_request, response) => response.end(NAME))`
