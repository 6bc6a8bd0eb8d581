// What the README says is so.
import { join } from 'node:path'
import { testReadmeErrors, testReadmeExamples } from '../../../vitest.readme.ts'
import { WorkerErrorCodes } from '../src/index.ts'

const folder = join(import.meta.dirname, '..')

await testReadmeExamples(folder)
await testReadmeErrors(folder, WorkerErrorCodes)
