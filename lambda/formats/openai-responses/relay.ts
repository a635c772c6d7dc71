import type { GatewayError } from '../../errors.ts'
import { derivedId } from '../../events/ids.ts'
import { asNumber, asObject, asString, parseObject } from '../../events/json.ts'
import type { Frame } from '../../framing/sse.ts'
import { errorMembers, failureOf } from './error.ts'
import { EventWriter } from './event-writer.ts'
import { ResponseObject } from './response-object.ts'

const terminals = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'error',
])

/** Deltas only: their name says it, and without an `event:` line nothing is known. */
export function isRoutine(frame: Frame): boolean {
  return frame.event.endsWith('.delta')
}

/** `error` and `response.failed` for a relayed stream that has no terminal event; '' if it has one. */
export function closeRelay(
  seen: { first?: Frame; last?: Frame },
  error: GatewayError | undefined,
  requestId: string,
): string {
  const last = seen.last && parseObject(seen.last.data)
  if (!error || terminals.has(asString(last?.type) ?? '')) return ''
  const writer = new EventWriter((asNumber(last?.sequence_number) ?? -1) + 1)
  const response = asObject((seen.first && parseObject(seen.first.data))?.response)
  const failed = { status: 'failed', error: failureOf(error) } as const
  const own = new ResponseObject(
    { id: derivedId('resp_', requestId), createdAt: Math.floor(Date.now() / 1000), model: '' },
    {},
  )
  const begun = `"response":${own.json({ status: 'in_progress' })}`
  const starts = seen.first ? [] : ['response.created', 'response.in_progress']
  const failedResponse = response ? JSON.stringify({ ...response, ...failed }) : own.json(failed)
  return (
    starts.map((type) => writer.event(type, begun)).join('') +
    writer.event('error', errorMembers(error)) +
    writer.event('response.failed', `"response":${failedResponse}`)
  )
}
