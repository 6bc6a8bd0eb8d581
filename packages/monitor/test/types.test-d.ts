// What the types say, checked by tsc.
import type { Lifecycle } from '@cf-plugins/lifecycle'
import { expectTypeOf } from 'vitest'
import {
  AuditTrail,
  type AuditTrailStatus,
  Health,
  type HealthReport,
  type HealthSource,
  Monitor,
  readAudit,
  type WorkSource,
} from '../src/index.ts'

declare const lifecycle: Lifecycle

// A lifecycle is whom to ask, as it is.
expectTypeOf<Lifecycle>().toExtend<HealthSource & WorkSource>()
expectTypeOf(new Health(lifecycle).check()).resolves.toEqualTypeOf<HealthReport>()
expectTypeOf(new Monitor({ host: lifecycle.id, source: lifecycle }).health()).resolves.toEqualTypeOf<HealthReport>()
expectTypeOf(new AuditTrail({ file: 'audit.jsonl' }).stop()).resolves.toEqualTypeOf<AuditTrailStatus>()

// @ts-expect-error a trail needs a file
new AuditTrail({ host: lifecycle.id })
// @ts-expect-error the host is the monitor's to name
new Monitor({ audit: { file: 'audit.jsonl', host: 'other' } })
// @ts-expect-error whoever is asked must tell where plugins stand
new Health({ health: () => undefined })
// @ts-expect-error nothing is found by a part that no entry has
readAudit('audit.jsonl', { user: 'ada' })
// @ts-expect-error an entry says how it ended
new AuditTrail({ file: 'audit.jsonl' }).record({ action: 'door.open' })
// @ts-expect-error when it was made is the trail's to say
new AuditTrail({ file: 'audit.jsonl' }).record({ action: 'door.open', outcome: 'done', seq: 5 })
// @ts-expect-error a report is read, not changed
;(await new Health(lifecycle).check()).live = true
