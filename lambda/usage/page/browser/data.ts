/// <reference lib="dom" />
import type { Summary } from '../../summary.ts'
import type { Query, UsageApi } from './api.ts'
import { spanOf, type TimeSpan } from './range.ts'
import type { View } from './view.ts'

/** Everything the page shows but the latest requests: all about the same period and the same filters. */
export interface Figures {
  span: TimeSpan
  /** One result a slot of time at most. */
  slots: Summary
  /** As `slots`, told apart by what the view is stacked by. */
  stacked: Summary
  /** One slot of time. */
  models: Summary
  keys: Summary
}

/** Four questions at once. @throws as UsageApi does */
export async function readFigures(api: UsageApi, view: View, now: number, signal: AbortSignal): Promise<Figures> {
  const span = spanOf(view, now)
  const about = { ...timeQuery(span), ...filterQuery(view) }
  const ask = (query: Query) => api.summary({ ...about, ...query }, signal)
  const [slots, stacked, models, keys] = await Promise.all([
    ask({ bucket: span.bucket }),
    ask({ bucket: span.bucket, group_by: view.by }),
    ask({ group_by: 'provider,model' }),
    ask({ group_by: 'key' }),
  ])
  return { span, slots, stacked, models, keys }
}

export function timeQuery({ from, to }: TimeSpan): Query {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
}

export function filterQuery({ key, provider, model }: View): Query {
  return { key, provider, model }
}
