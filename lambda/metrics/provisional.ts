import type { Billable } from './pricing.ts'
import type { UsageRecord } from './record.ts'

/**
 * What is known of a request when its answer is about to be whole: its record but for the price, and what decides that.
 * It goes to the log before the answer's last bytes leave, so that a function that is killed after them has lost nothing.
 */
export interface ProvisionalRecord {
  /** Its cost is null, without a reason. */
  record: UsageRecord
  billable: Billable
}

/** What the line has beside the record to tell what it cost. */
interface BillableFields extends Pick<Billable, 'usage' | 'refused'> {
  url?: string
}

/** The line's members: nulls are left out, since every request leaves one and a gap reads as null. */
export function provisionalMembers({ record, billable }: ProvisionalRecord): object {
  const { usage, refused, baseUrl } = billable
  const fields: BillableFields = { usage, refused, ...(baseUrl !== null && { url: withoutCredentials(baseUrl) }) }
  const known = Object.entries(record).filter(([, value]) => value !== null)
  return { provisional: true, ...Object.fromEntries(known), billable: fields }
}

/** @returns undefined if the members are not those of a provisional line */
export function readProvisional(record: UsageRecord, fields: unknown): ProvisionalRecord | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined
  const { usage, refused, url } = fields as Partial<BillableFields>
  if (typeof refused !== 'boolean' || (usage !== undefined && typeof usage !== 'object')) return undefined
  const { provider, model, servedModel, startedAt } = record
  const baseUrl = typeof url === 'string' ? url : null
  return { record, billable: { usage, refused, baseUrl, provider, model, servedModel, startedAt } }
}

/** A provider's URL may hold a name and password or a key; who bills is in the rest. */
function withoutCredentials(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
