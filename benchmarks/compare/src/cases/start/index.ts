// Cases of start.
import type { Case } from '../../case.ts'

export const startCases: readonly Case[] = []
