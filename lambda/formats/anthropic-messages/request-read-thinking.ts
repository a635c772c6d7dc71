import { invalidRequest } from '../../errors.ts'
import { asNumber, asObject } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import { type Effort, efforts, type JsonObject, type ReasoningRequest } from '../../events/request.ts'
import { readNumber, readObject, readString } from './check.ts'
import { effortShares } from './thinking-shares.ts'

const modes = ['enabled', 'disabled', 'adaptive', 'between_tools'] as const

/**
 * `thinking` and `output_config.effort` → canonical (§3.9 "Back"). The effort is filled in for formats that know only
 * efforts: a disabled mode is `none`, a budget the effort with the nearest share of the limit, at most `high`.
 */
export function readReasoning(body: JsonObject, losses: Losses): ReasoningRequest | undefined {
  const effort = readEffort(asObject(body.output_config)?.effort)
  if (body.thinking == null) return effort && { effort, summary: 'summarized' }
  const thinking = readObject(body.thinking, 'thinking')
  const mode = modes.find((known) => known === thinking.type)
  if (!mode) throw invalidRequest(`thinking.type must be one of ${modes.join(', ')}.`, 'thinking.type')
  const summary = thinking.display === 'omitted' ? 'omitted' : 'summarized'
  switch (mode) {
    case 'disabled':
      return { mode, effort: 'none', summary }
    case 'enabled': {
      const budgetTokens = readNumber(thinking.budget_tokens, 'thinking.budget_tokens')
      return { mode, budgetTokens, effort: effort ?? nearestEffort(budgetTokens, body.max_tokens), summary }
    }
    case 'adaptive':
      return { mode, ...(effort && { effort }), summary }
    case 'between_tools':
      losses.add('thinking-mode')
      return { mode, ...(effort && { effort }), summary }
  }
}

function readEffort(value: unknown): Effort | undefined {
  if (value == null) return undefined
  const word = readString(value, 'output_config.effort')
  // A level that is newer than this gateway asks for more than it knows.
  return efforts.find((known) => known === word) ?? 'max'
}

function nearestEffort(budget: number, maxTokens: unknown): Effort {
  const share = budget / (asNumber(maxTokens) || budget)
  const distance = (effort: (typeof candidates)[number]) => Math.abs(effortShares[effort] - share)
  return candidates.reduce((best, effort) => (distance(effort) < distance(best) ? effort : best))
}

const candidates = ['minimal', 'low', 'medium', 'high'] as const
