import { register } from 'tsx/esm/api'

register()
await import('./link-thread.ts')
