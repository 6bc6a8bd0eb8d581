// Cases of memory: what a plugin costs that is up, and what a reload leaves behind.
import type { Case } from '../../case.ts'
import { pluginCases } from './plugins.ts'
import { reloadCases } from './reloads.ts'

export const memoryCases: readonly Case[] = [...pluginCases, ...reloadCases]
