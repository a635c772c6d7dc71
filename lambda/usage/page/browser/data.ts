/// <reference lib="dom" />
import type { Summary } from '../../summary.ts'
import type { Query, UsageApi } from './api.ts'
import { spanOf, type TimeSpan } from './range.ts'
import type { View } from './view.ts'

/** Everything the page shows but the latest requests: all about the same period and the same filters. */
export interface Figures extends Overview {
  span: TimeSpan
}

/** What `/v1/usage/overview` answers. */
export interface Overview {
  /** One result a slot of time at most. */
  slots: Summary
  /** As `slots`, told apart by what the view is stacked by. */
  stacked: Summary
  /** One slot of time. */
  models: Summary
  keys: Summary
}

/** @throws as UsageApi does */
export async function readFigures(api: UsageApi, view: View, now: number, signal: AbortSignal): Promise<Figures> {
  const span = spanOf(view, now)
  const query = { ...timeQuery(span), ...filterQuery(view), bucket: span.bucket, by: view.by }
  return { span, ...(await api.overview(query, signal)) }
}

export function timeQuery({ from, to }: TimeSpan): Query {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
}

export function filterQuery({ key, provider, model }: View): Query {
  return { key, provider, model }
}
