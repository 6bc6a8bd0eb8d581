// Cases of reload.
import type { Case } from '../../case.ts'

export const reloadCases: readonly Case[] = []
