import { describe, expect, test } from 'vitest'
import { createLogger, describeError } from '../../lambda/log.ts'
import { sumsOf } from '../../lambda/metrics/aggregate.ts'
import type { Billable } from '../../lambda/metrics/pricing.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { statuses, totalsOf } from '../../lambda/usage/totals.ts'
import { embeddedFaults, embeddedMetrics } from '../metrics/embedded-format.ts'
import { sampleRecord } from '../metrics/sample-record.ts'

function setUp(namespace?: string) {
  const lines: string[] = []
  const logger = createLogger(
    (line) => void lines.push(line),
    () => 0,
    namespace,
  )
  return { lines, ...logger }
}

/** The line of a request, and what CloudWatch makes of it. */
function requestLine(change: Partial<UsageRecord> = {}, namespace?: string) {
  const { request, lines } = setUp(namespace)
  request({ ...sampleRecord, ...change })
  const [line = '', ...others] = lines
  expect(others).toEqual([])
  const metrics = embeddedMetrics(line)
  const metric = (name: string, dimensions: Record<string, string> = {}) =>
    metrics.find((each) => each.name === name && sameMembers(each.dimensions, dimensions))?.value
  return { line, fields: JSON.parse(line), metrics, metric }
}

function sameMembers(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => a[name] === b[name])
}

describe('the log', () => {
  test('a line is one JSON object with level, time and message, whatever the message holds', () => {
    const { log, lines } = setUp()
    log('warn', 'two\nlines and "quotes"', { requestId: 'k-1', httpStatus: 502 })
    expect(lines).toEqual([
      '{"level":"warn","time":"1970-01-01T00:00:00.000Z","message":"two\\nlines and \\"quotes\\"","requestId":"k-1","httpStatus":502}\n',
    ])
  })

  test('a described error has its name, code and message, no stack, and an end', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
    expect(describeError(refused)).toBe('Error ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1')
    expect(describeError(new TypeError('x'.repeat(9_999)))).toHaveLength(500)
    expect(describeError('sk-hidden')).toBe('something that is no error was thrown')
  })
})

const unknowns = Object.fromEntries(Object.entries(sampleRecord).map(([name, value]) => [name, value ?? null]))
const nobody: Partial<UsageRecord> = {
  keyId: 'anonymous',
  requestId: 'anonymous-01890a5d-ac96-774b-bcce-b302099a8057',
  provider: null,
  model: null,
  servedModel: null,
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  ttftMs: null,
  costUsdMicros: 0,
  status: 'rejected',
  httpStatus: 401,
  errorCode: 'authentication',
}

describe('the line before an answer is whole', () => {
  const billable: Billable = {
    usage: { input: 12, output: 345 },
    provider: 'anthropic',
    baseUrl: 'https://user:pass@example.com/v1?key=secret',
    model: 'claude-sonnet-4-5',
    servedModel: null,
    startedAt: sampleRecord.startedAt,
    refused: false,
  }
  const { provisional, lines } = setUp()
  provisional({ record: { ...sampleRecord, costReason: null }, billable })
  const [line = ''] = lines

  test('is marked, has the record without what is unknown, and what the price depends on', () => {
    const known = Object.entries(sampleRecord).filter(([name, value]) => value !== null && name !== 'costReason')
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: '1970-01-01T00:00:00.000Z',
      message: 'answer',
      provisional: true,
      ...Object.fromEntries(known),
      billable: { usage: billable.usage, refused: false, url: 'https://example.com/v1' },
    })
  })

  test('is no metric, since the request’s own line follows', () => {
    expect(line).not.toContain('_aws')
  })
})

describe('the line of a request is embedded metrics', () => {
  const records: [name: string, change: Partial<UsageRecord>][] = [
    ['that went well', { costUsdMicros: 1234 }],
    ['of which little is known', { ...unknowns, ttftMs: null, outputTokens: null }],
    ['without a key', nobody],
    ['of a model in other letters than ASCII', { model: 'anthropic/klügste-模型' }],
    ['of a model named by a line break', { model: 'anthropic/a\nb' }],
    ['of a model with an empty name', { model: 'anthropic/' }],
    ['of a model with a long name', { model: `anthropic/${'x'.repeat(190)}` }],
  ]
  test.each(records)('that CloudWatch takes: a request %s', (_name, change) => {
    const { line } = requestLine(change)
    expect(embeddedFaults(line, 0)).toEqual([])
    expect(line.indexOf('\n')).toBe(line.length - 1)
  })

  test('holds the record as it is, and no id of a key is a dimension', () => {
    const { fields, metrics } = requestLine()
    expect(fields).toMatchObject({ level: 'info', message: 'request', ...sampleRecord })
    const dimensions = new Set(metrics.flatMap((metric) => Object.keys(metric.dimensions)))
    expect([...dimensions].sort()).toEqual(['countedModel', 'provider', 'status'])
  })

  test('counts over all, by provider, by model without its provider, and by status', () => {
    const { metric } = requestLine({ model: 'anthropic/claude-sonnet-4-5', costUsdMicros: 1234 })
    const provider = { provider: 'anthropic' }
    for (const dimensions of [{}, provider, { ...provider, countedModel: 'claude-sonnet-4-5' }]) {
      expect(metric('requests', dimensions)).toBe(1)
      expect(metric('outputTokens', dimensions)).toBe(345)
      expect(metric('costUsdMicros', dimensions)).toBe(1234)
      expect(metric('ttftMs', dimensions)).toBe(402.75)
    }
    expect(metric('cacheWriteTokens')).toBe(6789)
    expect(metric('cacheWriteTokens', provider)).toBeUndefined()
    expect(metric('requests', { status: 'success' })).toBe(1)
  })

  test('has no metric for what is unknown, and one for what is 0', () => {
    const { metric } = requestLine({ ttftMs: null, costUsdMicros: null, cacheReadTokens: 0 })
    expect(metric('ttftMs')).toBeUndefined()
    expect(metric('costUsdMicros')).toBeUndefined()
    expect(metric('cacheReadTokens')).toBe(0)
  })

  test('names made up by a client are one name', () => {
    const { metrics } = requestLine({ model: 'claude-made-up', errorCode: 'not_found', status: 'error' })
    const models = metrics.flatMap(({ dimensions }) => dimensions.countedModel ?? [])
    expect([...new Set(models)]).toEqual(['-'])
    expect(requestLine(nobody).metrics.flatMap(({ dimensions }) => dimensions.provider ?? [])).toEqual([])
  })

  test('goes to the namespace of its stack', () => {
    expect(new Set(requestLine({}, 'Second').metrics.map(({ namespace }) => namespace))).toEqual(new Set(['Second']))
  })

  test.each(statuses)('%s is an error if the usage API calls it one', (status) => {
    const record = { ...sampleRecord, status, errorCode: status === 'success' ? null : 'internal' }
    expect(requestLine(record).metric('errors')).toBe(totalsOf(sumsOf(record)).errors)
  })

  const blames: [name: string, faults: 0 | 1, change: Partial<UsageRecord>][] = [
    ['a whole answer', 0, { status: 'success' }],
    ['a gateway key that is not one', 0, { status: 'rejected', errorCode: 'authentication' }],
    ['a provider that refuses the gateway’s own key', 1, { status: 'error', errorCode: 'authentication' }],
    ['a secret that cannot be read', 1, { status: 'rejected', errorCode: 'overloaded' }],
    ['a request that makes no sense to the provider', 0, { status: 'error', errorCode: 'invalid_request' }],
    ['a prompt that is too long', 0, { status: 'error', errorCode: 'context_length' }],
    ['a provider’s rate limit', 1, { status: 'error', errorCode: 'rate_limit' }],
    ['an answer that broke off', 1, { status: 'truncated', errorCode: 'upstream_truncated' }],
    ['a provider that does not answer in time', 1, { status: 'timeout', errorCode: 'timeout' }],
    ['a client that left', 0, { status: 'client_closed', errorCode: 'client_closed' }],
    ['an error of a gateway newer than this list', 1, { status: 'error', errorCode: 'unheard-of' }],
  ]
  test.each(blames)('%s is %d faults', (_name, faults, change) => {
    expect(requestLine(change).metric('faults')).toBe(faults)
  })
})

test('the line of a record that could not be stored counts as one, and as nothing else', () => {
  const { spill, lines } = setUp()
  spill(sampleRecord, 'the table is away')
  expect(embeddedFaults(lines[0] ?? '', 0)).toEqual([])
  expect(embeddedMetrics(lines[0] ?? '')).toEqual([
    { namespace: 'Sluice', name: 'spilledRecords', dimensions: {}, value: 1 },
  ])
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ spilled: true, reason: 'the table is away', ...sampleRecord })
})

describe('the rules these lines are held against refuse', () => {
  const directive = { Namespace: 'N', Dimensions: [['d']], Metrics: [{ Name: 'm', Unit: 'Count' }] }
  const root = (change: object, _aws: object = {}) =>
    JSON.stringify({ d: 'x', m: 1, ...change, _aws: { Timestamp: 0, CloudWatchMetrics: [directive], ..._aws } })

  test('nothing of a good line', () => expect(embeddedFaults(root({}), 0)).toEqual([]))

  test.each([
    ['a null', root({ m: null }), 'CloudWatchMetrics[0].Metrics: m: null is no number'],
    ['a dimension that is no text', root({ d: null }), 'CloudWatchMetrics[0].Dimensions: d: no ASCII'],
    ['a time in seconds', root({}, { Timestamp: 0.5 }), '_aws.Timestamp: no whole number'],
    [
      'an unknown unit',
      root({}, { CloudWatchMetrics: [{ ...directive, Metrics: [{ Name: 'm', Unit: 'Tokens' }] }] }),
      'CloudWatchMetrics[0].Metrics: m: unit Tokens',
    ],
  ])('%s', (_name, line, fault) => expect(embeddedFaults(line, 0)).toEqual([fault]))
})
