// Cases of dispatch.
import type { Case } from '../../case.ts'

export const dispatchCases: readonly Case[] = []
