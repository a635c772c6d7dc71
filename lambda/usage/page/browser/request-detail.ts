/// <reference lib="dom" />
import type { UsageRecord } from '../../../metrics/record.ts'
import { byId, h } from './dom.ts'
import { count, duration, exactMoney, nothing, timeText, unknown } from './format.ts'
import { statusNames } from './view.ts'

const sections = {
  result: 'Result',
  route: 'Route',
  tokens: 'Tokens and units',
  cost: 'Cost',
  times: 'Times',
  client: 'Client and provider',
} as const

interface Field {
  section: keyof typeof sections
  name: string
}

/** Every field of a record: one that is added there does not build until it has its place here. */
const fields = {
  requestId: { section: 'result', name: 'Request id' },
  startedAt: { section: 'result', name: 'Started (UTC)' },
  status: { section: 'result', name: 'Status' },
  httpStatus: { section: 'result', name: 'HTTP status' },
  errorCode: { section: 'result', name: 'Error' },
  finishReason: { section: 'result', name: 'Finish reason' },
  rawFinishReason: { section: 'result', name: 'In the provider’s words' },
  losses: { section: 'result', name: 'Lost in conversion' },
  keyId: { section: 'route', name: 'Key id' },
  endpoint: { section: 'route', name: 'Endpoint' },
  model: { section: 'route', name: 'Model asked for' },
  servedModel: { section: 'route', name: 'Model served' },
  provider: { section: 'route', name: 'Provider' },
  mode: { section: 'route', name: 'Mode' },
  clientFormat: { section: 'route', name: 'Client’s format' },
  upstreamFormat: { section: 'route', name: 'Provider’s format' },
  serviceTier: { section: 'route', name: 'Service tier' },
  streamed: { section: 'route', name: 'Streamed' },
  attempts: { section: 'route', name: 'Attempts' },
  failedAttempts: { section: 'route', name: 'Failed attempts' },
  inputTokens: { section: 'tokens', name: 'Input, not cached' },
  cacheReadTokens: { section: 'tokens', name: 'Read from cache' },
  cacheWriteTokens: { section: 'tokens', name: 'Written to cache' },
  cacheWrite1hTokens: { section: 'tokens', name: 'Written to cache for 1 h' },
  outputTokens: { section: 'tokens', name: 'Output' },
  reasoningTokens: { section: 'tokens', name: 'of it reasoning' },
  audioInputTokens: { section: 'tokens', name: 'Audio input' },
  audioOutputTokens: { section: 'tokens', name: 'Audio output' },
  imageInputTokens: { section: 'tokens', name: 'Image input' },
  imageOutputTokens: { section: 'tokens', name: 'Image output' },
  characters: { section: 'tokens', name: 'Characters spoken' },
  seconds: { section: 'tokens', name: 'Seconds heard' },
  images: { section: 'tokens', name: 'Images' },
  toolCalls: { section: 'tokens', name: 'Tool calls' },
  serverToolCounts: { section: 'tokens', name: 'Server tools' },
  usageSource: { section: 'tokens', name: 'Who counted' },
  costUsdMicros: { section: 'cost', name: 'Cost' },
  costReason: { section: 'cost', name: 'Why' },
  costSource: { section: 'cost', name: 'Price from' },
  priceVersion: { section: 'cost', name: 'Price version' },
  upstreamHeadersMs: { section: 'times', name: 'Provider’s headers' },
  ttfbMs: { section: 'times', name: 'First byte' },
  ttftMs: { section: 'times', name: 'First token' },
  gapP95Ms: { section: 'times', name: '95 % of silences within' },
  gapMaxMs: { section: 'times', name: 'Longest silence' },
  tokensPerSecond: { section: 'times', name: 'Output tokens a second' },
  durationMs: { section: 'times', name: 'Whole answer' },
  frames: { section: 'times', name: 'Events of the provider' },
  bytesOut: { section: 'times', name: 'Bytes to the client' },
  userAgent: { section: 'client', name: 'Client' },
  upstreamRequestId: { section: 'client', name: 'Provider’s request id' },
} as const satisfies Record<keyof UsageRecord, Field>

/** Shown even where they are empty; all others are left out then. */
const always: readonly (keyof UsageRecord)[] = ['costUsdMicros', 'ttftMs', 'model', 'provider']

/** Opens the dialog with all that is on record of a request. */
export function showDetail(record: UsageRecord): void {
  const names = Object.keys(fields) as (keyof UsageRecord)[]
  const parts = (Object.keys(sections) as (keyof typeof sections)[]).map((section) => {
    const own = names.filter(
      (name) => fields[name].section === section && (always.includes(name) || hasValue(record, name)),
    )
    const rows = own.map((name) => h('div', {}, h('dt', {}, fields[name].name), h('dd', {}, valueText(record, name))))
    return rows.length > 0 ? h('section', {}, h('h3', {}, sections[section]), h('dl', {}, ...rows)) : null
  })
  byId('detail-body', HTMLElement).replaceChildren(...parts.filter((part) => part !== null))
  byId('detail', HTMLDialogElement).showModal()
}

function hasValue(record: UsageRecord, name: keyof UsageRecord): boolean {
  const value = record[name]
  return value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
}

function valueText(record: UsageRecord, name: keyof UsageRecord): string {
  const value = record[name]
  if (name === 'costUsdMicros') return exactMoney(record.costUsdMicros)
  if (name === 'startedAt') return timeText(record.startedAt)
  if (name === 'status') return statusNames[record.status]
  if (value === null) return name === 'model' || name === 'provider' ? unknown : nothing
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number')
    return fields[name].section === 'times' && name.endsWith('Ms') ? duration(value) : figure(value, name)
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([tool, times]) => `${tool}: ${times}`)
      .join(', ')
  return value
}

function figure(value: number, name: keyof UsageRecord): string {
  return name === 'httpStatus' || name === 'seconds' || name === 'tokensPerSecond' ? String(value) : count(value)
}
