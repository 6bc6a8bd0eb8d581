// The small task as workerpool wants it.
import workerpool from 'workerpool'
import { addOne } from './small.mjs'

workerpool.worker({ addOne })
