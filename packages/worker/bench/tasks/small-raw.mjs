// The small task by hand.
import { parentPort } from 'node:worker_threads'
import { addOne } from './small.mjs'

parentPort.on('message', (payload) => {
  if (payload === undefined) parentPort.close()
  else parentPort.postMessage(addOne(payload))
})
