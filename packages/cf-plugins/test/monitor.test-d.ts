// What hosts publish is what the monitor reads, which imports none of them; checked by tsc.
import { expectTypeOf } from 'vitest'
import type {
  HandlerTrace,
  HealthSource,
  HookTrace,
  HotReloader,
  Lifecycle,
  ObservedHandler,
  ObservedHook,
  ObservedReload,
  ObservedState,
  PluginManager,
  ReloadMessage,
  StateChange,
  WorkSource,
} from '../src/index.ts'

expectTypeOf<StateChange>().toExtend<ObservedState>()
expectTypeOf<HookTrace>().toExtend<ObservedHook>()
expectTypeOf<ReloadMessage>().toExtend<ObservedReload>()
expectTypeOf<HandlerTrace>().toExtend<ObservedHandler>()
expectTypeOf<Lifecycle>().toExtend<HealthSource>()
expectTypeOf<Lifecycle>().toExtend<WorkSource>()
expectTypeOf<HotReloader['watching']>().toExtend<HealthSource['watcher']>()
expectTypeOf<PluginManager['monitor']['health']>().toBeCallableWith()

// They are told apart, or those above would say nothing.
expectTypeOf<HookTrace>().not.toExtend<ObservedState>()
expectTypeOf<StateChange>().not.toExtend<ObservedHook>()
expectTypeOf<StateChange>().not.toExtend<ObservedHandler>()
expectTypeOf<PluginManager>().not.toExtend<HealthSource>()
