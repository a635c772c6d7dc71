import type { Limits } from '../../lambda/config.ts'
import { type GatewayError, GatewayFault } from '../../lambda/errors.ts'
import type { MintId } from '../../lambda/events/ids.ts'
import { type LossCode, Losses } from '../../lambda/events/losses.ts'
import type { JsonObject } from '../../lambda/events/request.ts'
import type { Codec, FormatId } from '../../lambda/formats/codec.ts'
import { Convert } from '../../lambda/gateway/convert.ts'
import { Deadline } from '../../lambda/gateway/deadline.ts'
import { Observer } from '../../lambda/gateway/observe.ts'
import { FoldOutlet, type Outlet, StreamOutlet } from '../../lambda/gateway/outlet.ts'
import { Relay } from '../../lambda/gateway/relay.ts'
import type { AnswerResponse } from '../../lambda/gateway/request.ts'
import { type ByteSource, pump, type Transfer } from '../../lambda/gateway/transfer.ts'
import { Collector, type Metrics } from '../../lambda/metrics/collector.ts'
import { quirksOf } from '../../lambda/providers/quirks.ts'
import { codecs } from '../support/codecs.ts'

/** One run of a recording through the gateway's own stream primitives. */
export interface Run {
  /** The provider's format. */
  from: FormatId
  /** The client's. */
  to: FormatId
  body: ByteSource
  /** Does the client get one object instead of a stream? */
  buffered?: boolean
  /** Did a chat client ask for usage? Default true. */
  asksForUsage?: boolean
  /** Where the client's bytes go as they are written, beside the result. */
  onWrite?: (chunk: Buffer) => void
}

export interface Outcome {
  /** What the client got: events, or an object's JSON; empty if it was refused. */
  body: Buffer
  /** The answer was not begun: the client gets this as an HTTP status. */
  refused?: GatewayError
  /** The provider's error, or the lack of an end, whether it was told by status or in band. */
  error?: GatewayError
  losses: LossCode[]
  metrics: Readonly<Metrics>
}

const requestId = 'req_test'
/** 2026-01-01T00:00:00Z, so that two runs write the same. */
const now = 1_767_225_600_000
const hour = 3_600_000
const limits: Limits = {
  connectMs: hour,
  headersMs: hour,
  firstContentMs: hour,
  idleMs: hour,
  graceMs: hour,
  keepAliveMs: hour,
  reserveMs: 0,
  drainMs: hour,
}

/** The least a client of each format must send. */
export function clientRequest(format: FormatId, asksForUsage = true): JsonObject {
  const user = { role: 'user', content: 'hi' }
  if (format === 'openai-responses') return { model: 'm', input: 'hi', stream: true }
  if (format === 'anthropic-messages') return { model: 'm', max_tokens: 1000, messages: [user], stream: true }
  return { model: 'm', messages: [user], stream: true, stream_options: { include_usage: asksForUsage } }
}

/** Ids that count up instead of being random, so that two runs write the same. */
export function countingMint(): MintId {
  let count = 0
  return (prefix, length = 24) => prefix + String(++count).padStart(length, '0')
}

/** The transfer that would serve this run, with its losses. */
export function createTransfer(run: Omit<Run, 'body'>, collector: Collector, losses: Losses): Transfer {
  const upstream: Codec = codecs[run.from]
  const client: Codec = codecs[run.to]
  const mint = countingMint()
  const quirks = quirksOf({ id: '', baseUrl: '' })
  const decoder = upstream.createDecoder({ quirks, mint })
  const asksForUsage = run.asksForUsage ?? true
  if (run.from === run.to) {
    const observer = new Observer(upstream, decoder, collector, undefined, run.buffered ? 'fold' : 'client')
    return new Relay(upstream, observer, !run.buffered && !asksForUsage, requestId)
  }
  const wire = clientRequest(run.to, asksForUsage || run.buffered)
  const request = client.readRequest(wire, { headers: {}, losses })
  const encoder = client.createEncoder({
    requestId,
    createdAt: now / 1000,
    now: () => now,
    mint,
    request,
    wire,
    losses,
  })
  return new Convert(upstream, decoder, encoder, new Map(), collector)
}

/** Moves the body through the gateway, as `serve` does once the provider has answered with an event stream. */
export async function runPipeline(run: Run): Promise<Outcome> {
  const collector = new Collector(() => 0)
  const losses = new Losses()
  const transfer = createTransfer(run, collector, losses)
  const client = new Client(run.onWrite)
  const outlet = createOutlet(run, client)
  const deadline = new Deadline(limits, hour, () => undefined)
  let refused: GatewayError | undefined
  try {
    await pump(run.body, transfer, outlet, deadline)
  } catch (cause) {
    if (!(cause instanceof GatewayFault)) throw cause
    if (client.opened) client.write(transfer.fail(cause.error))
    else refused = cause.error
  } finally {
    deadline.clear()
    outlet.close()
  }
  const error = refused ?? transfer.observer.error
  return {
    body: client.body(),
    ...(refused && { refused }),
    ...(error && { error }),
    losses: losses.list(),
    metrics: collector.metrics(),
  }
}

function createOutlet(run: Run, client: AnswerResponse): Outlet {
  if (run.buffered) return new FoldOutlet(client, {}, codecs[run.to])
  return new StreamOutlet(client, {}, codecs[run.to].keepAlive, hour)
}

/** Collects what the client gets. */
class Client implements AnswerResponse {
  readonly live = false
  readonly left = new AbortController().signal
  opened = false
  readonly #chunks: Buffer[] = []
  readonly #onWrite: ((chunk: Buffer) => void) | undefined

  constructor(onWrite: ((chunk: Buffer) => void) | undefined) {
    this.#onWrite = onWrite
  }

  open(): void {
    this.opened = true
  }

  write(chunk: string | Uint8Array): undefined {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk)
    this.#chunks.push(bytes)
    this.#onWrite?.(bytes)
  }

  writeLast(chunk: string | Uint8Array): undefined {
    this.write(chunk)
  }

  abort(): void {}

  end(): void {}

  body(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}
