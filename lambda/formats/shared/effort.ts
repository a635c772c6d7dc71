import type { Losses } from '../../events/losses.ts'
import { type CanonicalRequest, type Effort, efforts } from '../../events/request.ts'
import type { ModelCapabilities } from '../../providers/capabilities.ts'

/**
 * Share of the output limit that an effort stands for, where a client gave a budget instead (M). The project's own
 * choice: there is no published equivalence.
 */
const shares = [
  ['minimal', 0.1],
  ['low', 0.2],
  ['medium', 0.5],
  ['high', 0.8],
] as const satisfies ReadonlyArray<readonly [Effort, number]>

/** Does the model reason at all? Models that do not refuse every field about it. */
export function canReason(capabilities: ModelCapabilities): boolean {
  return capabilities.efforts?.length !== 0
}

/**
 * How much to think in OpenAI's words, which C and R share, as far as the model takes it; undefined leaves it to the
 * model. Losses: `effort`, `thinking-mode`, `thinking-always-on`.
 */
export function effortFor(
  request: CanonicalRequest,
  capabilities: ModelCapabilities,
  losses: Losses,
): Effort | undefined {
  const wanted = wantedEffort(request, losses)
  if (wanted === undefined) return undefined
  if (canReason(capabilities)) return nearest(wanted, capabilities.efforts, losses)
  // A model that never thinks does what `none` asks for.
  if (wanted !== 'none') losses.add('effort')
  return undefined
}

function wantedEffort({ reasoning, maxOutputTokens }: CanonicalRequest, losses: Losses): Effort | undefined {
  switch (reasoning?.mode) {
    case 'disabled':
      return 'none'
    case 'between_tools':
      losses.add('thinking-mode')
      return undefined
    case 'enabled':
      return reasoning.effort ?? effortOfBudget(reasoning.budgetTokens, maxOutputTokens)
    default:
      return reasoning?.effort
  }
}

/** The effort whose share of the limit is nearest; undefined, so that the model's own default holds, where none can be told. */
function effortOfBudget(budget: number | undefined, limit: number | undefined): Effort | undefined {
  if (budget === undefined || !limit) return undefined
  const [nearest] = [...shares].sort(([, a], [, b]) => Math.abs(a - budget / limit) - Math.abs(b - budget / limit))
  return nearest?.[0]
}

/** The next lower effort that the model has, else its lowest. Only `none` itself may become no reasoning at all. */
function nearest(wanted: Effort, listed: readonly Effort[] | undefined, losses: Losses): Effort {
  if (!listed || listed.includes(wanted)) return wanted
  losses.add(wanted === 'none' ? 'thinking-always-on' : 'effort')
  const thinking = efforts.filter((effort) => effort !== 'none' && listed.includes(effort))
  const lower = thinking.filter((effort) => efforts.indexOf(effort) < efforts.indexOf(wanted))
  return lower.at(-1) ?? thinking[0] ?? wanted
}
