import type { Effort } from '../../events/request.ts'

/**
 * The part of the output limit an effort may think for, on models that take a budget. The project's own choice (§3.9):
 * there is no published equivalence.
 */
export const effortShares = {
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.95,
  max: 0.95,
} as const satisfies Record<Exclude<Effort, 'none'>, number>
