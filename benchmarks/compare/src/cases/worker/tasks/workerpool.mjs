// Every task, as workerpool wants them.
import workerpool from 'workerpool'
import { addOne, block, compute } from './all.mjs'

workerpool.worker({ addOne, block, compute })
