// Every case, in the order of the report.
import type { Case } from '../case.ts'
import { dispatchCases } from './dispatch/index.ts'
import { graphCases } from './graph/index.ts'
import { memoryCases } from './memory/index.ts'
import { reloadCases } from './reload/index.ts'
import { startCases } from './start/index.ts'
import { workerCases } from './worker/index.ts'

export const cases: readonly Case[] = [
  ...graphCases,
  ...startCases,
  ...memoryCases,
  ...dispatchCases,
  ...workerCases,
  ...reloadCases,
]
