import type { RecordStatus } from '../../../metrics/record.ts'
import { type RangeName, ranges } from './range.ts'

/** What charts are stacked by. */
export const stackings = { model: 'Model', key: 'Key', provider: 'Provider' } as const
export type Stacking = keyof typeof stackings

export const statusNames = {
  success: 'Success',
  error: 'Error',
  truncated: 'Truncated',
  timeout: 'Timeout',
  rejected: 'Rejected',
  client_closed: 'Client left',
} as const satisfies Record<RecordStatus, string>

/** What the page shows; all of it stands in the address, behind `#`, so that a view can be kept and passed on. */
export interface View {
  range: RangeName
  /** First and last day of the range `custom`: `2026-05-01`, both inclusive. */
  from: string
  to: string
  by: Stacking
  /** Filters; '' lets all pass. */
  key: string
  provider: string
  model: string
  status: RecordStatus | ''
}

export const firstView: View = {
  range: '30d',
  from: '',
  to: '',
  by: 'model',
  key: '',
  provider: '',
  model: '',
  status: '',
}

/** @param hash as in `location.hash`; what it does not say, or not in these words, is as in `firstView` */
export function readView(hash: string): View {
  const said = new URLSearchParams(hash.replace(/^#/, ''))
  const text = (name: keyof View) => said.get(name) ?? ''
  const date = (name: 'from' | 'to') => (/^\d{4}-\d{2}-\d{2}$/.test(text(name)) ? text(name) : '')
  return {
    range: nameIn(ranges, text('range')) ?? firstView.range,
    from: date('from'),
    to: date('to'),
    by: nameIn(stackings, text('by')) ?? firstView.by,
    key: text('key'),
    provider: text('provider'),
    model: text('model'),
    status: nameIn(statusNames, text('status')) ?? '',
  }
}

/** The shortest text that `readView` reads as this view. */
export function writeView(view: View): string {
  const said = (Object.keys(firstView) as (keyof View)[]).filter((name) => view[name] !== firstView[name])
  return new URLSearchParams(said.map((name) => [name, view[name]])).toString()
}

/** @returns undefined if the table has no such name */
export function nameIn<Name extends string>(table: Record<Name, unknown>, name: string): Name | undefined {
  return Object.hasOwn(table, name) ? (name as Name) : undefined
}
