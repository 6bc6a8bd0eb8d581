// Dispatch: what a host's every event, hook and call of a plugin costs.
import type { Case } from '../../case.ts'
import { asyncCases } from './async.ts'
import { eitherCases } from './either.ts'
import { isolatedCases } from './isolated.ts'
import { kindCases } from './kinds.ts'
import { asyncKindCases } from './kinds-async.ts'
import { syncCases } from './sync.ts'

export const dispatchCases: readonly Case[] = [
  ...syncCases,
  ...isolatedCases,
  ...asyncCases,
  ...kindCases,
  ...asyncKindCases,
  ...eitherCases,
].map((case_) => ({ ...case_, note: `${case_.note} Time is that of the processors.` }))
