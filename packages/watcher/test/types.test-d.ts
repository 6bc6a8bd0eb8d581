// What must and must not compile; tsc checks it with the rest.
import { type FileChange, ReloadTrigger, type WatcherErrorCode } from '../src/index.ts'

const onChanges = (_changes: readonly FileChange[]): void => {}

const trigger: AsyncDisposable = new ReloadTrigger({ roots: ['plugins'], onChanges })
// An async callback is as good: what it rejects with goes to onError.
new ReloadTrigger({ roots: ['plugins'], onChanges: async (changes) => void changes.length })
// @ts-expect-error what shall happen with a change is not optional
new ReloadTrigger({ roots: ['plugins'] })
// @ts-expect-error roots are a list
new ReloadTrigger({ roots: 'plugins', onChanges })
// @ts-expect-error a list of changes is everybody's, and nobody's to change
new ReloadTrigger({ roots: ['plugins'], onChanges: (changes) => changes.pop() })
// @ts-expect-error a deleted file has no hash to rely on
const hash = (change: FileChange): string => change.hash
const code: WatcherErrorCode = 'CFP_WATCH_POLLING'

export { code, hash, trigger }
