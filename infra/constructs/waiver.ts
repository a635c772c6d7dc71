import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Exempts one construct, and what is inside it, from cdk-nag rules: rule id → why it does not apply here. */
export function waive(construct: IConstruct, reasons: Record<string, string>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason })
}
