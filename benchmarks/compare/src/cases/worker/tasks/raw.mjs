// A task by hand: what comes is a list of payloads, what goes is a list of answers.
import { parentPort, workerData } from 'node:worker_threads'
import { addOne, block, compute } from './all.mjs'

const task = { addOne, block, compute }[workerData]
parentPort.on('message', (payloads) => parentPort.postMessage(payloads.map(task)))
