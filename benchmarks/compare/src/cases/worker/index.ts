// Cases of worker.
import type { Case } from '../../case.ts'

export const workerCases: readonly Case[] = []
