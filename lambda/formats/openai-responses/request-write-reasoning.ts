import type { Losses } from '../../events/losses.ts'
import { type CanonicalRequest, type Effort, efforts, type ReasoningRequest } from '../../events/request.ts'
import type { ModelCapabilities } from '../../providers/capabilities.ts'

export interface WrittenReasoning {
  effort?: Effort
  summary?: 'auto' | 'concise' | 'detailed'
}

/** Share of the output limit that an effort stands for, where a client gave a budget instead (M). */
const shares = { minimal: 0.1, low: 0.2, medium: 0.5, high: 0.8 } as const satisfies Partial<Record<Effort, number>>

const summaries = {
  auto: 'auto',
  concise: 'concise',
  detailed: 'detailed',
  summarized: 'auto',
  omitted: undefined,
} as const satisfies Record<NonNullable<ReasoningRequest['summary']>, WrittenReasoning['summary']>

/** Does the model reason at all? Models that do not refuse every field about it. */
export function canReason(capabilities: ModelCapabilities): boolean {
  return capabilities.efforts?.length !== 0
}

/** `reasoning`, or undefined. A summary is asked for unless the client wants none, since it is all that can be shown. */
export function writeReasoning(
  request: CanonicalRequest,
  capabilities: ModelCapabilities,
  losses: Losses,
): WrittenReasoning | undefined {
  const wanted = effortOf(request, losses)
  if (!canReason(capabilities)) {
    if (wanted !== undefined && wanted !== 'none') losses.add('effort')
    return undefined
  }
  const effort = wanted && nearest(wanted, capabilities.efforts, losses)
  const summary = wanted === 'none' ? undefined : summaries[request.reasoning?.summary ?? 'auto']
  if (effort === undefined && summary === undefined) return undefined
  return { ...(effort && { effort }), ...(summary && { summary }) }
}

function effortOf(request: CanonicalRequest, losses: Losses): Effort | undefined {
  const { reasoning, maxOutputTokens } = request
  switch (reasoning?.mode) {
    case 'disabled':
      return 'none'
    case 'enabled':
      return reasoning.effort ?? effortOfBudget(reasoning.budgetTokens, maxOutputTokens)
    case 'between_tools':
      losses.add('thinking-mode')
      return undefined
    default:
      return reasoning?.effort
  }
}

function effortOfBudget(budget: number | undefined, limit: number | undefined): Effort | undefined {
  if (budget === undefined || !limit) return undefined
  const distance = (effort: keyof typeof shares) => Math.abs(shares[effort] - budget / limit)
  const names = Object.keys(shares) as Array<keyof typeof shares>
  return names.reduce((best, effort) => (distance(effort) < distance(best) ? effort : best))
}

/** The next lower effort that the model has, else its lowest. Only `none` itself may become no reasoning at all. */
function nearest(wanted: Effort, listed: readonly Effort[] | undefined, losses: Losses): Effort {
  if (!listed || listed.includes(wanted)) return wanted
  losses.add(wanted === 'none' ? 'thinking-always-on' : 'effort')
  const thinking = efforts.filter((effort) => effort !== 'none' && listed.includes(effort))
  const lower = thinking.filter((effort) => efforts.indexOf(effort) < efforts.indexOf(wanted))
  return lower.at(-1) ?? thinking[0] ?? wanted
}
