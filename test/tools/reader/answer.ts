/** What a reader who knows nothing of the gateway finds in an answer, streamed or whole, in any of its formats. */
export interface Answer {
  outcome: 'complete' | 'truncated' | 'error'
  /** The provider's words, if the outcome is an error. */
  error: string | null
  /** All text of the first choice, as it would be shown. */
  text: string
  refusal: string
  /** One entry a block (chat has only one), its parts joined by a blank line; blocks without text are left out. */
  reasoning: string[]
  /** Signatures, redacted data and encrypted content of reasoning, in order. */
  seals: string[]
  tools: ToolCall[]
  /** Addresses of url citations, in order. */
  citations: string[]
  /** Tokens with log probabilities. */
  tokens: string[]
  /** The same of the refusal. */
  refusalTokens: string[]
  finish: Finish | null
  usage: Usage | null
}

export interface ToolCall {
  id: string
  name: string
  kind: 'function' | 'custom'
  /** JSON text, '{}' for none; free text for custom tools. */
  arguments: string
}

/** Why an answer ended, in words that belong to no format. */
export type Finish =
  | 'stop'
  | 'stop-sequence'
  | 'length'
  | 'context-window'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  | 'pause'
  | 'compaction'
  | 'other'

/** Tokens in disjoint buckets. */
export interface Usage {
  input: number
  cacheRead: number
  cacheWrite: number
  /** Reasoning included. */
  output: number
  reasoning: number
}

export function emptyAnswer(): Answer {
  return {
    outcome: 'truncated',
    error: null,
    text: '',
    refusal: '',
    reasoning: [],
    seals: [],
    tools: [],
    citations: [],
    tokens: [],
    refusalTokens: [],
    finish: null,
    usage: null,
  }
}
