// Threads: what one costs whoever calls it, and what it spares the host.
import type { Case } from '../../case.ts'
import { blockedCases } from './blocked.ts'
import { burstCases } from './bursts.ts'
import { roundTripCases } from './round-trip.ts'

export const workerCases: readonly Case[] = [...roundTripCases, ...burstCases, ...blockedCases]
