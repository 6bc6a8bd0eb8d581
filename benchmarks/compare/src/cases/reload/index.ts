// Reloads: from a save until the new code serves, and from an edit to its exports.
import type { Case } from '../../case.ts'
import { editCases } from './edit-to-exports.ts'
import { saveCases } from './save-to-active.ts'

export const reloadCases: readonly Case[] = [...editCases, ...saveCases]
