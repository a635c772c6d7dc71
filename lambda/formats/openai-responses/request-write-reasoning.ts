import type { Losses } from '../../events/losses.ts'
import type { CanonicalRequest, Effort, ReasoningRequest } from '../../events/request.ts'
import type { ModelCapabilities } from '../../providers/capabilities.ts'
import { canReason, effortFor } from '../shared/effort.ts'

export interface WrittenReasoning {
  effort?: Effort
  summary?: 'auto' | 'concise' | 'detailed'
}

const summaries = {
  auto: 'auto',
  concise: 'concise',
  detailed: 'detailed',
  summarized: 'auto',
  omitted: undefined,
} as const satisfies Record<NonNullable<ReasoningRequest['summary']>, WrittenReasoning['summary']>

/** `reasoning`, or undefined. A summary is asked for unless the client wants none, since it is all that can be shown. */
export function writeReasoning(
  request: CanonicalRequest,
  capabilities: ModelCapabilities,
  losses: Losses,
): WrittenReasoning | undefined {
  const { reasoning } = request
  const effort = effortFor(request, capabilities, losses)
  const thinks = canReason(capabilities) && reasoning?.mode !== 'disabled' && reasoning?.effort !== 'none'
  const summary = thinks ? summaries[reasoning?.summary ?? 'auto'] : undefined
  if (effort === undefined && summary === undefined) return undefined
  return { ...(effort && { effort }), ...(summary && { summary }) }
}
