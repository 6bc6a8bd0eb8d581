// One run: a lifecycle of modelled plugins, and the commands that are given to it.
import { PluginEvents, PluginHooks } from '@cf-plugins/hooks'
import type { Logger } from '@cf-plugins/plugin-api'
import type { Lifecycle, ReloadRequest } from '../../src/index.ts'
import { lifecycleOf, sleep } from '../support.ts'
import type { Command } from './commands.ts'
import type { Entry } from './ledger.ts'
import { isUp, type Life } from './life.ts'
import type { Outcomes } from './outcomes.ts'
import { bareShape, NAMES, SHAPES } from './shape.ts'
import { Transitions } from './transitions.ts'
import { HOOK_MS, type Host, type World } from './world.ts'

/** What no operation of this model may take, however many wait before it, in milliseconds. */
const BOUND_MS = 20_000

/** How long what is in flight may take to end. Longer than any handler here, shorter than who lingers. */
const DRAIN_MS = 60

export class Run {
  readonly lifecycle: Lifecycle
  readonly transitions: Transitions
  readonly world: World
  readonly #outcomes: Outcomes
  readonly #pending = new Map<Promise<void>, string>()

  constructor(world: World, outcomes: Outcomes) {
    this.world = world
    this.#outcomes = outcomes
    const entries = SHAPES.map((shape) => world.entryOf(shape))
    for (const entry of entries) world.ledger.set(entry)
    for (const { name } of SHAPES) world.configs.set(name, { setting: 0 })
    const refuse = ({ event, plugin, error }: { event: string; plugin: string; error: unknown }) => {
      if (event.startsWith('told.')) world.traffic.refuse(Number(event.slice('told.'.length)), plugin, error)
    }
    this.lifecycle = lifecycleOf(
      entries.map(({ record }) => record),
      {
        events: new PluginEvents({ onFailure: refuse }),
        hooks: new PluginHooks(),
        reloadBounds: { drainMs: DRAIN_MS },
        scopeApp: world.resources.scopeApp,
        configOf: (name) => world.configs.get(name),
        logger: this.#logger(),
      },
    )
    this.transitions = new Transitions(this.lifecycle)
    world.host = this.#host()
  }

  /** Does something, now or when the scheduler lets it, without waiting for its end. */
  give(command: Command, isLater = false): void {
    const what = JSON.stringify(command)
    const from = performance.now()
    const turn = isLater ? this.world.scheduler.schedule(Promise.resolve(), command.kind) : undefined
    const performed = turn ? turn.then(() => this.#perform(command)) : this.#perform(command)
    const done = performed.then(() => {
      this.#pending.delete(done)
      const took = performance.now() - from
      if (took > BOUND_MS) this.world.wrong.push(`${what} took ${took} ms`)
    })
    this.#pending.set(done, what)
  }

  /** Lets all that was begun come to its end, in an order that the scheduler picks. */
  async settle(): Promise<void> {
    while (this.#pending.size > 0) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_resolve, reject) => {
        const fail = () => reject(new Error(`These never ended: ${[...this.#pending.values()].join(', ')}`))
        timer = setTimeout(fail, BOUND_MS)
      })
      try {
        await this.world.scheduler.waitFor(Promise.race([Promise.all(this.#pending.keys()), late]))
      } finally {
        clearTimeout(timer)
      }
    }
  }

  /** Stops everything, and lets what is under way end. */
  async stop(boundMs: number): Promise<Awaited<ReturnType<Lifecycle['stop']>>> {
    this.world.isStopping = true
    this.world.isHurried = boundMs < HOOK_MS
    const stopped = this.lifecycle.stop({ boundMs })
    const report = await this.world.scheduler.waitFor(stopped)
    await this.settle()
    return report
  }

  async #perform(command: Command): Promise<void> {
    try {
      await this.#do(command)
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === undefined) this.world.wrong.push(`${command.kind} failed without a code: ${(error as Error).stack}`)
      this.#outcomes.note(`${command.kind} refused, ${code}`)
    }
  }

  async #do(command: Command): Promise<void> {
    const { lifecycle, world } = this
    const { ledger } = world
    const { kind } = command
    switch (kind) {
      case 'wait':
        return
      case 'start':
        await lifecycle.start()
        break
      case 'add': {
        // One that is missing, if there is one.
        const name = NAMES.find((each) => !ledger.get(each)) ?? command.edit.name
        const entry = world.entryOf({ ...bareShape(name, ledger.shapes()), ...command.edit, name })
        await lifecycle.add([entry.record])
        ledger.set(entry)
        break
      }
      case 'enable':
        await lifecycle.enable(command.name).finally(() => ledger.off.delete(command.name))
        break
      case 'disable':
        await lifecycle.disable(command.name)
        ledger.off.add(command.name)
        break
      case 'unload':
        await lifecycle.unload(command.name)
        ledger.remove(command.name)
        world.traffic.throwAway(command.name)
        break
      case 'comeBack':
        await lifecycle.unload(command.name)
        ledger.remove(command.name)
        world.traffic.throwAway(command.name)
        return this.#do({ kind: 'add', edit: { name: command.name } })
      case 'restart':
        return this.#reload({ restart: [command.name] }, [])
      case 'reload': {
        const entries = command.edits.filter(({ name }) => ledger.get(name)).map((edit) => world.entry(edit))
        const set = entries.map(({ record }) => record)
        if (!command.cancel) return this.#reload({ set }, entries)
        const controller = new AbortController()
        world.scheduler.schedule(Promise.resolve(), command.cancel).then(() => controller.abort())
        return this.#reload({ set, [command.cancel]: controller.signal }, entries)
      }
      case 'rename':
        return this.#rename(command.name)
      case 'configure':
        world.configs.set(command.name, command.isBroken ? { broken: true } : { setting: world.traffic.count })
        break
      case 'reconfigure':
        return this.#reconfigure(command.names, command.isBroken, command.isCancelled)
      default:
        return this.#send(command)
    }
    this.#outcomes.note(kind)
  }

  async #reload(request: ReloadRequest, entries: readonly Entry[]): Promise<void> {
    const { outcome, strategy, error, members } = await this.lifecycle.reload(request)
    if (outcome === 'committed') for (const entry of entries) this.world.ledger.change(entry, members)
    if ((error === undefined) !== (outcome === 'committed')) this.world.wrong.push(`${outcome} with ${error}`)
    this.#outcomes.note(`${outcome}, ${strategy}`)
    if (error) this.#outcomes.note(`${outcome}, ${error.code}`)
    if (members.length > 1) this.#outcomes.note(`${outcome}, several`)
  }

  async #reconfigure(names: readonly string[], isBroken: boolean, isCancelled: boolean): Promise<void> {
    const { lifecycle, world } = this
    const setting = `number ${world.changes++}`
    // Until it is known to be in force.
    world.refused.add(setting)
    const known = names.filter((name) => world.ledger.get(name))
    const raws = new Map(known.map((name) => [name, isBroken ? { broken: true } : { setting }]))
    const controller = new AbortController()
    if (isCancelled) world.scheduler.schedule(Promise.resolve(), 'cancel').then(() => controller.abort())
    const { outcome, told, restarted, later, error } = await lifecycle.reconfigure(raws, { signal: controller.signal })
    this.#outcomes.note(`configuration ${outcome}`)
    if ((error === undefined) !== (outcome === 'committed')) world.wrong.push(`configuration ${outcome} with ${error}`)
    if (error) this.#outcomes.note(`configuration ${outcome}, ${error.code}`)
    if (outcome !== 'committed') return
    world.refused.delete(setting)
    // As a host does that keeps configurations.
    for (const [name, raw] of raws) world.configs.set(name, raw)
    for (const [how, whom] of Object.entries({ told, restarted, later })) {
      if (whom.length > 0) this.#outcomes.note(`configuration ${how}`)
    }
  }

  async #rename(name: string): Promise<void> {
    const { lifecycle, world } = this
    const entry = world.ledger.get(name)
    if (!entry) return
    const other = `${name}-renamed`
    const { record } = world.entryOf({ ...entry.shape, name: other }, name)
    await lifecycle.reload({ set: [record] })
    if (world.ledger.get(name)) world.wrong.push(`${name} was given another name`)
    // Its file was free: it is another plugin, with which this model has nothing to do.
    else await lifecycle.unload(other)
  }

  async #send(command: Command): Promise<void> {
    const { lifecycle, world } = this
    const { events, hooks } = lifecycle
    const { traffic } = world
    const { kind } = command
    this.#outcomes.note(kind)
    if (kind === 'publish') {
      const name = `told.${traffic.count}`
      const number = traffic.send('event', 'host', world.host.listeners(name))
      events.publish(name, { number, slow: false })
    } else if (kind === 'emit') {
      const number = traffic.send('event', 'host', world.host.listeners('tick'))
      const { failures } = await events.emit('tick', { number, slow: command.slow })
      for (const { plugin, error } of failures) traffic.refuse(number, plugin, error)
    } else if (kind === 'relay') await events.emit(`relay.${command.name}`)
    else if (kind === 'listened') {
      const { name } = command
      const isHeard = world.resources.listenersOf(name) > 0
      const number = traffic.send('listened', 'host', isHeard ? [name] : [])
      world.resources.emitters.get(name)?.emit('x', number)
    } else if (kind === 'lease' || kind === 'linger') {
      await lifecycle.use(command.name, async (service) => {
        const { life } = service as { life: Life }
        if (kind === 'linger') await sleep(2 * DRAIN_MS)
        else await world.scheduler.schedule(Promise.resolve(), `lease of ${command.name}`)
        if (life.teardowns > 0 && !world.isStopping)
          world.wrong.push(`${command.name} was torn down while it was leased`)
        this.#outcomes.note('leased')
      })
    } else if (kind === 'get') {
      const { life } = lifecycle.service(command.name) as { life: Life }
      if (!isUp(life) || life.isResting) world.wrong.push(`${command.name} was given away while it does not serve`)
    } else if (kind === 'ask') {
      await hooks.call('ask')
      this.#outcomes.note('answered')
    } else if (kind === 'askSync') {
      hooks.callSync('ask')
      this.#outcomes.note('answered at once')
    }
  }

  #host(): Host {
    const { lifecycle, world } = this
    const lifeOf = (service: unknown) => (service as { life: Life } | undefined)?.life
    return {
      listeners: (event) => lifecycle.events.listeners(event).map(({ plugin }) => plugin),
      lookup: (service) => lifeOf(lifecycle.registry.services.lookup(service)?.service),
      serving: (name) => (lifecycle.registry.has(name) ? lifeOf(lifecycle.instance(name)) : undefined),
      isOff: (name) => {
        const state = lifecycle.registry.has(name) ? lifecycle.status(name).state : undefined
        return state === 'disabled' || state === 'blocked'
      },
      makeNoise: () => {
        this.give({ kind: 'publish' })
        this.give({ kind: 'emit', slow: world.traffic.count % 4 === 0 })
        this.give({ kind: 'askSync' })
        for (const name of NAMES) {
          this.give({ kind: 'listened', name })
          this.give({ kind: 'get', name })
        }
      },
    }
  }

  #logger(): Logger {
    const { refusedListens } = this.world
    const hear = (first: string | object, message?: string) => {
      if (!message?.includes('its listener of "x"')) return
      const { plugin } = first as { plugin: string }
      refusedListens.set(plugin, (refusedListens.get(plugin) ?? 0) + 1)
    }
    const ignore = () => {}
    return { debug: ignore, info: ignore, warn: hear, error: hear }
  }
}
