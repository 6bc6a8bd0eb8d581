// A plugin in a thread, as a definition: it tells the log what becomes of it.
import { threadId } from 'node:worker_threads'
import { definePlugin, type Logger } from '@cf-plugins/plugin-api'

export interface Life {
  count: number
  readonly logger: Logger
  where(): number
  config(): unknown
  add(by: number): number
  fail(): never
  give(): unknown
  take(options: { onProgress(part: number): unknown }): unknown
  /** Calls what it took, when that call is over. */
  again(): unknown
}

export default definePlugin({
  name: 'life',
  version: '1.0.0',
  execution: 'worker',
  dependencies: ['clock'],
  provides: ['greeter'],
  events: ['life.*'],
  async setup(context): Promise<Life> {
    const { logger, inject, hooks, provide, own, signal } = context
    if ((context.config as { blocks?: boolean } | undefined)?.blocks) for (;;);
    const clock = inject('clock') as { now(): Promise<number>; readonly zone: string }
    logger.info(`setup at ${await clock.now()} in ${clock.zone} with ${JSON.stringify(context.config)}`)
    signal.addEventListener('abort', () => logger.info('aborted'))
    own(() => logger.info('released'))
    hooks.on('where', () => threadId)
    provide('greeter', { greet: (name: string) => `hello ${name}` })
    let given: Parameters<Life['take']>[0] | undefined
    const life: Life = {
      count: 0,
      where: () => threadId,
      config: () => context.config,
      add(by: number) {
        this.count += by
        return this.count
      },
      fail(): never {
        throw Object.assign(new RangeError('too far', { cause: new Error('because') }), { code: 'E_FAR', at: 7 })
      },
      give: () => ({ socket: () => {}, list: [{ port: Symbol('none') }] }),
      again: () => given?.onProgress(1),
      take: (options) => {
        given = options
        return options.onProgress(0.5)
      },
      logger,
    }
    return life
  },
  state: {
    version: 2,
    save: ({ count }) => ({ count }),
    restore: ({ count }, service) => {
      service.count = count
    },
    migrate: (state, from) => ({ count: Number(state) + from }),
  },
  onEnable: () => {},
  onDisable: () => {},
  onReload: () => {},
  onConfigChange(config: { fails?: boolean }) {
    if (config.fails) throw new Error('not this one')
  },
  handleEvent: (event, { payload, source }, service) => {
    service.logger.info(`heard ${event} of ${source}: ${payload}`)
  },
  health: (service) => ({ status: service.count > 5 ? 'degraded' : 'healthy', message: `${service.count}` }),
  teardown: (service) => service.logger.info('teardown'),
})
