import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { readSettings } from '../../lambda/config.ts'
import { mintId } from '../../lambda/events/ids.ts'
import { Losses } from '../../lambda/events/losses.ts'
import type { Codec, FormatId, RelayFormat } from '../../lambda/formats/codec.ts'
import { SseReader } from '../../lambda/framing/sse.ts'
import type { Deps } from '../../lambda/gateway/deps.ts'
import { exchange } from '../../lambda/gateway/exchange.ts'
import type { ClientResponse } from '../../lambda/gateway/request.ts'
import type { LogFields } from '../../lambda/log.ts'
import { Collector } from '../../lambda/metrics/collector.ts'
import { createPricing } from '../../lambda/metrics/pricing.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { KeyPool } from '../../lambda/providers/key-pool.ts'
import { goodAnswer, plain } from '../faults/good-answer.ts'
import { codecs } from '../support/codecs.ts'
import { checkError } from '../support/grammar/index.ts'
import { readObject, readStream } from '../support/read/index.ts'
import { readWritten } from '../support/read/sse-frames.ts'
import { paths, requestOf } from '../support/request.ts'
import { type Format, formats } from '../support/upstream/format.ts'
import { createTransfer } from '../tools/pipeline.ts'

// Faults of the gateway's own, one part after the other: whole exchanges with everything real but the part that fails.

const ids: Record<Format, FormatId> = { C: 'openai-chat', M: 'anthropic-messages', R: 'openai-responses' }
const answers = Object.fromEntries(formats.map((format) => [format, goodAnswer(format, plain)])) as Record<
  Format,
  ReturnType<typeof goodAnswer>
>

let provider: Server
beforeAll(async () => {
  provider = createServer(async (request, response) => {
    const format = request.url?.slice(1, 2) as Format
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    // One chunk an event, so that some of the answer is out when something breaks.
    for (const event of answers[format].events) {
      response.write(event)
      await sleep(3)
    }
    response.end()
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
})
afterAll(() => void provider.close())
afterEach(() => void vi.restoreAllMocks())

/** A client that takes everything at once. */
class Client implements ClientResponse {
  readonly live = true
  opened = false
  ended = false
  status = 0
  body = ''

  open(status: number): void {
    this.opened = true
    this.status = status
  }

  write(chunk: string | Uint8Array): undefined {
    this.body += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
  }

  abort(): void {}

  end(): void {
    this.ended = true
  }
}

interface Told {
  client: Client
  records: UsageRecord[]
  provisional: number
  lines: { message: string; fields: LogFields | undefined }[]
}

interface More {
  deps?: Partial<Deps>
  /** Of the request, over the smallest one's. */
  fields?: object
}

async function ask(
  client: Format,
  upstream: Format,
  streams: boolean,
  { deps: faulty, fields }: More = {},
): Promise<Told> {
  const told: Told = { client: new Client(), records: [], provisional: 0, lines: [] }
  const { port } = provider.address() as AddressInfo
  const { limits, retry, onDisconnect } = readSettings({
    SLUICE_TABLE: 'table',
    SLUICE_SECRET_ID: 'secret',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  })
  const target = { id: 'p', formats: [ids[upstream]], baseUrl: `http://127.0.0.1:${port}/${upstream}`, apiKey: 'k' }
  const deps: Deps = {
    limits,
    onDisconnect,
    retry: { ...retry, triesPerTarget: 1 },
    routes: {},
    keyPool: new KeyPool(Date.now, Math.random),
    random: Math.random,
    keyring: { verify: async () => ({ id: 'key', name: 'key' }) },
    providers: async () => [target],
    pricing: createPricing(),
    recorder: { record: async (record) => void told.records.push(record) },
    logger: {
      log: (_level, message, fields) => void told.lines.push({ message, fields }),
      provisional: () => void told.provisional++,
      request: () => undefined,
    },
    mint: mintId,
    now: Date.now,
    clock: () => performance.now(),
    ...faulty,
  }
  const wire = { ...requestOf(client, upstream, '', streams ? 'streamed' : 'whole'), model: 'p/m', ...fields }
  const body = Buffer.from(JSON.stringify(wire))
  const request = { method: 'POST', path: paths[client], query: '', headers: {}, body, remainingMs: () => 900_000 }
  await exchange(request, told.client, deps)
  return told
}

function bug(): never {
  throw new TypeError('a bug')
}

const codecOf = (format: Format): Codec => codecs[ids[format]]

/** The method of what a codec creates fails at its n-th call. */
function failing<Part extends object>(create: () => Part, method: keyof Part, at: number): Part {
  const part = create()
  const real = part[method] as (...args: unknown[]) => unknown
  let calls = 0
  return Object.defineProperty(part, method, {
    value: (...args: unknown[]) => (calls++ >= at ? bug() : real.apply(part, args)),
  })
}

/** Everything the provider sent, and one record that tells of the bug. */
function expectRelayed({ client, records }: Told, format: Format): void {
  expect(client).toMatchObject({ status: 200, ended: true, body: answers[format].bytes.toString() })
  expect(records).toHaveLength(1)
  expect(records[0]).toMatchObject({ status: 'error', errorCode: 'internal', httpStatus: 200 })
}

/** The client format’s own error, in band or as a status, and one record that tells of the bug. */
function expectFailed({ client, records, lines }: Told, format: Format): void {
  if (client.status === 200) {
    const { error, finish, text } = readStream[format](readWritten(client.body).frames)
    expect('tok0 tök1 👩‍🚀 tok2 '.startsWith(text), text).toBe(true)
    expect(error?.message, client.body).toBe('The gateway failed.')
    expect(finish).toBeNull()
  } else {
    expect(client.status, client.body).toBe(500)
    expect(checkError(format, 500, client.body)).toEqual([])
  }
  expect(client.ended).toBe(true)
  expect(records).toHaveLength(1)
  expect(records[0]).toMatchObject({ status: 'error', errorCode: 'internal', httpStatus: client.status })
  expect(lines[0]).toMatchObject({ message: 'the gateway failed', fields: { error: 'TypeError: a bug' } })
}

/** From the first event to the one behind the last content. */
const places = [0, 1, 3, 4]

describe.each(formats)('%s relayed', (format) => {
  test.each(places)('a decoder that throws at event %i', async (at) => {
    const { createDecoder } = codecOf(format)
    vi.spyOn(codecOf(format), 'createDecoder').mockImplementation((options) =>
      failing(() => createDecoder(options), 'push', at),
    )
    // Routine events are not decoded.
    vi.spyOn(codecOf(format), 'isRoutine').mockReturnValue(false)
    expectRelayed(await ask(format, format, true), format)
  })

  test('a look for routine events that throws', async () => {
    vi.spyOn(codecOf(format) as RelayFormat, 'isRoutine').mockImplementation(bug)
    expectRelayed(await ask(format, format, true), format)
  })

  test.each(['event', 'frames', 'progress', 'clientBytes', 'upstreamHeaders'] as const)(
    'a collector whose %s() throws',
    async (method) => {
      vi.spyOn(Collector.prototype, method).mockImplementation(bug)
      expectRelayed(await ask(format, format, true), format)
    },
  )

  test('a collector that cannot tell what it has seen', async () => {
    vi.spyOn(Collector.prototype, 'metrics').mockImplementation(bug)
    expectRelayed(await ask(format, format, true), format)
  })

  test('a fold that throws is a status', async () => {
    const { createFold } = codecOf(format)
    vi.spyOn(codecOf(format), 'createFold').mockImplementation((fields) => failing(() => createFold(fields), 'push', 2))
    expectFailed(await ask(format, format, false), format)
  })
})

test('a look for the usage frame that throws leaves the frame in', async () => {
  vi.spyOn(codecOf('C') as RelayFormat, 'isUsageOnly').mockImplementation(bug)
  expectRelayed(await ask('C', 'C', true, { fields: { stream_options: undefined } }), 'C')
})

describe.each([
  ['C', 'M'],
  ['M', 'R'],
  ['R', 'C'],
] as const)('%s converted from %s', (client, upstream) => {
  test.each(places)('a decoder that throws at event %i', async (at) => {
    const { createDecoder } = codecOf(upstream)
    vi.spyOn(codecOf(upstream), 'createDecoder').mockImplementation((options) =>
      failing(() => createDecoder(options), 'push', at),
    )
    expectFailed(await ask(client, upstream, true), client)
  })

  test.each(places)('an encoder that throws at event %i, and at the error too', async (at) => {
    const { createEncoder } = codecOf(client)
    vi.spyOn(codecOf(client), 'createEncoder').mockImplementation((options) =>
      failing(() => createEncoder(options), 'push', at),
    )
    expectFailed(await ask(client, upstream, true), client)
  })

  test('a collector that throws', async () => {
    vi.spyOn(Collector.prototype, 'event').mockImplementation(bug)
    expectFailed(await ask(client, upstream, true), client)
  })

  test('a fold that throws', async () => {
    const { createFold } = codecOf(client)
    vi.spyOn(codecOf(client), 'createFold').mockImplementation((fields) => failing(() => createFold(fields), 'push', 2))
    expectFailed(await ask(client, upstream, false), client)
  })
})

test('what came in one chunk with an exception goes out before the error', () => {
  const { createDecoder } = codecOf('M')
  vi.spyOn(codecOf('M'), 'createDecoder').mockImplementation((options) =>
    failing(() => createDecoder(options), 'push', 4),
  )
  const run = { from: ids.M, to: ids.C }
  const transfer = createTransfer(run, new Collector(() => 0), new Losses())
  expect(() => transfer.push(new SseReader().push(answers.M.bytes))).toThrow('a bug')
  const written = transfer.fail({ code: 'internal', message: 'It failed.' })
  expect(readStream.C(readWritten(written).frames)).toMatchObject({
    text: 'tok0 ',
    error: { message: 'It failed.' },
  })
})

describe('what comes after the answer', () => {
  function expectAnswered({ client }: Told): void {
    expect(client).toMatchObject({ status: 200, ended: true })
    expect(readObject.C(JSON.parse(client.body))).toMatchObject({ finish: 'stop', error: null })
  }

  test('a price that cannot be calculated is unknown', async () => {
    const told = await ask('C', 'M', false, { deps: { pricing: { price: async () => bug() } } })
    expectAnswered(told)
    expect(told.records).toMatchObject([{ status: 'success', costUsdMicros: null }])
  })

  test('a recorder that throws is a log line', async () => {
    const told = await ask('C', 'M', false, { deps: { recorder: { record: async () => bug() } } })
    expectAnswered(told)
    expect(told.lines).toMatchObject([{ message: 'the record was lost', fields: { error: 'TypeError: a bug' } }])
  })

  test('a log that cannot be written costs neither the answer nor the record', async () => {
    const lines: Told['lines'] = []
    const logger = {
      log: (_: string, message: string, fields?: LogFields) => void lines.push({ message, fields }),
      provisional: bug,
      request: bug,
    }
    const told = await ask('C', 'M', false, { deps: { logger } })
    expectAnswered(told)
    expect(told.records).toMatchObject([{ status: 'success' }])
    expect(lines.map(({ message }) => message)).toEqual([
      'the answer could not be logged',
      'the request could not be logged',
    ])
  })
})
