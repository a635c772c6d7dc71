import { Duration } from 'aws-cdk-lib'
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { spilledMetric } from '../../lambda/metrics/embedded-metrics.ts'
import type { RecordStatus } from '../../lambda/metrics/record.ts'
import { type GatewayMetrics, platformOptions } from './gateway-metrics.ts'

export interface GatewayDashboardProps {
  /** Of the page: dashboards of all regions are in one list. */
  name: string
  metrics: GatewayMetrics
  alarms: readonly Alarm[]
  functions: Readonly<Record<string, IFunction>>
  table: ITable
}

/** In the order in which they are stacked. */
const statuses = {
  success: '#2ca02c',
  rejected: '#c7c7c7',
  client_closed: '#9edae5',
  timeout: '#ff7f0e',
  truncated: '#e377c2',
  error: '#d62728',
} as const satisfies Record<RecordStatus, string>

/** One page: is it well, what is asked of it, what does it cost, how fast is it, what does the platform say. */
export function createDashboard(scope: Construct, id: string, props: GatewayDashboardProps): Dashboard {
  const { metrics, alarms } = props
  return new Dashboard(scope, id, {
    dashboardName: props.name,
    defaultInterval: Duration.days(1),
    widgets: [
      [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 3 })],
      requestWidgets(metrics),
      costWidgets(metrics),
      timeWidgets(metrics),
      platformWidgets(props),
    ],
  })
}

function requestWidgets(metrics: GatewayMetrics): IWidget[] {
  const byStatus = Object.entries(statuses).map(([status, color]) =>
    metrics.requestsWith(status as RecordStatus).with({ color }),
  )
  return [
    graph('Requests by status', byStatus, { stacked: true }),
    graph('Errors, and those nobody but provider or operator can mend', [metrics.all('errors'), metrics.all('faults')]),
    graph('Requests by model', [metrics.byModel('requests')], { stacked: true }),
  ]
}

function costWidgets(metrics: GatewayMetrics): IWidget[] {
  const tokens = [
    metrics.all('inputTokens', Stats.SUM, 'input'),
    metrics.all('cacheReadTokens', Stats.SUM, 'cache read'),
    metrics.all('cacheWriteTokens', Stats.SUM, 'cache write'),
    metrics.all('cacheWrite1hTokens', Stats.SUM, 'cache write, 1 h'),
    metrics.all('outputTokens', Stats.SUM, 'output'),
  ]
  return [
    graph('Tokens', tokens, { stacked: true }),
    graph('Output tokens by model', [metrics.byModel('outputTokens')], { stacked: true }),
    graph('Cost by model, US dollars', [metrics.byModel('costUsdMicros', Stats.SUM, ' / 1000000')], { stacked: true }),
  ]
}

function timeWidgets(metrics: GatewayMetrics): IWidget[] {
  const percentiles = (name: 'ttftMs' | 'durationMs') => [
    metrics.all(name, 'p50', 'p50'),
    metrics.all(name, 'p95', 'p95'),
  ]
  return [
    graph('Time to first token, ms', percentiles('ttftMs')),
    graph('Time to first token by model, p95, ms', [metrics.byModel('ttftMs', 'p95')]),
    graph('Duration, ms', percentiles('durationMs')),
  ]
}

function platformWidgets({ metrics, functions, table }: GatewayDashboardProps): IWidget[] {
  const each = (figure: (one: IFunction, label: string) => IMetric) =>
    Object.entries(functions).map(([name, one]) => figure(one, name))
  const throttles = each((one, name) => one.metricThrottles({ ...platformOptions, label: `${name} throttled` }))
  const failures = each((one, name) => one.metricErrors({ ...platformOptions, label: `${name} failed` }))
  const concurrency = each((one, name) =>
    one.metric('ConcurrentExecutions', { ...platformOptions, statistic: Stats.MAXIMUM, label: name }),
  )
  const tableThrottles = [
    table.metric('WriteThrottleEvents', { ...platformOptions, label: 'writes throttled' }),
    table.metric('ReadThrottleEvents', { ...platformOptions, label: 'reads throttled' }),
    metrics.all(spilledMetric, Stats.SUM, 'records spilled to the log'),
  ]
  return [
    graph('Functions: throttled and failed', [...throttles, ...failures]),
    graph('Functions: requests at once', concurrency),
    graph('Table', tableThrottles),
  ]
}

function graph(title: string, left: IMetric[], options: { stacked?: boolean } = {}): GraphWidget {
  return new GraphWidget({ title, left, leftYAxis: { min: 0, showUnits: false }, width: 8, height: 6, ...options })
}
