// Cases of start: how soon all plugins of a host are up.
import type { Case } from '../../case.ts'
import { folderCases } from './folders.ts'
import { idleCases } from './idle.ts'
import { workingCases } from './working.ts'

export const startCases: readonly Case[] = [...workingCases, ...idleCases, ...folderCases]
