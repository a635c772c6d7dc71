import type { Issuer } from './stream-event.ts'

/** A JSON object as it came from the wire: read what is used, keep the rest. */
export type JsonObject = Record<string, unknown>

/**
 * A client's request without its format. A codec's `readRequest` fills it, a codec's `writeRequest` spends it; neither
 * knows the other. A field that no other format has a word for is not kept: the reader names the loss itself.
 * A field that one format can express and another cannot is kept, and the writer names the loss or refuses.
 */
export interface CanonicalRequest {
  /** The history, flat and in order: see `Item`. */
  items: Item[]
  tools: Tool[]
  toolChoice?: ToolChoice
  /** false: at most one tool call. */
  parallelToolCalls?: boolean
  /** Server-side tool calls at most (R). */
  maxToolCalls?: number
  /** Tokens, reasoning included. 0 is M's cache pre-warm. */
  maxOutputTokens?: number
  temperature?: number
  topP?: number
  topK?: number
  /** Blank entries are already dropped. */
  stop?: string[]
  seed?: number
  frequencyPenalty?: number
  presencePenalty?: number
  logitBias?: JsonObject
  /** Present: asked for; `top` is the number of alternatives a token. */
  logprobs?: { top?: number }
  /** Number of answers; readers leave out 1. */
  n?: number
  reasoning?: ReasoningRequest
  outputFormat?: OutputFormat
  verbosity?: string
  /** A stable id of the person behind the request (C, R `safety_identifier` or `user`, M `metadata.user_id`). */
  endUser?: string
  metadata?: JsonObject
  serviceTier?: ServiceTier
  store?: boolean
  moderation?: unknown
  cache?: PromptCache
  /** Does the client want to see usage at the end of a C or T stream? */
  includeUsage: boolean
  includeObfuscation?: boolean
  /** C: the client speaks the deprecated `functions`, so calls go back as `function_call`. */
  legacyFunctions?: true
  /** C: the client keeps only text, so reasoning goes into the content. */
  thinkingText?: true
  /**
   * The client's own names of canonical fields, for an error's `param` (e.g. `{ logprobs: 'top_logprobs' }`). Where a
   * field is missing the canonical name in snake case serves: see `paramOf`.
   */
  params: Partial<Record<CanonicalField, string>>
}

export type CanonicalField = Exclude<keyof CanonicalRequest, 'params'>

/** The client's own name of a field, for an error that rejects it. */
export function paramOf(request: CanonicalRequest, field: CanonicalField): string {
  return request.params[field] ?? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/**
 * One step of the history. Flat, as R has it, because that loses least: C and M writers join the consecutive
 * assistant-side items (assistant message, reasoning, tool-call) into one message, M joins consecutive tool results
 * and a following user message. Items are never reordered, but for tool results, which move directly behind their calls.
 */
export type Item = MessageItem | ReasoningItem | ToolCallItem | ToolResultItem

export interface MessageItem {
  kind: 'message'
  role: 'system' | 'developer' | 'user' | 'assistant'
  parts: Part[]
  /** `instructions`: it stood in the field that a format has for it (M `system`, R `instructions`). */
  placement?: 'instructions'
  id?: string
  /** C: name of the participant. */
  name?: string
  /** R: `commentary`, `final_answer`. */
  phase?: string
}

export interface ReasoningItem {
  kind: 'reasoning'
  issuer: Issuer
  /** The issuer's own id (R `rs_…`). */
  id?: string
  /** The readable text, one entry a summary part; empty when there is none. */
  parts: string[]
  /** R: the text is raw reasoning (`content`), not a summary. */
  raw?: true
  /** M: signature of the block. Byte for byte as the issuer wrote it. */
  signature?: string
  /** R: encrypted content; M: data of a redacted block. Byte for byte as the issuer wrote it. */
  encrypted?: string
  /** M: the whole block is redacted. */
  redacted?: true
}

export interface ToolCallItem {
  kind: 'tool-call'
  id: string
  name: string
  tool: 'function' | 'custom'
  /** Raw JSON text for functions ('' when there are none), raw input for custom tools. */
  arguments: string
  namespace?: string
  /** R: id of the item, which is not the id of the call. */
  itemId?: string
  /** G: thought signature. */
  signature?: string
  cache?: CacheMark
}

export interface ToolResultItem {
  kind: 'tool-result'
  callId: string
  tool: 'function' | 'custom'
  parts: Part[]
  isError?: boolean
  cache?: CacheMark
}

export type Part =
  | { kind: 'text'; text: string; cache?: CacheMark }
  | { kind: 'refusal'; text: string }
  | { kind: 'image'; source: Base64Source | UrlSource; detail?: string; cache?: CacheMark }
  | DocumentPart
  /** `format` is C's word: `wav`, `mp3`. */
  | { kind: 'audio'; data: string; format: string }
  | { kind: 'search-result'; title: string; source: string; texts: string[]; citations?: boolean; cache?: CacheMark }

export interface DocumentPart {
  kind: 'document'
  source: Base64Source | UrlSource | { type: 'text'; text: string }
  /** File name or title. */
  title?: string
  /** M: what the document is about. */
  context?: string
  /** M: citations asked for. */
  citations?: boolean
  cache?: CacheMark
}

export interface Base64Source {
  type: 'base64'
  mediaType: string
  data: string
}
export interface UrlSource {
  type: 'url'
  url: string
}

/** "Cache the prompt up to here." `ttl` in the client's own word; absent is the provider's default. */
export interface CacheMark {
  ttl?: '5m' | '30m' | '1h' | '12h'
}

export interface PromptCache {
  /** Top-level mark (M `cache_control`; C, R `prompt_cache_options.mode: implicit`). */
  implicit?: CacheMark
  key?: string
  retention?: string
  /** R: fill the cache, answer nothing. */
  prewarm?: boolean
  /** `prompt_cache_options` as sent, for C and R targets, which share it. */
  options?: JsonObject
}

export type Tool = FunctionTool | CustomTool | WebSearchTool | NativeTool

export interface FunctionTool {
  kind: 'function'
  name: string
  description?: string
  /** JSON schema; absent when the client sent none. */
  parameters?: JsonObject
  strict?: boolean
  namespace?: string
  cache?: CacheMark
}

/** A tool whose input is free text, perhaps bound by a grammar (C, R). */
export interface CustomTool {
  kind: 'custom'
  name: string
  description?: string
  /** As on the wire in R: `{type: 'text'}` or `{type: 'grammar', syntax, definition}`. */
  format?: { type: 'text' } | { type: 'grammar'; syntax: string; definition: string }
  namespace?: string
}

export interface WebSearchTool {
  kind: 'web-search'
  allowedDomains?: string[]
  blockedDomains?: string[]
  /** Flat: city, country, region, timezone. */
  userLocation?: { city?: string; country?: string; region?: string; timezone?: string }
  contextSize?: string
  maxUses?: number
}

/** A provider's own tool that has no counterpart: left out with a loss, or refused when the choice forces it. */
export interface NativeTool {
  kind: 'native'
  /** The wire `type`, e.g. `code_interpreter`. */
  type: string
  name?: string
}

export type ToolChoice =
  | { type: 'auto' | 'none' | 'required' }
  | { type: 'tool'; name: string; tool: 'function' | 'custom'; namespace?: string }
  | { type: 'allowed'; mode: 'auto' | 'required'; names: string[] }
  /** One of the provider's own tools, by its wire type (`web_search` is known to several formats). */
  | { type: 'native'; tool: string }

export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof efforts)[number]

export interface ReasoningRequest {
  effort?: Effort
  /** M `thinking.type`. */
  mode?: 'enabled' | 'disabled' | 'adaptive' | 'between_tools'
  /** M: tokens for thinking, inside the output limit. */
  budgetTokens?: number
  /** What of it to show; `omitted` is nothing. The reader sets its format's default when the client said nothing. */
  summary?: 'auto' | 'concise' | 'detailed' | 'summarized' | 'omitted'
}

export type OutputFormat =
  | { type: 'text' }
  | { type: 'json' }
  /** `strict`: OpenAI's mode, which takes closed schemas with nothing optional only. */
  | { type: 'json-schema'; name?: string; description?: string; schema: JsonObject; strict?: boolean }

/** OpenAI's words; M's `standard_only` is `default`. */
export type ServiceTier = 'auto' | 'default' | 'flex' | 'priority' | 'fast' | 'ultrafast' | 'scale'
