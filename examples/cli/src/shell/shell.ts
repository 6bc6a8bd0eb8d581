import type { Command } from 'commander'
import type { Session } from '../session.ts'
export async function runShell(_program: Command, _session: Session): Promise<number> { return 0 }
