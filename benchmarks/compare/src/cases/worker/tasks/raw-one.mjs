// A task by hand: one payload, one answer.
import { parentPort, workerData } from 'node:worker_threads'
import { addOne, block, compute } from './all.mjs'

const task = { addOne, block, compute }[workerData]
parentPort.on('message', (payload) => parentPort.postMessage(task(payload)))
