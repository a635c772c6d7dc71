import { type CanonicalRequest, type Effort, efforts } from '../../events/request.ts'
import type { WriteContext } from '../codec.ts'

/** Share of the output limit that each effort stands for; `enabled` thinking becomes the nearest. */
const shares = [
  ['minimal', 0.1],
  ['low', 0.2],
  ['medium', 0.5],
  ['high', 0.8],
] as const

/** `reasoning_effort`, as far as the model takes it; undefined is the model's own default. */
export function writeEffort(request: CanonicalRequest, context: WriteContext): Effort | undefined {
  const wanted = wantedEffort(request, context)
  return wanted === undefined ? undefined : acceptedEffort(wanted, context)
}

function wantedEffort({ reasoning, maxOutputTokens }: CanonicalRequest, { losses }: WriteContext): Effort | undefined {
  if (!reasoning) return undefined
  switch (reasoning.mode) {
    case 'disabled':
      return 'none'
    case 'between_tools':
      losses.add('thinking-mode')
      return undefined
    case 'enabled':
      return reasoning.effort ?? effortOfBudget(reasoning.budgetTokens, maxOutputTokens)
    case 'adaptive':
    case undefined:
      return reasoning.effort
  }
}

function effortOfBudget(budget: number | undefined, limit: number | undefined): Effort {
  if (!budget || !limit) return 'medium'
  const share = budget / limit
  const [nearest] = [...shares].sort(([, a], [, b]) => Math.abs(a - share) - Math.abs(b - share))
  return nearest?.[0] ?? 'medium'
}

/** The effort itself, else the next lower one the model takes, else its lowest. */
function acceptedEffort(wanted: Effort, { capabilities, losses }: WriteContext): Effort | undefined {
  const accepted = capabilities.efforts
  if (!accepted || accepted.includes(wanted)) return wanted
  losses.add(wanted === 'none' ? 'thinking-always-on' : 'effort')
  const lower = efforts.slice(0, efforts.indexOf(wanted)).findLast((effort) => accepted.includes(effort))
  return lower ?? efforts.find((effort) => accepted.includes(effort))
}
