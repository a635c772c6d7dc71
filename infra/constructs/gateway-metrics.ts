import { Duration } from 'aws-cdk-lib'
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { dimensionSets, type MetricName, type RequestMetric } from '../../lambda/metrics/embedded-metrics.ts'
import type { RecordStatus } from '../../lambda/metrics/record.ts'

/** Of every figure. Shorter ones would split hairs at the traffic of most gateways, longer ones tell too late. */
const period = Duration.minutes(5)

/** How the values of a period become one: a sum, or a percentile such as `p95`. */
type Statistic = typeof Stats.SUM | `p${number}`

/** The metrics CloudWatch reads from the functions' log lines (`lambda/metrics/embedded-metrics.ts`). */
export class GatewayMetrics {
  readonly #namespace: string

  /** @param namespace that the functions write their lines with */
  constructor(namespace: string) {
    this.#namespace = namespace
  }

  /** Over all requests. */
  all(metricName: MetricName, statistic: Statistic = Stats.SUM, label?: string): Metric {
    return this.#metric(metricName, statistic, label ?? metricName)
  }

  /** Requests that ended so. */
  requestsWith(status: RecordStatus): Metric {
    const [dimension] = dimensionSets.status
    return this.#metric('requests', Stats.SUM, status, { [dimension]: status })
  }

  /**
   * One line a model, found when the page is drawn, since nobody knows at synth which models there will be.
   * @param arithmetic done with every value
   */
  byModel(metricName: RequestMetric, statistic: Statistic = Stats.SUM, arithmetic = ''): MathExpression {
    const schema = `{"${this.#namespace}",${dimensionSets.model.join(',')}}`
    const search = `SEARCH('${schema} MetricName="${metricName}"', '${statistic}', ${period.toSeconds()})`
    const label = `\${PROP('Dim.${dimensionSets.model.at(-1)}')}`
    return new MathExpression({ expression: `${search}${arithmetic}`, label, period })
  }

  /** Percent of requests that failed through no fault of the client, 0 while there are too few to tell. */
  faultRate(minRequests: number): MathExpression {
    const usingMetrics = { requests: this.all('requests'), faults: this.all('faults') }
    const expression = `IF(requests >= ${minRequests}, 100 * faults / requests, 0)`
    return new MathExpression({ expression, usingMetrics, label: 'percent of requests', period })
  }

  #metric(metricName: MetricName, statistic: string, label: string, dimensionsMap?: Record<string, string>): Metric {
    return new Metric({
      namespace: this.#namespace,
      metricName,
      statistic,
      label,
      period,
      ...(dimensionsMap && { dimensionsMap }),
    })
  }
}

/** One figure of several functions: the sum of what each of them has. */
export function sumOf(metrics: Readonly<Record<string, Metric>>, label: string): MathExpression {
  const expression = `SUM([${Object.keys(metrics).join(',')}])`
  return new MathExpression({ expression, usingMetrics: { ...metrics }, label, period })
}

/** For figures the platform itself counts. */
export const platformOptions = { period, statistic: Stats.SUM } as const
