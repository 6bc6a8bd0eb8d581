// Graphs: what a host does with its plugins' dependencies at each start and at each change.
import type { Case } from '../../case.ts'
import { affectedCases } from './affected.ts'
import { cycleCases } from './cycles.ts'
import { edgeCases } from './edge.ts'
import { orderCases } from './order.ts'

export const graphCases: readonly Case[] = [...orderCases, ...cycleCases, ...edgeCases, ...affectedCases]
