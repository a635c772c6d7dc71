import type { Effort } from '../events/request.ts'
import type { ModelRows } from './capabilities.ts'

const efforts3: readonly Effort[] = ['low', 'medium', 'high']
const effortsNoXhigh: readonly Effort[] = ['low', 'medium', 'high', 'max']
const efforts5: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max']

/** Adaptive thinking only, and no sampling: what every model since Opus 4.7 has in common. */
const adaptive = {
  maxOutputTokens: 128_000,
  efforts: efforts5,
  sampling: 'none',
  structuredOutput: true,
} as const

/** [n] 5.1 and 5.5: thinking is always on, forced tool use returns 400. */
const unforced = { ...adaptive, thinking: ['adaptive'], laterSystem: true, forcedTools: false } as const

/** Thinking by a budget the caller sets: 4.5 and older. */
const budget = { maxOutputTokens: 64_000, thinking: ['enabled', 'disabled'] } as const

/** 4.5: `temperature` or `top_p`, not both, since Opus 4.1 [t]; structured outputs [s]. */
const budget5 = { ...budget, sampling: 'one', structuredOutput: true } as const

/** [46] both thinking modes, `enabled` deprecated. */
const both = {
  thinking: ['adaptive', 'enabled', 'disabled'],
  efforts: effortsNoXhigh,
  sampling: 'one',
  structuredOutput: true,
} as const

/**
 * Claude models. Patterns are not anchored, so that Bedrock's and Vertex's names match too
 * (`us.anthropic.claude-opus-4-6-v1`, `claude-opus-4-5@20251101`); a version that is not listed must not match a
 * shorter one, it is newer.
 * Evidence, under https://platform.claude.com/docs/en/ unless said:
 * [m] models/overview (max output, thinking) · [e] build-with-claude/effort (levels by model)
 * [n] models/<model>/whats-new and migration-guide (what returns 400)
 * [s] build-with-claude/structured-outputs · [46] about-claude/models/whats-new-claude-4-6
 * [t] about-claude/models/migrating-to-claude-4
 * [48] about-claude/models/whats-new-claude-4-8 (role system inside messages)
 * [b] https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html
 * At run time `GET /v1/models` would tell all of it but sampling, later system messages and forced tools.
 */
export const anthropicModels: ModelRows = [
  [/claude-(opus-5-5|(fable|mythos)-5-[12])/, unforced],
  // [n] `between_tools` is how this one does not think.
  [/claude-sonnet-5-5/, { ...unforced, thinking: ['adaptive', 'between_tools'] }],
  // [m] adaptive; whether `disabled` is accepted is not documented where we looked.
  [/claude-haiku-5-5/, { ...adaptive, thinking: ['adaptive'], laterSystem: true }],
  // [b] disabled returns 400.
  [/claude-(fable|mythos)-5(?!-\d(?!\d))/, { ...adaptive, thinking: ['adaptive'], laterSystem: true }],
  // [n] disabled is accepted at effort high and below.
  [/claude-opus-5(?!-\d(?!\d))/, { ...adaptive, thinking: ['adaptive', 'disabled'], laterSystem: true }],
  [/claude-sonnet-5(?!-\d(?!\d))/, { ...adaptive, thinking: ['adaptive', 'disabled'] }],
  [/claude-mythos-preview/, { ...adaptive, efforts: effortsNoXhigh, thinking: ['adaptive'] }],
  [/claude-opus-4-8/, { ...adaptive, thinking: ['adaptive', 'disabled'], laterSystem: true }],
  [/claude-opus-4-7/, { ...adaptive, thinking: ['adaptive', 'disabled'] }],
  [/claude-opus-4-6/, { ...both, maxOutputTokens: 128_000 }],
  [/claude-sonnet-4-6/, { ...both, maxOutputTokens: 64_000 }],
  // [e] the only 4.5 with effort.
  [/claude-opus-4-5/, { ...budget5, efforts: efforts3 }],
  [/claude-(sonnet|haiku)-4-5/, budget5],
  // 4.0 would take both kinds of sampling.
  [/claude-opus-4(-[01](?!\d)|-2025|@|$)/, { ...budget, maxOutputTokens: 32_000, sampling: 'one' }],
  [/claude-sonnet-4(-0(?!\d)|-2025|@|$)/, budget],
  [/claude-3-7-sonnet/, budget],
  [/claude-3-5-/, { maxOutputTokens: 8192, thinking: [] }],
  [/claude-3-/, { maxOutputTokens: 4096, thinking: [] }],
  // A model nobody listed is newer than this table: what all of the newest ones accept.
  [/claude-/, { ...adaptive, maxOutputTokens: 64_000, efforts: efforts3, thinking: ['adaptive'] }],
]
