import type { GatewayError, GatewayFault } from '../errors.ts'
import { uuidV7 } from '../events/ids.ts'
import type { LossCode } from '../events/losses.ts'
import type { Usage } from '../events/usage.ts'
import type { FormatId, RelayFormatId } from '../formats/codec.ts'
import { describeError } from '../log.ts'
import { type Clock, Collector, type Metrics } from '../metrics/collector.ts'
import type { Billable, Cost } from '../metrics/pricing.ts'
import type { RecordStatus, UsageRecord } from '../metrics/record.ts'
import type { GatewayRequest } from './request.ts'

/** What is learnt about an exchange on its way, to become its one record. */
interface Facts {
  keyId: string
  clientFormat: FormatId | RelayFormatId | null
  endpoint: string
  upstreamFormat: FormatId | RelayFormatId | null
  mode: 'relay' | 'convert' | null
  provider: string | null
  model: string | null
  streamed: boolean
  httpStatus: number
  /** Requests that were sent to providers. */
  attempts: number
  /** Tries before the last, each `provider:error code`. */
  failedAttempts: string[]
  upstreamRequestId: string | null
  error: GatewayError | null
}

/** @returns undefined where the request does not tell its own size */
export type UsageEstimate = (metrics: Readonly<Metrics>) => Usage | undefined

/** Where an attempt goes, as far as the record tells. */
interface Place {
  provider: { id: string; baseUrl: string }
  codec: { id: FormatId | RelayFormatId }
  mode: 'relay' | 'convert'
}

/** Whoever has no valid key. */
const nobody = 'anonymous'

export class Recording {
  readonly collector: Collector
  readonly #startedAt: number
  readonly #uuid: string
  readonly #userAgent: string | null
  /** Of the attempt: what an answer used that broke off before the provider had said so. */
  #estimate: UsageEstimate | undefined
  /** Of the provider; for its price, not for the record. */
  #baseUrl: string | null = null
  #facts: Facts = {
    keyId: nobody,
    clientFormat: null,
    endpoint: '',
    upstreamFormat: null,
    mode: null,
    provider: null,
    model: null,
    streamed: false,
    httpStatus: 0,
    attempts: 0,
    failedAttempts: [],
    upstreamRequestId: null,
    error: null,
  }

  constructor(request: GatewayRequest, now: number, clock: Clock) {
    this.collector = new Collector(clock)
    this.#startedAt = now
    this.#uuid = uuidV7(now)
    this.#userAgent = kept(request.headers['user-agent'])
  }

  /** `<keyId>-<UUIDv7>`: changes once, when the key is known. */
  get requestId(): string {
    return `${this.#facts.keyId}-${this.#uuid}`
  }

  note(facts: Partial<Facts>): void {
    this.#facts = { ...this.#facts, ...facts }
  }

  /** Another attempt begins; nothing that an earlier one showed counts any more. */
  attempt({ provider, codec, mode }: Place): void {
    this.#baseUrl = provider.baseUrl
    this.#estimate = undefined
    this.note({ provider: provider.id, upstreamFormat: codec.id, mode, upstreamRequestId: null })
    this.collector.restart()
  }

  /** The attempt's request goes out. */
  sent(estimate: UsageEstimate): void {
    this.#estimate = estimate
    this.note({ attempts: this.#facts.attempts + 1 })
  }

  /** The provider's status and headers are here. */
  upstreamHeaders(): void {
    this.#measure(() => this.collector.upstreamHeaders())
  }

  /** The client was handed bytes. */
  clientBytes(count: number): void {
    this.#measure(() => this.collector.clientBytes(count))
  }

  /** The client has its last byte. */
  clientDone(): void {
    this.#measure(() => this.collector.clientDone())
  }

  attemptFailed(what: string): void {
    this.note({ failedAttempts: [...this.#facts.failedAttempts, what] })
  }

  /** The client has left; what else went wrong, it never saw. 499 if it left before it had a status. */
  clientLeft({ error }: GatewayFault): void {
    this.note({ error, httpStatus: this.#facts.httpStatus || 499 })
  }

  /** What decides the cost. */
  billable(): Billable {
    const { usage: reported, ownCount, servedModel: served, frames } = this.#metrics()
    const usage = hasCounts(reported) ? reported : (ownCount ?? reported)
    const servedModel = served || null
    const { provider, model, endpoint, attempts, error } = this.#facts
    // Counting tokens is free: https://docs.anthropic.com/en/docs/build-with-claude/token-counting
    const isFree = attempts === 0 || endpoint === '/messages/count_tokens'
    const refused = isFree || ((error?.upstream?.status ?? 0) >= 400 && frames === 0)
    const startedAt = new Date(this.#startedAt).toISOString()
    return { usage, provider, baseUrl: this.#baseUrl, model, servedModel, startedAt, refused }
  }

  record(losses: LossCode[], cost: Cost): UsageRecord {
    const metrics = this.#metrics()
    const { error: ownError, ...facts } = this.#facts
    const error = ownError ?? metrics.error ?? null
    return {
      requestId: this.requestId,
      startedAt: new Date(this.#startedAt).toISOString(),
      ...facts,
      model: kept(facts.model),
      ...measured(metrics),
      ...counts(metrics),
      // Known to be none, which is not the same as unknown: the provider did nothing.
      ...(this.billable().refused && !hasCounts(metrics.usage) && { inputTokens: 0, outputTokens: 0 }),
      status: error ? statusOf(error, facts.attempts) : 'success',
      errorCode: error?.code ?? null,
      ...cost,
      losses,
      userAgent: this.#userAgent,
    }
  }

  /** Measuring may fail: the answer goes on, and its record says so. */
  #measure(measure: () => void): void {
    try {
      measure()
    } catch (cause) {
      this.collector.failed({ code: 'internal', message: describeError(cause) })
    }
  }

  /** A request whose measures are lost still has its record. */
  #metrics(): Readonly<Metrics> {
    try {
      return this.#completed(this.collector.metrics())
    } catch (cause) {
      const error: GatewayError = { code: 'internal', message: describeError(cause) }
      return { durationMs: 0, toolCalls: 0, frames: 0, bytesOut: 0, contentLength: 0, error }
    }
  }

  /** A whole answer without counts stays without; one that failed on its way was billed, and its last counts never came. */
  #completed(metrics: Readonly<Metrics>): Readonly<Metrics> {
    const { usage, ownCount, ...others } = metrics
    const hasFailed = this.#facts.error ?? metrics.error
    if (!hasFailed || metrics.ttftMs === undefined || ownCount || (hasCounts(usage) && !metrics.isEarly)) return metrics
    const estimate = this.#estimate?.(metrics)
    return estimate ? { ...others, ownCount: { ...estimate, ...usage, output: estimate.output ?? 0 } } : metrics
  }
}

/** Names are the client's and the provider's: the table takes no item above 400 KB, nor half of a surrogate pair. */
function kept(text: string | null | undefined): string | null {
  return text?.slice(0, 200).toWellFormed() ?? null
}

function statusOf(error: GatewayError, attempts: number): RecordStatus {
  if (error.code === 'upstream_truncated') return 'truncated'
  if (error.code === 'timeout' || error.code === 'client_closed') return error.code
  return attempts === 0 ? 'rejected' : 'error'
}

function measured(metrics: Metrics) {
  return {
    servedModel: kept(metrics.servedModel) || null,
    finishReason: metrics.finish?.reason ?? null,
    rawFinishReason: kept(metrics.finish?.raw),
    upstreamHeadersMs: metrics.upstreamHeadersMs ?? null,
    ttfbMs: metrics.ttfbMs ?? null,
    ttftMs: metrics.ttftMs ?? null,
    ...flow(metrics),
    durationMs: metrics.durationMs,
    frames: metrics.frames,
    bytesOut: metrics.bytesOut,
    toolCalls: metrics.toolCalls,
  }
}

/** To a tenth, which is finer than they are known. */
function flow({ pace, usage, showsReasoning }: Metrics) {
  const tenths = (value: number | null | undefined) => (value == null ? null : Math.round(value * 10) / 10)
  const visible = usage?.output === undefined ? null : usage.output - (showsReasoning ? 0 : (usage.reasoning ?? 0))
  return {
    gapP95Ms: tenths(pace?.gapMs(0.95)),
    gapMaxMs: tenths(pace?.gapMs(1)),
    tokensPerSecond: tenths(visible === null ? null : pace?.tokensPerSecond(visible)),
  }
}

function counts({ usage: reported, ownCount }: Metrics) {
  // A provider may send a usage without a single count in it.
  const isReported = hasCounts(reported)
  const source: UsageRecord['usageSource'] = isReported ? 'provider' : hasCounts(ownCount) ? 'estimated' : 'none'
  const usage = isReported ? reported : (ownCount ?? reported)
  return {
    usageSource: source,
    inputTokens: usage?.input ?? null,
    outputTokens: usage?.output ?? null,
    cacheReadTokens: usage?.cacheRead ?? null,
    cacheWriteTokens: usage?.cacheWrite5m ?? null,
    cacheWrite1hTokens: usage?.cacheWrite1h ?? null,
    reasoningTokens: usage?.reasoning ?? null,
    audioInputTokens: usage?.audioInput ?? null,
    audioOutputTokens: usage?.audioOutput ?? null,
    imageInputTokens: usage?.imageInput ?? null,
    imageOutputTokens: usage?.imageOutput ?? null,
    characters: usage?.characters ?? null,
    seconds: usage?.seconds ?? null,
    images: usage?.images ?? null,
    serverToolCounts: usage?.serverTools ?? null,
    serviceTier: kept(usage?.serviceTier),
  }
}

function hasCounts(usage: Usage | undefined): boolean {
  return Object.values(usage ?? {}).some((count) => typeof count === 'number')
}
