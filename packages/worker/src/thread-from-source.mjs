// A thread where this package runs from its source, as it does in its tests.
import { register } from 'tsx/esm/api'

register()
await import('./thread.ts')
