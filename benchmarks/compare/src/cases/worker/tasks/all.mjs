// Every task by name, for pools that call the exports of one file.
export { addOne } from './small.mjs'
export { block, compute } from './work.mjs'
