// The same, all of it in a thread.
export { inThread as default } from './blocking.ts'
