import { GatewayFault, invalidRequest } from '../errors.ts'
import { fileAnswer, jsonAnswer, listFormats, type Question, type UsageAnswer } from './answer.ts'
import type { UsageDeps } from './deps.ts'
import { latestRequests, type RequestFilter, readRequest } from './latest.ts'
import { Parameters } from './parameters.ts'
import { dayMs } from './period.ts'
import { chosenKeys } from './selection.ts'
import { statuses } from './totals.ts'

const defaultLimit = 50
/** About 1.2 KB a record: far below the 6 MB of an answer. */
const maxLimit = 1_000

const parameterNames = ['key', 'model', 'provider', 'status', 'from', 'to', 'limit', 'cursor', 'format'] as const

/** `GET /v1/usage/requests`: records as they are stored, newest first. */
export async function answerRequests({ query }: Question, deps: UsageDeps): Promise<UsageAnswer> {
  const parameters = new Parameters(query, parameterNames)
  const limit = parameters.integer('limit', defaultLimit, 1, maxLimit)
  const format = parameters.oneOf('format', listFormats) ?? 'json'
  const before = readCursor(parameters.text('cursor'))
  const filter = await readFilter(parameters, deps)
  const { records, next } = await latestRequests(deps.table, filter, limit, before)
  const cursor = next === undefined ? undefined : writeCursor(next)
  if (format !== 'json') return fileAnswer(format, records as object[] as Record<string, unknown>[], 'requests', cursor)
  return jsonAnswer({ object: 'list', data: records, hasMore: cursor !== undefined, nextCursor: cursor ?? null })
}

/** `GET /v1/usage/requests/{id}` */
export async function answerRequest({ rest }: Question, deps: UsageDeps): Promise<UsageAnswer> {
  const record = await readRequest(deps.table, rest)
  if (record) return jsonAnswer(record)
  const message = 'There is no record of this request: the id is another one, or the record has expired.'
  throw new GatewayFault({ code: 'not_found', message, param: 'id' })
}

async function readFilter(parameters: Parameters, deps: UsageDeps): Promise<RequestFilter> {
  const now = deps.now()
  const to = parameters.time('to', now) ?? now + dayMs
  const asked = parameters.time('from', now) ?? 0
  if (asked >= to) throw invalidRequest('from is not before to.', 'from')
  const from = Math.max(asked, now - deps.recordDays * dayMs)
  const [model, provider] = [parameters.text('model'), parameters.text('provider')]
  const status = parameters.oneOf('status', statuses)
  const keys = await chosenKeys(parameters.list('key'), deps)
  return {
    keys: keys.map(({ id }) => id),
    shards: deps.usageShards,
    // The clocks of the environments differ a little: tomorrow's first requests are among the latest.
    period: { from, to: Math.min(to, now + dayMs) },
    ...(model !== undefined && { model }),
    ...(provider !== undefined && { provider }),
    ...(status !== undefined && { status }),
  }
}

/** The position within, so that nobody takes it for a request's id. */
function writeCursor(position: string): string {
  return Buffer.from(position).toString('base64url')
}

function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const position = Buffer.from(cursor, 'base64url').toString('latin1')
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{0,22}$/.test(position)) return position
  throw invalidRequest('cursor is not one that this gateway gave out.', 'cursor')
}
