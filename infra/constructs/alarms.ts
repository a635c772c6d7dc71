import { Stack } from 'aws-cdk-lib'
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IAlarmAction,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import { spilledMetric } from '../../lambda/metrics/embedded-metrics.ts'
import type { Config } from '../config-schema.ts'
import { type GatewayMetrics, platformOptions, sumOf } from './gateway-metrics.ts'
import { waive } from './waiver.ts'

export interface AlarmsProps {
  /** Begins every alarm's name. */
  stackName: string
  thresholds: Config['alarms']
  /** Who is told; undefined: the alarms only show in CloudWatch. */
  email: string | undefined
  metrics: GatewayMetrics
  /** By a word for each, lower case. */
  functions: Readonly<Record<string, IFunction>>
}

type AlarmName = 'error-rate' | 'ttft-p95' | 'spilled-records' | 'throttles' | 'function-errors'
type AlarmRule = Pick<AlarmProps, 'metric' | 'threshold' | 'evaluationPeriods' | 'datapointsToAlarm'> & {
  /** In the mail; the runbook in the README says more. */
  description: string
}

/**
 * What somebody should look at. Silence is well: a gateway without requests raises nothing. CloudWatch bills alarms by
 * the metrics they look at, of which ten are free in an account; these are ten.
 */
export class Alarms extends Construct {
  readonly alarms: readonly Alarm[]

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    const action = props.email === undefined ? undefined : this.#mailTo(props.email, props.stackName)
    this.alarms = Object.entries(rulesOf(props)).map(([name, rule]) => this.#alarm(name, rule, props.stackName, action))
  }

  #alarm(name: string, { description, ...rule }: AlarmRule, stackName: string, action?: IAlarmAction): Alarm {
    const alarm = new Alarm(this, name, {
      ...rule,
      alarmName: `${stackName}-${name}`,
      alarmDescription: `${description} What to do: Runbook in Sluice's README.`,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
    if (action) {
      alarm.addAlarmAction(action)
      alarm.addOkAction(action)
    }
    return alarm
  }

  #mailTo(email: string, stackName: string): IAlarmAction {
    const topic = new Topic(this, 'Topic', { displayName: `${stackName} alarms`, enforceSSL: true })
    // A policy of one's own replaces the one by which services of the account may publish.
    const account = Stack.of(this).account
    topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    )
    const subscription = topic.addSubscription(new EmailSubscription(email))
    waive(subscription, {
      'Serverless-SNSRedrivePolicy': 'A mail is tried for hours; a queue nobody reads helps nobody.',
    })
    return new SnsAction(topic)
  }
}

/** An alarm rises when its figure reaches the threshold in so many of its last periods of five minutes. */
function rulesOf({ thresholds, metrics, functions }: AlarmsProps): Record<AlarmName, AlarmRule> {
  const perFunction = (figure: 'metricThrottles' | 'metricErrors') =>
    Object.fromEntries(Object.entries(functions).map(([name, each]) => [name, each[figure](platformOptions)]))
  const atOnce = { evaluationPeriods: 1 }
  return {
    'error-rate': {
      description: 'Many requests fail through no fault of the client.',
      metric: metrics.faultRate(thresholds.errorRateMinRequests),
      threshold: thresholds.errorRatePercent,
      // Lines reach CloudWatch late at times, and one bad period may be one provider's hiccup.
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
    },
    'ttft-p95': {
      description: 'Clients wait long for the first token.',
      metric: metrics.all('ttftMs', 'p95'),
      threshold: thresholds.ttftP95Ms,
      // At little traffic the slowest of a few requests is the percentile: a quarter of an hour of them is a trend.
      evaluationPeriods: 3,
    },
    'spilled-records': {
      description: 'Usage records could not be stored and are in the log only.',
      metric: metrics.all(spilledMetric),
      threshold: thresholds.spilledRecords,
      ...atOnce,
    },
    throttles: {
      description: 'Clients get 429 from Lambda: too many requests at once.',
      metric: sumOf(perFunction('metricThrottles'), 'throttled requests'),
      threshold: thresholds.throttles,
      ...atOnce,
    },
    'function-errors': {
      description: 'Invocations crashed, ran out of memory or of time.',
      metric: sumOf(perFunction('metricErrors'), 'failed invocations'),
      threshold: thresholds.functionErrors,
      ...atOnce,
    },
  }
}
