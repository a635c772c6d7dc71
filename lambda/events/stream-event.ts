import type { GatewayError } from '../errors.ts'
import type { FinishReason } from './finish.ts'
import type { StreamLoss } from './losses.ts'
import type { Usage } from './usage.ts'

/**
 * The canonical stream, block-structured because two of the three client formats are:
 *
 *     response-start (block-start block-delta* block-end)* usage* finish response-end   |   … error
 *
 * Invariants every decoder keeps and every encoder may rely on:
 * - `response-start` comes first and once; `error` and `response-end` are terminal, nothing follows them.
 * - Block `index` is dense, from 0, and grows by one with each `block-start`, over all choices. Blocks may interleave.
 * - There is one `finish` a choice, after the last block of that choice has ended.
 * - `usage` may stand anywhere after `response-start`; each is a cumulative snapshot (see `mergeUsage`).
 * - `native` is the verbatim wire object, and may be read only by a codec of the format that wrote it.
 */
export type StreamEvent =
  | { type: 'response-start'; id: string; model: string; createdAt?: number; native?: unknown }
  | { type: 'block-start'; index: number; choice?: number; block: Block; native?: unknown }
  | { type: 'block-delta'; index: number; choice?: number; delta: Delta; native?: unknown }
  | { type: 'block-end'; index: number; choice?: number; native?: unknown }
  | { type: 'usage'; usage: Usage }
  | {
      type: 'finish'
      reason: FinishReason
      /** The provider's own word, for the record. */
      raw?: string
      /** The stop sequence that ended the answer, where the provider names it. */
      stopSequence?: string
      /** What the provider said about a refusal or filter. */
      explanation?: string
      choice?: number
      native?: unknown
    }
  | { type: 'response-end' }
  | { type: 'error'; error: GatewayError }
  | {
      type: 'native'
      native: unknown
      /** pings and keep-alives: dropped without a loss */
      silent?: boolean
      /** What a target that cannot read it loses; `unknown-event` unless said. */
      loss?: StreamLoss
    }

/** Called once for each event, synchronously, in order. */
export type Emit = (event: StreamEvent) => void

/** Who made a piece of reasoning; only the issuer can read its signature or encrypted content. */
export type Issuer = 'anthropic' | 'openai' | 'google' | 'bedrock' | 'xai' | 'unknown'

export type Block =
  | { kind: 'text'; phase?: string }
  | { kind: 'reasoning'; id?: string; issuer: Issuer; redacted?: true }
  | ToolCallBlock
  | { kind: 'refusal' }
  | { kind: 'server-tool'; id?: string; name: string; phase: 'call' | 'result' }
  | { kind: 'audio'; id?: string; mediaType?: string }
  | { kind: 'image'; mediaType?: string }
  | { kind: 'native'; native: unknown }

export interface ToolCallBlock {
  kind: 'tool-call'
  /** The call id, as the upstream named it. */
  id: string
  name: string
  tool: 'function' | 'custom'
  /** R: the namespace that holds the tool. */
  namespace?: string
  /** M: who called (`direct`, a code execution). */
  caller?: unknown
  /** G: thought signature that must come back with the call. */
  signature?: string
  /** C: the call came as the deprecated `function_call`. */
  legacy?: true
}

export type Delta =
  | { kind: 'text'; text: string; logprobs?: readonly TokenLogprob[] }
  /** `part` numbers the parts of one reasoning block (R `summary[]`), from 0; `raw` marks R `reasoning_text`. */
  | { kind: 'reasoning'; text: string; part: number; raw?: true }
  /**
   * The whole signature; a later one overwrites. Opaque: never trimmed, decoded or re-encoded. `issuer` is there where
   * the stream names the issuer only now (C), and then counts more than the block's.
   */
  | { kind: 'signature'; value: string; issuer?: Issuer }
  /** The whole encrypted content (R) or redacted data (M); a later one overwrites. Opaque. `issuer` as above; `id` is the issuer's (R `rs_…`), where the stream names it only now. */
  | { kind: 'encrypted'; value: string; issuer?: Issuer; id?: string }
  /** Raw JSON text for functions, raw input for custom tools; appends. */
  | { kind: 'arguments'; text: string }
  | { kind: 'refusal'; text: string; logprobs?: readonly TokenLogprob[] }
  | { kind: 'annotation'; annotation: Annotation }
  | { kind: 'audio'; base64?: string; transcript?: string; expiresAt?: number }
  /** `partial` is the number of a preview; absent for the final image. */
  | { kind: 'image'; base64: string; partial?: number }
  | { kind: 'native'; native: unknown }

/** OpenAI's shape, which C and R share (C adds `bytes: null` where unknown). */
export interface TokenLogprob {
  token: string
  logprob: number
  bytes?: number[] | null
  top_logprobs?: Array<{ token: string; logprob: number; bytes?: number[] | null }>
}

/** A citation. `start`/`end` are UTF-16 offsets into this block's text; absent where the format cites a whole block (M). */
export interface Annotation {
  type: 'url' | 'file' | 'document' | 'container-file' | 'file-path'
  url?: string
  title?: string
  fileId?: string
  filename?: string
  containerId?: string
  start?: number
  end?: number
  citedText?: string
  /** Where in the source document (M `*_location`), in the source's own unit. */
  source?: { unit: 'char' | 'page' | 'block'; start: number; end: number; documentIndex?: number }
  native?: unknown
}
