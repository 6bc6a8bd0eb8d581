// A plugin that does all that a plugin may do, and tells the world when something about it is wrong.
import { isThenable, type PluginContext, type PluginInstance, type PluginRecord } from '@cf-plugins/plugin-api'
import { isNeeded, isUp, type KeptCount, type Life, type LifeState } from './life.ts'
import { PLUGIN_TIMER_MS, type View } from './resources.ts'
import type { Shape } from './shape.ts'
import { HOOK_MS, type World } from './world.ts'

/** What an event carries. */
export interface Payload {
  readonly number: number
  /** Whether its handlers take their time. */
  readonly slow: boolean
}

/** Whom a changed configuration is told to; the others are made anew. */
const HEARS: ReadonlySet<string> = new Set(['a', 'd', 'e'])

/** The plugin's `register`. */
export function registerLife(
  world: World,
  view: View,
  context: PluginContext,
  shape: Shape,
  record: PluginRecord,
): PluginInstance | Promise<PluginInstance> {
  const { name } = shape
  const others = [...new Set([...Object.keys(shape.dependencies), ...Object.keys(shape.optionalDependencies)])]
  const found = (other: string) => {
    // Whoever needs a plugin need not ask for its service: some would not notice that it is not there.
    const mustBeThere = other in shape.dependencies && name !== 'b' && name !== 'f'
    const service = mustBeThere ? context.inject(other) : context.inject(other, { optional: true })
    return (service as { life: Life } | undefined)?.life
  }
  const life: Life = {
    name,
    shape,
    record,
    reason: context.reason,
    context: context as Life['context'],
    config: context.config,
    on: others.flatMap((other) => found(other) ?? []),
    setups: 0,
    teardowns: 0,
    released: 0,
    isResting: false,
    saved: 'never',
    state: { form: shape.stateVersion, counter: { count: 0 } },
    held: undefined,
  }
  world.lives.push(life)
  acquire(world, view, life)
  const instance = instanceOf(world, life)
  const begin = () => world.call('register', life)
  const begun = shape.holds ? hold(world, life).then(begin) : begin()
  return isThenable(begun) ? (begun as Promise<unknown>).then(() => instance) : instance
}

function acquire(world: World, view: View, life: Life): void {
  const { context, name, shape } = life
  const { listen, on, own, every, after, hooks } = context
  const { priority } = shape
  const emitter = world.resources.emitters.get(name)
  if (emitter) listen(emitter, 'x', (number: number) => void handle(world, life, number, false))
  own(() => void life.released++)
  every(PLUGIN_TIMER_MS, () => {})
  after(PLUGIN_TIMER_MS, () => {})
  on('tick', ({ number, slow }: Payload) => handle(world, life, number, slow), { priority })
  const told = ({ number }: Payload) => {
    handle(world, life, number, false)
    return world.call('handler', life)
  }
  on('told.*', told, { priority, timeoutMs: HOOK_MS })
  on(`relay.${name}`, () => relay(world, life))
  hooks.on('ask', () => {
    if (!isUp(life) || life.isResting) world.wrong.push(`${name} was asked while it does not serve`)
  })
  view.onShown = () => world.checkShown(life)
}

/** Asks the host to hold something, which the instance before this one may have opened. */
async function hold(world: World, life: Life): Promise<void> {
  const { name } = life
  const held = await life.context.hold(`for ${name}`, async () => {
    await world.call('open', life)
    return world.open(life)
  })
  life.held = held
  if (held.openedBy !== life) world.outcomes.note('handed over')
  if (!held.isOpen && !life.context.signal.aborted) world.wrong.push(`${name} was given what had been closed`)
}

/** Sends an event on, and waits for those who handle it: itself among them. */
async function relay({ traffic, host, outcomes }: World, { name, context }: Life): Promise<void> {
  const number = traffic.send('event', name, host.listeners('tick'))
  outcomes.note('relayed')
  try {
    const { failures } = await context.emit('tick', { number, slow: false })
    for (const { plugin, error } of failures) traffic.refuse(number, plugin, error)
  } catch {
    traffic.takeBack(number)
  }
}

function handle(world: World, life: Life, number: number, slow: boolean): unknown {
  const { name } = life
  world.traffic.deliver(number, life)
  const count = () => {
    // What goes on in code that gave its state up counts no more.
    if (world.host.serving(name) !== life) return
    life.state.counter.count++
    world.counts.set(name, (world.counts.get(name) ?? 0) + 1)
    life.context.state
      .update((draft) => void draft.count++)
      .catch((error) => world.wrong.push(`${name} could not change its state: ${error}`))
    world.kept.set(name, (world.kept.get(name) ?? 0) + 1)
  }
  if (!slow) return count()
  return world.scheduler.schedule(Promise.resolve(), `event ${number} in ${name}`).then(() => {
    if (!isUp(life)) world.wrong.push(`${name} was torn down while it handled event ${number}`)
    count()
  })
}

function instanceOf(world: World, life: Life): PluginInstance {
  const { name, shape } = life
  const { wrong } = world
  return {
    life,
    setup: () => {
      life.setups++
      for (const other of life.on) if (!isUp(other)) wrong.push(`${name} was set up on a dead ${other.name}`)
      const others = world.upOf(name).filter((each) => each !== life)
      const isBeside = others.length > (shape.strategy === 'overlap' && life.reason === 'reload' ? 1 : 0)
      if (isBeside) wrong.push(`${name} was set up beside ${others.length} others`)
      if (life.reason === 'rollback') checkBroughtBack(world, life)
      // Beside old code that goes on counting, it begins with what there was.
      if (shape.strategy === 'exclusive' || life.reason !== 'reload') checkKept(world, life)
      return world.call('setup', life)
    },
    teardown: () => {
      life.teardowns++
      // Of those at rest, new code may have turned round who needs whom.
      const users = world.lives.filter((each) => isUp(each) && !each.isResting && isNeeded(each, life))
      if (!world.isHurried) for (const user of users) wrong.push(`${name} was torn down before ${user.name}`)
      // A plugin may do with its own state what it likes: what was saved is a copy.
      life.state.counter.count = Number.NEGATIVE_INFINITY
      if (life.saved === 'failed') world.counts.set(name, 0)
      return world.call('teardown', life)
    },
    onEnable: () => {
      life.isResting = false
      const begin = () => world.call('onEnable', life)
      return shape.holds ? hold(world, life).then(begin) : begin()
    },
    onDisable: () => {
      life.isResting = true
      return world.call('onDisable', life)
    },
    onReload: () => {
      checkKept(world, life)
      return world.call('onReload', life)
    },
    ...(HEARS.has(name) && { onConfigChange: (now: unknown, before: unknown) => hearConfig(world, life, now, before) }),
    health: () => world.call('health', life),
    getReloadState: () => {
      life.saved = 'failed'
      const failed = world.call('getReloadState', life, true)
      if (failed !== undefined) return failed
      life.saved = 'kept'
      return life.state
    },
    migrateState: (state: LifeState | KeptCount, from: number, part: string) => {
      if (state.form !== from) wrong.push(`${name} was given state of form ${state.form} as of form ${from}`)
      state.form = shape.stateVersion
      world.outcomes.note(part === 'state' ? 'migrated what was kept' : 'migrated')
      const done = world.call('migrateState', life)
      return isThenable(done) ? done.then(() => state) : state
    },
    setReloadState: (state: LifeState) => {
      const { form, counter } = state
      if (form !== shape.stateVersion) wrong.push(`${name} was given state of the form ${form}`)
      if (counter.count !== (world.counts.get(name) ?? 0)) wrong.push(`the state of ${name} is not what it was`)
      life.state = state
      world.outcomes.note(`restored at a ${life.reason}`)
      return world.call('setReloadState', life)
    },
  } as PluginInstance
}

/** What is in `context.state` is what the instances before this one made of it. */
function checkKept({ kept, wrong }: World, { name, shape, context, reason }: Life): void {
  const { form, count } = context.state.value
  const expected = shape.discards && reason !== 'rollback' ? 0 : (kept.get(name) ?? 0)
  if (form !== shape.stateVersion) wrong.push(`${name} has kept state of the form ${form}`)
  if (count !== expected) wrong.push(`${name} has kept ${count}, and not ${expected}`)
}

/** An instance is told what it has now, and what it had; and only one that serves. */
function hearConfig(world: World, life: Life, now: unknown, before: unknown): unknown {
  const { name, context } = life
  const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
  if (!isSame(before, life.config)) world.wrong.push(`${name} was told of another configuration than it had`)
  if (!isSame(now, context.config)) world.wrong.push(`${name} was told of a configuration that is not in its context`)
  if (!isUp(life) || life.isResting) world.wrong.push(`${name} was told of a configuration while it does not serve`)
  life.config = now
  return world.call('onConfigChange', life)
}

/** Back from a rollback, a plugin has the code and the configuration that it had. */
function checkBroughtBack({ lastShown, wrong }: World, { name, record, config }: Life): void {
  const before = lastShown.get(name)
  if (before?.record !== record) wrong.push(`${name} came back with other code`)
  if (JSON.stringify(before?.config) !== JSON.stringify(config))
    wrong.push(`${name} came back with another configuration`)
}
