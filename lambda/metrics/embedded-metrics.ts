import type { ErrorCode } from '../errors.ts'
import { countedModel, none } from './counted-model.ts'
import type { RecordStatus, UsageRecord } from './record.ts'

interface MetricDefinition {
  unit: 'Count' | 'Milliseconds' | 'None'
  /** Also by provider and model. Each combination is a custom metric, billed for the hours it is written in. */
  divided: boolean
}

/**
 * What CloudWatch reads in the line of a request: fields of the record under their own names, and three counts.
 * `errors` is what the usage API calls so: the answer was not whole. `faults` is what an operator has to look at: of all
 * that failed or was refused, what was not the client's doing.
 */
export const requestMetrics = {
  requests: { unit: 'Count', divided: true },
  errors: { unit: 'Count', divided: true },
  faults: { unit: 'Count', divided: true },
  inputTokens: { unit: 'Count', divided: true },
  outputTokens: { unit: 'Count', divided: true },
  cacheReadTokens: { unit: 'Count', divided: false },
  cacheWriteTokens: { unit: 'Count', divided: false },
  cacheWrite1hTokens: { unit: 'Count', divided: false },
  costUsdMicros: { unit: 'None', divided: true },
  ttftMs: { unit: 'Milliseconds', divided: true },
  durationMs: { unit: 'Milliseconds', divided: true },
} as const satisfies Record<string, MetricDefinition>

export type RequestMetric = keyof typeof requestMetrics

/** Counts the lines of records that could not be stored; a metric of those lines alone. */
export const spilledMetric = 'spilledRecords'

export type MetricName = RequestMetric | typeof spilledMetric

/**
 * By what metrics are divided: members of the line that are texts. Never by key, whose ids would be a metric each.
 * `countedModel` is the model's name as the sums in the table have it: without the provider, and `-` for what no provider
 * knows, so that clients cannot make up metrics.
 */
export const dimensionSets = {
  all: [],
  provider: ['provider'],
  model: ['provider', 'countedModel'],
  status: ['status'],
} as const

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
interface MetricDirective {
  Namespace: string
  Dimensions: readonly (readonly string[])[]
  Metrics: readonly { Name: string; Unit: MetricDefinition['unit'] }[]
}

/** Members of a line that make metrics of it. */
interface Embedded {
  /** `Timestamp`: milliseconds since 1970. */
  _aws: { Timestamp: number; CloudWatchMetrics: MetricDirective[] }
}

/** What the line of a request has beside its record. */
export interface RequestMembers extends Embedded {
  countedModel: string
  requests: 1
  errors: 0 | 1
  faults: 0 | 1
}

/**
 * Makes the line of a request one that CloudWatch reads metrics from. A null of the record is no metric of this line:
 * unknown is not 0.
 * @param at of the metrics, milliseconds since 1970
 */
export function membersOf(record: UsageRecord, namespace: string, at: number): RequestMembers {
  const counts = { requests: 1, errors: failed[record.status] ? 1 : 0, faults: isFault(record) ? 1 : 0 } as const
  const known = metricsIn({ ...record, ...counts })
  const dimensions = record.provider === null ? [dimensionSets.all] : divisions
  const directive = (Dimensions: MetricDirective['Dimensions'], names: readonly RequestMetric[]): MetricDirective => ({
    Namespace: namespace,
    Dimensions,
    Metrics: names.map((Name) => ({ Name, Unit: requestMetrics[Name].unit })),
  })
  const divided = known.filter((name) => requestMetrics[name].divided)
  const undivided = known.filter((name) => !requestMetrics[name].divided)
  return {
    ...counts,
    countedModel: dimensionValue(countedModel(record)),
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        directive(dimensions, divided),
        ...(undivided.length > 0 ? [directive([dimensionSets.all], undivided)] : []),
        directive([dimensionSets.status], ['requests']),
      ],
    },
  }
}

/** Makes the line of a record that could not be stored one that CloudWatch counts. */
export function spilledMembers(namespace: string, at: number): Embedded & { [spilledMetric]: 1 } {
  const Metrics = [{ Name: spilledMetric, Unit: 'Count' as const }]
  const directive = { Namespace: namespace, Dimensions: [dimensionSets.all], Metrics }
  return { [spilledMetric]: 1, _aws: { Timestamp: at, CloudWatchMetrics: [directive] } }
}

const divisions = [dimensionSets.all, dimensionSets.provider, dimensionSets.model]

function metricsIn(values: Record<RequestMetric, number | null>): RequestMetric[] {
  const names = Object.keys(requestMetrics) as RequestMetric[]
  return names.filter((name) => Number.isFinite(values[name]))
}

/** CloudWatch drops a line one of whose dimensions has other than ASCII characters. */
function dimensionValue(text: string): string {
  return /^[\x21-\x7e][\x20-\x7e]*$/.test(text) ? text : none
}

/** As `lambda/usage/totals.ts` counts errors. */
const failed = {
  success: false,
  error: true,
  truncated: true,
  rejected: false,
  timeout: true,
  client_closed: false,
} as const satisfies Record<RecordStatus, boolean>

/**
 * Whose doing a failure is. `refuser`: the client's if the gateway refused it, the operator's if the provider did, which
 * then means the key, permission, account or limit that the gateway has there.
 */
const blame = {
  invalid_request: 'client',
  not_found: 'client',
  method_not_allowed: 'client',
  conflict: 'client',
  too_large: 'client',
  unprocessable: 'client',
  context_length: 'client',
  content_policy: 'client',
  client_closed: 'client',
  authentication: 'refuser',
  permission: 'refuser',
  quota: 'refuser',
  rate_limit: 'refuser',
  internal: 'operator',
  overloaded: 'operator',
  timeout: 'operator',
  upstream_unreachable: 'operator',
  upstream_malformed: 'operator',
  upstream_truncated: 'operator',
  upstream_too_large: 'operator',
} as const satisfies Record<ErrorCode, 'client' | 'refuser' | 'operator'>

function isFault({ status, errorCode }: UsageRecord): boolean {
  if (errorCode === null) return failed[status]
  const whose = Object.hasOwn(blame, errorCode) ? blame[errorCode as ErrorCode] : 'operator'
  return whose === 'operator' || (whose === 'refuser' && status !== 'rejected')
}
