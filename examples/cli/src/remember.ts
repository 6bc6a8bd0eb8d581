// What is remembered of the commands once the plugins have run: for completion, and for when one of them is broken.
import { existsSync } from 'node:fs'
import { commandOwner } from '@cf-plugins/cli'
import type { Command } from 'commander'
import { treeOf } from './completion/command-tree.ts'
import { fingerprintOf, type Owner, readSnapshot, type Snapshot, writeSnapshot } from './completion/snapshot.ts'
import type { Host } from './host.ts'
import type { Session } from './session.ts'

/** Makes a snapshot of a program whose plugins run, and writes it where it says something new. */
export function remember(program: Command, { places }: Pick<Session, 'places'>, { manager }: Host): Snapshot {
  const before = readSnapshot(places)
  const fingerprint = fingerprintOf(places)
  if (before?.fingerprint === fingerprint) return before
  const owners: Record<string, Owner> = {}
  for (const [name, owner] of Object.entries(before?.owners ?? {})) {
    // One that does not run still has its commands, until its file is gone.
    const runs = manager.registry.has(owner.plugin) && manager.status(owner.plugin).state === 'active'
    if (!runs && owner.file !== null && existsSync(owner.file)) owners[name] = owner
  }
  for (const command of program.commands) {
    const plugin = commandOwner(command)
    if (plugin === undefined) continue
    const file = manager.registry.get(plugin)?.source.file ?? null
    for (const name of [command.name(), ...command.aliases()]) owners[name] = { plugin, file }
  }
  const snapshot = { fingerprint, tree: treeOf(program), owners }
  writeSnapshot(places, snapshot)
  return snapshot
}
