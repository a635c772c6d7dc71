import type { GatewayError } from '../errors.ts'
import type { MintId } from '../events/ids.ts'
import type { Losses } from '../events/losses.ts'
import type { CanonicalRequest, JsonObject } from '../events/request.ts'
import type { Emit, StreamEvent } from '../events/stream-event.ts'
import type { ToolRestore } from '../events/tool-names.ts'
import type { Usage } from '../events/usage.ts'
import type { Mould } from '../framing/mould.ts'
import type { Frame } from '../framing/sse.ts'
import type { ModelCapabilities } from '../providers/capabilities.ts'
import type { Quirks } from '../providers/quirks.ts'

/** Formats that are converted into each other; the ids that `SLUICE_PROVIDERS`, records and headers use. */
export type FormatId = 'openai-chat' | 'anthropic-messages' | 'openai-responses'

/** Formats of the other endpoints, which are relayed only: a provider must list them. */
export type RelayFormatId =
  | 'openai-completions'
  | 'openai-embeddings'
  | 'openai-speech'
  | 'openai-transcription'
  | 'openai-images'

/** What the gateway must know of a wire format to pass it on, watch it, fold it and speak its errors. */
export interface RelayFormat {
  readonly id: FormatId | RelayFormatId
  /** Path below a provider's base URL, where the base is what the format's official SDK calls one. */
  readonly path: string
  /** Credentials and headers the format itself demands. */
  authHeaders(apiKey: string): Record<string, string>
  /** Does the client want server-sent events? Where absent, the request's `stream` says so. */
  wantsStream?(fields: JsonObject): boolean
  /** Throws GatewayFault `invalid_request` for a request that is not even worth relaying. */
  checkFields?(fields: JsonObject): void
  /** The top-level fields a relayed body needs so that the provider streams and reports usage. */
  streamFields(body: JsonObject, quirks?: Quirks): JsonObject
  /**
   * The top-level fields of a relayed body that change because the history holds reasoning which came through this
   * gateway from a provider of another format, without that reasoning.
   */
  withoutForeignReasoning?(body: JsonObject, quirks: Quirks): JsonObject
  createDecoder(options: DecoderOptions): Decoder
  /**
   * May an answer be neither events nor JSON but bytes (audio, subtitles)? Such an answer passes as it is, chunk by chunk.
   */
  readonly answersBytes?: true
  /** What the request alone tells of the usage, for an answer of bytes, which reports none. */
  countRequest?(fields: JsonObject): Usage
  /**
   * A whole answer (a provider that ignored `stream: true`) as the frames its stream would have had.
   * @param path below the base URL, where the format serves several endpoints whose events have different names
   */
  cutObject(object: JsonObject, path?: string): Frame[]
  /** An HTTP error of the provider in canonical form. `body` is the whole text. Never throws. */
  readError(response: { status: number; headers: Record<string, string>; body: string }): GatewayError
  /**
   * Rebuilds what the provider would have answered without streaming.
   * @param fields the request's, where the form of the answer depends on them
   */
  createFold(fields?: JsonObject): Fold
  /** An error answer before anything was sent. */
  writeError(
    error: GatewayError,
    requestId: string,
  ): { status: number; headers?: Record<string, string>; body: JsonObject }
  /** Sent between events while the provider is silent, so that the client does not starve. */
  readonly keepAlive: string
  /** A frame that exists only because the gateway asked for usage and the client did not. */
  isUsageOnly?(frame: Frame): boolean
  /**
   * True if the frame only continues content that was seen before, so that an observer need not parse it.
   * @param mould what the stream's earlier frames taught, for formats whose events have no names
   */
  isRoutine(frame: Frame, mould?: Mould): boolean
  /** What must be appended so that a relayed stream is complete: a missing terminal, or an in-stream error. */
  closeRelay(seen: { first?: Frame; last?: Frame }, error: GatewayError | undefined, requestId: string): string
}

/**
 * A format that can be converted. Nothing is written for a pair of formats: a conversion is the client format's
 * `readRequest` and encoder with the upstream format's `writeRequest` and decoder.
 */
export interface Codec extends RelayFormat {
  readonly id: FormatId
  /** Body → canonical request. Throws GatewayFault `invalid_request` with the `param`. */
  readRequest(body: JsonObject, context: ReadContext): CanonicalRequest
  createEncoder(options: EncoderOptions): Encoder
  /** Canonical request → body. Throws GatewayFault for what would change number, form or identity of the answer. */
  writeRequest(request: CanonicalRequest, context: WriteContext): WrittenRequest
}

export interface ReadContext {
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>
  losses: Losses
  /** C: is reasoning to go into the content, and to be found there? */
  thinkingText?: boolean
}

export interface WriteContext {
  /** The model's name for the upstream, without the provider's prefix. */
  model: string
  capabilities: ModelCapabilities
  quirks: Quirks
  losses: Losses
}

export interface WrittenRequest {
  body: JsonObject
  /** Further headers this request needs (M beta flags). */
  headers?: Record<string, string>
  restore: ToolRestore
}

export interface DecoderOptions {
  quirks: Quirks
  mint: MintId
  /** The request's fields, where only they tell when an answer is complete (the number of images). */
  fields?: JsonObject
}

/**
 * Frames of one format → canonical events, synchronously. Never throws on input: what it does not know becomes
 * `native`, what it cannot parse becomes `error` (`upstream_malformed`).
 */
export interface Decoder {
  /**
   * `open`: the answer is not over. `finishing`: its finish was seen and is held back for trailing usage; only a short
   * grace is left. `closed`: a terminal event or error was emitted; further frames are ignored.
   */
  readonly state: 'open' | 'finishing' | 'closed'
  push(frame: Frame, emit: Emit): void
  /** The body is over. Emits a held finish, or `error` (`upstream_truncated`) if there is none and state is open. */
  end(emit: Emit): void
}

export interface EncoderOptions {
  /** Identifies the exchange in errors (M `request_id`). */
  requestId: string
  /** Unix seconds for formats that need a creation time, where the upstream gives none. */
  createdAt: number
  /** Unix milliseconds, for formats that tell when an answer ended; default `Date.now`. */
  now?: () => number
  mint: MintId
  /** The client's request, canonical and as it was sent (R echoes its fields). */
  request: CanonicalRequest
  wire: JsonObject
  losses: Losses
}

/** Canonical events → wire text of one format. `''` means nothing to say yet. Trusts the invariants of StreamEvent. */
export interface Encoder {
  push(event: StreamEvent): string
  /** Whatever is still owed when the events are over (normally nothing). */
  end(): string
}

/** A call of one of the client's tools that is whole. */
export interface CompleteToolCall {
  /** The call's id as the provider named it; empty if it gave none. */
  id: string
  name: string
  tool: 'function' | 'custom'
  /** The JSON text of a function's arguments, `{}` for none; a custom tool's input as it is. */
  arguments: string
  /** The arguments of a function are no JSON object. They are kept as they came, since an object cannot be invented. */
  malformed?: true
  /** C: the choice it belongs to, where that is not the first. */
  choice?: number
}

/**
 * Constant work a frame; memory grows by the text only. Folding the same frames again gives the same object: what comes
 * after the end changes nothing, and events that carry numbers of their own (R) count once, in their order. C's and M's
 * deltas have no number, so that one which is repeated cannot be told from one that says the same again.
 */
export interface Fold {
  push(frame: Frame): void
  /** The object so far. Whether the stream was complete is not the fold's question but the decoder's. */
  result(): JsonObject
  /**
   * The calls that are whole so far, in the order of the object; never one whose arguments may still grow. What was
   * returned once is returned again, unchanged.
   */
  completeToolCalls?(): CompleteToolCall[]
  /** Where the answer is no JSON object but bytes (speech, a transcript as text): these. */
  bytes?(): { contentType: string; body: Uint8Array } | undefined
}
