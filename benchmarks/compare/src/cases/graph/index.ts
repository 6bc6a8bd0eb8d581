// Cases of graph.
import type { Case } from '../../case.ts'

export const graphCases: readonly Case[] = []
