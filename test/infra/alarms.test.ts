import { readFileSync } from 'node:fs'
import { Match, type Template } from 'aws-cdk-lib/assertions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { config } from '../../infra/config.ts'
import { createLogger } from '../../lambda/log.ts'
import type { UsageRecord } from '../../lambda/metrics/record.ts'
import { statuses } from '../../lambda/usage/totals.ts'
import { embeddedMetrics } from '../metrics/embedded-format.ts'
import { sampleRecord } from '../metrics/sample-record.ts'
import { type Synthesis, synthesize } from './synth.ts'

let synthesis: Synthesis
let template: Template

beforeAll(async () => {
  synthesis = await synthesize()
  template = synthesis.template
})
afterAll(() => synthesis.remove())

/** Name, and the names of its dimensions in order: what a reader of the gateway's metrics has to get right. */
const keyOf = (namespace: string, name: string, dimensions: readonly string[]) =>
  [namespace, name, ...dimensions.toSorted()].join(' ')

/** Every metric that the functions' lines have, whatever the values of its dimensions. */
function writtenMetrics(): Set<string> {
  const lines: string[] = []
  const logger = createLogger((line) => void lines.push(line), Date.now, config.stackName)
  const records: UsageRecord[] = statuses.map((status) => ({ ...sampleRecord, status, costUsdMicros: 1 }))
  for (const record of records) logger.request({ ...record, cacheWrite1hTokens: 1 })
  logger.spill(sampleRecord, 'why')
  const metrics = lines.flatMap(embeddedMetrics)
  return new Set(metrics.map(({ namespace, name, dimensions }) => keyOf(namespace, name, Object.keys(dimensions))))
}

interface MetricProperties {
  Namespace: string
  MetricName: string
  Dimensions?: { Name: string; Value: unknown }[]
}

interface AlarmProperties extends Partial<MetricProperties> {
  AlarmName: string
  Metrics?: { MetricStat?: { Metric: MetricProperties; Period: number }; Expression?: string; ReturnData: boolean }[]
  Threshold: number
  Period?: number
  EvaluationPeriods: number
  DatapointsToAlarm?: number
  AlarmActions?: unknown[]
}

function alarms(from: Template = template): AlarmProperties[] {
  return Object.values(from.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties)
}

/** What an alarm looks at. */
function metricsOf({ Metrics, Namespace, MetricName, Dimensions }: AlarmProperties): MetricProperties[] {
  if (Metrics) return Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? [])
  if (Namespace === undefined || MetricName === undefined) throw new Error('an alarm without a metric')
  return [{ Namespace, MetricName, ...(Dimensions && { Dimensions }) }]
}

const expected = [
  { name: 'Sluice-error-rate', threshold: 5, of: [2, 3], expression: 'IF(requests >= 20, 100 * faults / requests, 0)' },
  { name: 'Sluice-ttft-p95', threshold: 30_000, of: [undefined, 3] },
  { name: 'Sluice-spilled-records', threshold: 1, of: [undefined, 1] },
  { name: 'Sluice-throttles', threshold: 1, of: [undefined, 1], expression: 'SUM([stream,buffer,usage])' },
  { name: 'Sluice-function-errors', threshold: 1, of: [undefined, 1], expression: 'SUM([stream,buffer,usage])' },
]

describe('the alarms', () => {
  test('are these, at the thresholds of the settings', () => {
    const found = alarms().map((alarm) => ({
      name: alarm.AlarmName,
      threshold: alarm.Threshold,
      of: [alarm.DatapointsToAlarm, alarm.EvaluationPeriods],
      ...(alarm.Metrics && { expression: alarm.Metrics.find(({ ReturnData }) => ReturnData)?.Expression }),
    }))
    expect(found.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
      expected.toSorted((a, b) => a.name.localeCompare(b.name)),
    )
  })

  test('of the gateway look at metrics that its lines have, those of the platform at its functions', () => {
    const written = writtenMetrics()
    const handlers = Object.keys(template.findResources('AWS::Lambda::Function'))
    for (const { Namespace, MetricName, Dimensions = [] } of alarms().flatMap(metricsOf)) {
      const names = Dimensions.map(({ Name }) => Name)
      if (Namespace === config.stackName) expect(written).toContain(keyOf(Namespace, MetricName, names))
      else {
        expect([Namespace, names]).toEqual(['AWS/Lambda', ['FunctionName']])
        expect(['Throttles', 'Errors']).toContain(MetricName)
        expect(handlers.map((Ref) => ({ Ref }))).toContainEqual(Dimensions[0]?.Value)
      }
    }
    expect(alarms().flatMap(metricsOf)).toContainEqual({ Namespace: 'Sluice', MetricName: 'spilledRecords' })
  })

  test('look at ten metrics, which is what CloudWatch gives for nothing', () => {
    expect(alarms().flatMap(metricsOf)).toHaveLength(10)
  })

  test('are quiet while nobody asks anything, and tell nobody unless an address is set', () => {
    template.allResourcesProperties('AWS::CloudWatch::Alarm', { TreatMissingData: 'notBreaching' })
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: Match.absent(),
      OKActions: Match.absent(),
    })
    template.resourceCountIs('AWS::SNS::Topic', 0)
  })

  test('follow the settings, and write to the address that is set when they rise and when they are over', async () => {
    const changed = await synthesize({
      stackName: 'Second',
      alarms: { ...config.alarms, errorRatePercent: 12.5, errorRateMinRequests: 7, ttftP95Ms: 4_000 },
      alarmEmail: 'operations@example.com',
    })
    await changed.remove()
    const byName = new Map(alarms(changed.template).map((alarm) => [alarm.AlarmName, alarm]))
    expect(byName.get('Second-error-rate')).toMatchObject({ Threshold: 12.5 })
    expect(JSON.stringify(byName.get('Second-error-rate'))).toContain('requests >= 7')
    expect(byName.get('Second-ttft-p95')).toMatchObject({ Threshold: 4_000 })
    const namespaces = new Set(
      alarms(changed.template)
        .flatMap(metricsOf)
        .map(({ Namespace }) => Namespace),
    )
    expect(namespaces).toEqual(new Set(['Second', 'AWS/Lambda']))
    const [topic, ...others] = Object.keys(changed.template.findResources('AWS::SNS::Topic'))
    expect(others).toEqual([])
    changed.template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [{ Ref: topic }],
      OKActions: [{ Ref: topic }],
    })
    changed.template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'operations@example.com',
      TopicArn: { Ref: topic },
    })
    // Without the permission the alarms of the account could not reach the topic, whose policy is its own.
    changed.template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    })
  })
})

interface Widget {
  properties: { title?: string; metrics?: unknown[][] }
}

/** The page, with each value that only the deployment knows as `?`. */
function widgets(): Widget[] {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'))
  const parts: unknown[] = dashboard?.Properties.DashboardBody['Fn::Join'][1]
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : '?')).join('')).widgets
}

/** The metrics of a line of a graph: as it names them, or as it searches for them. */
function metricsOfLine(line: unknown[]): string[] {
  const texts = line.filter((part) => typeof part === 'string')
  const [namespace, name, ...dimensions] = texts
  if (namespace && name)
    return [
      keyOf(
        namespace,
        name,
        dimensions.filter((_, at) => at % 2 === 0),
      ),
    ]
  const { expression = '' } = line[0] as { expression?: string }
  const [, space = '', names = '', metric = ''] =
    /SEARCH\('\{"(\w+)",([\w,]+)\} MetricName="(\w+)"'/.exec(expression) ?? []
  return [keyOf(space, metric, names.split(','))]
}

describe('the dashboard', () => {
  test('shows requests, errors, tokens, cost, times, throttles and the table on one page', () => {
    expect(widgets().map(({ properties }) => properties.title)).toEqual([
      'Alarms',
      'Requests by status',
      'Errors, and those nobody but provider or operator can mend',
      'Requests by model',
      'Tokens',
      'Output tokens by model',
      'Cost by model, US dollars',
      'Time to first token, ms',
      'Time to first token by model, p95, ms',
      'Duration, ms',
      'Functions: throttled and failed',
      'Functions: requests at once',
      'Table',
    ])
  })

  test('of the gateway shows metrics that its lines have, and all of them but the provider’s own', () => {
    const written = writtenMetrics()
    const shown = widgets().flatMap(({ properties }) => (properties.metrics ?? []).flatMap(metricsOfLine))
    const platform = shown.filter((metric) => metric.startsWith('AWS/'))
    expect(new Set(platform)).toEqual(
      new Set([
        'AWS/Lambda Throttles FunctionName',
        'AWS/Lambda Errors FunctionName',
        'AWS/Lambda ConcurrentExecutions FunctionName',
        'AWS/DynamoDB WriteThrottleEvents TableName',
        'AWS/DynamoDB ReadThrottleEvents TableName',
      ]),
    )
    const own = shown.filter((metric) => !platform.includes(metric))
    for (const metric of own) expect(written).toContain(metric)
    const names = (metrics: Iterable<string>) => new Set([...metrics].map((metric) => metric.split(' ')[1]))
    expect(names(own)).toEqual(names(written))
  })

  test('its statuses are those that requests end with', () => {
    const line = JSON.stringify(widgets().find(({ properties }) => properties.title === 'Requests by status'))
    for (const status of statuses) expect(line).toContain(`"status","${status}"`)
  })
})

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('the runbook says what each alarm means', () => {
  for (const { name } of expected) expect(readme).toContain(`\`${name.replace('Sluice', '<stack>')}\``)
})
