import type { LossCode } from '../events/losses.ts'
import type { FormatId, RelayFormatId } from '../formats/codec.ts'

/**
 * How an exchange ended. `success`: the provider's answer is whole (also when it hit a limit). `truncated`: the provider
 * broke off. `error`: the provider or the gateway failed. `rejected`: refused before anything went upstream.
 */
export type RecordStatus = 'success' | 'error' | 'truncated' | 'rejected' | 'timeout' | 'client_closed'

/**
 * One request: the same names in the log line, the table and the API. Holds no content and no secret.
 * Token counts are null where nobody knows them, which is not 0.
 */
export interface UsageRecord {
  /** `<keyId>-<UUIDv7>`: sorts by time and names its key. */
  requestId: string
  /** ISO 8601, UTC. */
  startedAt: string
  keyId: string
  /** Wire format of the client; null if the path told none. */
  clientFormat: FormatId | RelayFormatId | null
  upstreamFormat: FormatId | RelayFormatId | null
  /** Path of the endpoint, without `/v1`. */
  endpoint: string
  mode: 'relay' | 'convert' | null
  provider: string | null
  /** As the client asked. */
  model: string | null
  /** As the provider says it served. */
  servedModel: string | null
  streamed: boolean
  status: RecordStatus
  /** Of the answer to the client. */
  httpStatus: number
  errorCode: string | null
  finishReason: string | null
  rawFinishReason: string | null
  /** Neither read from nor written to a cache. */
  inputTokens: number | null
  outputTokens: number | null
  cacheReadTokens: number | null
  /** With the provider's default lifetime. */
  cacheWriteTokens: number | null
  cacheWrite1hTokens: number | null
  /** Part of `outputTokens`. */
  reasoningTokens: number | null
  audioInputTokens: number | null
  audioOutputTokens: number | null
  imageInputTokens: number | null
  imageOutputTokens: number | null
  /** Characters of text that was to be spoken. */
  characters: number | null
  /** Seconds of audio that was heard. */
  seconds: number | null
  /** Finished images; previews are none. */
  images: number | null
  serverToolCounts: Record<string, number> | null
  serviceTier: string | null
  /** Millionths of a US dollar; null is unknown, never 0. */
  costUsdMicros: number | null
  /** Who says so: the provider, the operator's prices, the price table; null if nobody does. */
  costSource: 'provider' | 'override' | 'genai-prices' | null
  /** Why the cost is null; or `not-billed`, why it is 0 without a price. */
  costReason:
    | 'not-billed'
    | 'unknown-model'
    | 'unknown-usage'
    | 'unknown-tier'
    | 'unknown-unit'
    | 'contradictory-usage'
    | 'no-price-table'
    | null
  /** Version of the prices: `genai-prices@<version>`, or `config:<hash>` of the operator's. */
  priceVersion: string | null
  /** Milliseconds since the request came, fractions kept: provider's headers, first byte to the client, first content. */
  upstreamHeadersMs: number | null
  ttfbMs: number | null
  ttftMs: number | null
  /**
   * Silences between the provider's network chunks, from its first content to its finish: what 95 % of them do not exceed
   * (to 19 %), and the longest. Null where nothing streamed.
   */
  gapP95Ms: number | null
  gapMaxMs: number | null
  /** Output tokens by the time from the first content to the finish; null where that is below 100 ms. */
  tokensPerSecond: number | null
  /** Until the client's last byte. */
  durationMs: number
  /** Events the provider sent. */
  frames: number
  bytesOut: number
  toolCalls: number
  /** Requests that were sent to providers. */
  attempts: number
  /** Tries that failed and could be repeated, in order, each `provider:error code`. */
  failedAttempts: string[]
  usageSource: 'provider' | 'estimated' | 'none'
  losses: LossCode[]
  userAgent: string | null
  /** The provider's own id of the request. */
  upstreamRequestId: string | null
}

/** Stores a record. Resolves when it is stored or given up; never rejects, since the client already has its answer. */
export interface Recorder {
  record(record: UsageRecord): Promise<void>
}
