// Shows typed references: who injects a service by one of these gets its type, and reads none of its plugin's code.
import { serviceRef } from 'cf-plugins'
import type { ClockService } from '../clock.ts'
import type { CounterService } from '../counter.ts'
import type { StorageService } from '../storage/index.ts'

/** What `journal.js` offers; written here because it is JavaScript. */
export interface JournalService {
  write(line: string): Promise<void>
  last(): readonly string[]
}

export const Clock = serviceRef<ClockService>('clock')
export const Counter = serviceRef<CounterService>('counter')
export const Journal = serviceRef<JournalService>('journal')
export const Storage = serviceRef<StorageService>('storage')
