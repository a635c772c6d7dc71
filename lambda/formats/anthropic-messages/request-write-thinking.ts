import type { Losses } from '../../events/losses.ts'
import type { CanonicalRequest, Effort, JsonObject, ReasoningRequest } from '../../events/request.ts'
import type { WriteContext } from '../codec.ts'
import { mayThink, type WrittenMessage } from './thinking-history.ts'

export interface ThinkingPlan {
  thinking?: JsonObject
  /** Fields of `output_config`. */
  outputConfig: JsonObject
  /** Was thinking asked for? Then sampling is not free. */
  thinks: boolean
}

interface Situation {
  maxTokens: number
  forced: boolean
  messages: readonly WrittenMessage[]
}

const nothing: ThinkingPlan = { outputConfig: {}, thinks: false }

/** Tokens; Anthropic refuses a smaller budget. */
const minBudget = 1024

/**
 * The part of the output limit an effort may think for, on models that take a budget. The project's own choice:
 * there is no published equivalence.
 */
const effortShares = {
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.95,
  max: 0.95,
} as const satisfies Record<Exclude<Effort, 'none'>, number>

/** How much to think: by effort, or by M's own words where a client of another format used them. */
export function writeThinking(request: CanonicalRequest, situation: Situation, context: WriteContext): ThinkingPlan {
  const { reasoning } = request
  if (!reasoning) return nothing
  const plan = planThinking(reasoning, situation.maxTokens, context)
  if (!plan.thinks) return plan
  if (situation.forced) {
    context.losses.add('thinking-forced-tool')
    return withoutThinking(plan, context)
  }
  if (plan.thinking?.type === 'enabled' && !mayThink(situation.messages)) {
    context.losses.add('thinking-history')
    return withoutThinking(plan, context)
  }
  return plan
}

/** Models that think unless told not to must be told. */
function withoutThinking(plan: ThinkingPlan, { capabilities }: WriteContext): ThinkingPlan {
  const byDefault = capabilities.thinking?.includes('disabled') && !capabilities.thinking.includes('enabled')
  return { ...nothing, ...(byDefault ? { thinking: { type: 'disabled' } } : { outputConfig: plan.outputConfig }) }
}

function planThinking(reasoning: ReasoningRequest, maxTokens: number, context: WriteContext): ThinkingPlan {
  const { losses } = context
  // Nothing is known of the model: only what the oldest thinking models took is safe.
  const modes = context.capabilities.thinking ?? ['enabled']
  const effort = wantedEffort(reasoning)
  if (effort === 'none') return noThinking(modes, context)
  if (reasoning.mode === 'between_tools') {
    if (modes.includes('between_tools')) return { ...nothing, thinking: { type: 'between_tools' } }
    losses.add('thinking-mode')
    return nothing
  }
  if (effort === undefined && reasoning.mode === undefined) return nothing
  const display = reasoning.summary === 'omitted' ? 'omitted' : 'summarized'
  const wantsBudget = reasoning.mode === 'enabled' && modes.includes('enabled')
  if (modes.includes('adaptive') && !wantsBudget) {
    return { thinking: { type: 'adaptive', display }, outputConfig: writeEffort(effort, context), thinks: true }
  }
  if (!modes.includes('enabled')) {
    losses.add('thinking-mode')
    return nothing
  }
  if (maxTokens <= minBudget) {
    losses.add('thinking-budget')
    return nothing
  }
  const wanted = reasoning.budgetTokens ?? Math.round(effortShares[effort ?? 'high'] * maxTokens)
  const budget = Math.min(Math.max(wanted, minBudget), maxTokens - 1)
  return { thinking: { type: 'enabled', budget_tokens: budget, display }, outputConfig: {}, thinks: true }
}

function wantedEffort(reasoning: ReasoningRequest): Effort | undefined {
  return reasoning.mode === 'disabled' ? 'none' : reasoning.effort
}

function noThinking(modes: readonly string[], context: WriteContext): ThinkingPlan {
  if (modes.includes('disabled')) return { ...nothing, thinking: { type: 'disabled' } }
  if (modes.includes('between_tools')) return { ...nothing, thinking: { type: 'between_tools' } }
  // Models without an adaptive mode do not think unless they are asked to.
  if (!modes.includes('adaptive')) return nothing
  context.losses.add('thinking-always-on')
  return { ...nothing, outputConfig: { effort: 'low' } }
}

/** Levels from least to most; `minimal` is not among Anthropic's. */
const levels = ['low', 'medium', 'high', 'xhigh', 'max'] as const

function writeEffort(effort: Effort | undefined, { capabilities, losses }: WriteContext): JsonObject {
  if (effort === undefined || effort === 'none') return {}
  const wanted = effort === 'minimal' ? 'low' : effort
  const listed = capabilities.efforts
  if (!listed || listed.includes(wanted)) return { effort: wanted }
  losses.add('effort')
  const lower = levels.slice(0, levels.indexOf(wanted)).filter((level) => listed.includes(level))
  const nearest = lower.at(-1) ?? levels.find((level) => listed.includes(level))
  return nearest ? { effort: nearest } : {}
}

/** Least `top_p` that thinking models (0.95) and models without sampling (0.99) take. */
const minTopP = { thinking: 0.95, fixed: 0.99 }

/** `temperature`, `top_p`, `top_k`: clamped to M's range, left out where the model or thinking forbids them. */
export function writeSampling(request: CanonicalRequest, thinks: boolean, context: WriteContext): JsonObject {
  const { losses } = context
  const fixed = context.capabilities.sampling === 'none'
  const sampling: JsonObject = {}
  const { topP, topK } = request
  const temperature = clampTemperature(request.temperature, context)
  if (temperature !== undefined && (temperature === 1 || !(fixed || thinks))) sampling.temperature = temperature
  else if (temperature !== undefined) losses.add('sampling')
  const least = fixed ? minTopP.fixed : thinks ? minTopP.thinking : 0
  if (topP !== undefined && topP >= least) sampling.top_p = topP
  else if (topP !== undefined) losses.add('sampling')
  if (topK !== undefined && !fixed && !thinks) sampling.top_k = topK
  else if (topK !== undefined) losses.add('sampling')
  return context.capabilities.sampling === 'one' ? oneOfBoth(sampling, losses) : sampling
}

/** Of two that are not 1, Anthropic's default of both, the temperature. */
function oneOfBoth(sampling: JsonObject, losses: Losses): JsonObject {
  const { temperature, top_p, ...others } = sampling
  if (temperature === undefined || top_p === undefined) return sampling
  if (temperature === 1) return { top_p, ...others }
  if (top_p !== 1) losses.add('sampling')
  return { temperature, ...others }
}

function clampTemperature(temperature: number | undefined, { losses }: WriteContext): number | undefined {
  if (temperature === undefined || temperature <= 1) return temperature
  losses.add('temperature-clamped')
  return 1
}
