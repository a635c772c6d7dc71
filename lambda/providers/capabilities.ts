import type { Effort } from '../events/request.ts'

/**
 * What a model takes and gives, as far as a conversion must know. Absent means the conservative choice, named at each
 * field. A row decides what is sent; it never decides whether a relay is allowed.
 */
export interface ModelCapabilities {
  /** Ceiling of output tokens; unknown: 4096 where a format requires a limit, no clamping elsewhere. */
  maxOutputTokens?: number
  /** M: thinking modes the model accepts; unknown: none are sent but `enabled`. */
  thinking?: ReadonlyArray<'enabled' | 'adaptive' | 'disabled' | 'between_tools'>
  /** Reasoning efforts the model accepts; unknown: all pass; empty: it does not reason and refuses every such field. */
  efforts?: readonly Effort[]
  /** `none`: temperature, top_p and top_k are left out; `one`: temperature or top_p, not both; unknown: `full`. */
  sampling?: 'full' | 'one' | 'none'
  /** C: false if stop sequences are refused; unknown: true. */
  stop?: boolean
  /** M `output_config.format`; unknown: false. */
  structuredOutput?: boolean
  /** M `role: system` inside `messages`; unknown: false. */
  laterSystem?: boolean
  /** M: false if a `tool_choice` of `any` or `tool` is refused; unknown: true. */
  forcedTools?: boolean
  /** C, R `prompt_cache_breakpoint`; unknown: false. */
  cacheBreakpoints?: boolean
}

/** First match wins; a pattern is matched against the upstream's model name without any provider path. */
export type ModelRows = ReadonlyArray<readonly [pattern: RegExp, row: ModelCapabilities]>
