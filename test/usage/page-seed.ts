import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { recordAt } from './seed.ts'

const dayMs = 86_400_000

/** What a page must show as it is written. */
export const hostileModel = '<script>document.title="owned"</script><img src=x onerror=alert(1)>'

export const pageKeys = [
  { id: 'web', name: 'Website' },
  { id: 'support', name: 'Support <b>desk</b>' },
  { id: 'batch', name: 'Nightly batch' },
  { id: 'reader', name: 'Reader', scopes: ['usage:read'] },
]

interface Traffic {
  keyId: string
  fields: Partial<UsageRecord>
  /** Of one request of middling size. */
  costUsdMicros: number | null
  everyDays: number
}

const traffic: readonly Traffic[] = [
  { keyId: 'web', fields: { provider: 'openai', model: 'gpt-5' }, costUsdMicros: 41_250, everyDays: 1 },
  { keyId: 'web', fields: { provider: 'anthropic', model: 'claude-sonnet-4-5' }, costUsdMicros: 63_177, everyDays: 1 },
  {
    keyId: 'support',
    fields: { provider: 'anthropic', model: 'claude-haiku-4-5' },
    costUsdMicros: 9_031,
    everyDays: 1,
  },
  { keyId: 'support', fields: { provider: 'openai', model: 'gpt-5-mini' }, costUsdMicros: 3_008, everyDays: 2 },
  { keyId: 'batch', fields: { provider: 'openai', model: 'gpt-5-nano' }, costUsdMicros: 517, everyDays: 1 },
  { keyId: 'batch', fields: { provider: 'openai', model: 'o3' }, costUsdMicros: 88_002, everyDays: 7 },
  { keyId: 'batch', fields: { provider: 'local', model: hostileModel }, costUsdMicros: null, everyDays: 3 },
  {
    keyId: 'retired',
    fields: { provider: 'anthropic', model: 'claude-opus-4-1' },
    costUsdMicros: 190_400,
    everyDays: 5,
  },
  { keyId: 'retired', fields: { provider: 'local', model: 'llama-3.3-70b' }, costUsdMicros: null, everyDays: 4 },
]

/** Thirty days up to now: nine models of three providers, four keys, fewer requests at weekends, some that failed. */
export function livelyMonth(now: number): UsageRecord[] {
  return Array.from({ length: 30 }, (_, ago) => dayOfTraffic(now, ago)).flat()
}

function dayOfTraffic(now: number, ago: number): UsageRecord[] {
  const weekday = new Date(now - ago * dayMs).getUTCDay()
  const busy = weekday === 0 || weekday === 6 ? 1 : 3
  return traffic
    .filter(({ everyDays }) => ago % everyDays === 0)
    .flatMap((each, at) =>
      Array.from({ length: busy }, (_, n) => request(each, now - ago * dayMs - n * 660_000, at, ago)),
    )
}

function request({ keyId, fields, costUsdMicros }: Traffic, at: number, row: number, ago: number): UsageRecord {
  // Between 0.5 and 1.5, the same for the same day: figures that differ, without chance.
  const size = 0.5 + ((row * 37 + ago * 23) % 100) / 100
  const failed = (row + ago) % 17 === 0
  return recordAt(at - row * 41_000, keyId, {
    ...fields,
    servedModel: fields.model ?? null,
    inputTokens: Math.round(2_400 * size),
    cacheReadTokens: Math.round(7_000 * size),
    cacheWriteTokens: ago % 2 === 0 ? 350 : null,
    outputTokens: failed ? 12 : Math.round(640 * size),
    status: failed ? (ago % 3 === 0 ? 'truncated' : 'error') : 'success',
    httpStatus: failed ? 502 : 200,
    errorCode: failed ? 'upstream_error' : null,
    costUsdMicros: costUsdMicros === null ? null : Math.round(costUsdMicros * size),
    costSource: costUsdMicros === null ? null : 'genai-prices',
    costReason: costUsdMicros === null ? 'unknown-model' : null,
    ttftMs: Math.round(180 + 900 * size * (row % 3)),
    durationMs: Math.round(900 + 7_500 * size),
  })
}
