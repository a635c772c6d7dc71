import { CfnOutput, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { InvokeMode } from 'aws-cdk-lib/aws-lambda'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import type { Bundle, EntryName } from './bundle.ts'
import type { Config, LimitName } from './config-schema.ts'
import { Alarms } from './constructs/alarms.ts'
import { createDashboard } from './constructs/dashboard.ts'
import { GatewayMetrics } from './constructs/gateway-metrics.ts'
import { UrlFunction } from './constructs/url-function.ts'
import { waive } from './constructs/waiver.ts'

/**
 * What the secret holds at first: no keys, so that every request is rejected until one is made.
 * CloudFormation writes it again whenever this text changes, over the keys of everyone who has deployed: never change it.
 */
export const initialSecret = '{"SLUICE_KEYS":[]}'

/** The variables the functions read the limits from (`lambda/config.ts`; the same names override them locally). */
const limitVariables = {
  connectMs: 'SLUICE_CONNECT_MS',
  headersMs: 'SLUICE_HEADERS_MS',
  firstContentMs: 'SLUICE_FIRST_CONTENT_MS',
  idleMs: 'SLUICE_IDLE_MS',
  graceMs: 'SLUICE_GRACE_MS',
  keepAliveMs: 'SLUICE_KEEP_ALIVE_MS',
  reserveMs: 'SLUICE_RESERVE_MS',
  drainMs: 'SLUICE_DRAIN_MS',
} as const satisfies Record<LimitName, string>

export interface SluiceStackProps {
  config: Config
  bundles: Record<EntryName, Bundle>
}

/** The whole gateway: one table, one secret, one function a URL. No account or region is fixed. */
export class SluiceStack extends Stack {
  constructor(scope: Construct, id: string, { config, bundles }: SluiceStackProps) {
    super(scope, id, {
      stackName: config.stackName,
      description: 'Sluice: an LLM gateway with OpenAI and Anthropic formats, streamed, converted and metered',
    })
    const table = createTable(this, config)
    const secret = createSecret(this)
    const shared = {
      logRetentionDays: config.logRetentionDays,
      environment: functionEnvironment(config, table, secret),
    }
    const stream = new UrlFunction(this, 'Stream', {
      ...shared,
      bundle: bundles.stream,
      description: 'Every endpoint; streams when the client asks for it',
      size: config.functions.stream,
      invokeMode: InvokeMode.RESPONSE_STREAM,
    })
    const buffer = new UrlFunction(this, 'Buffer', {
      ...shared,
      bundle: bundles.buffer,
      description: 'Every endpoint for clients that cannot stream; answers one JSON object',
      size: config.functions.buffer,
      invokeMode: InvokeMode.BUFFERED,
    })
    const usage = new UrlFunction(this, 'Usage', {
      logRetentionDays: config.logRetentionDays,
      environment: storeEnvironment(config, table, secret),
      bundle: bundles.usage,
      description: 'Usage page and usage API; reads and changes nothing',
      size: config.functions.usage,
      invokeMode: InvokeMode.BUFFERED,
    })
    // Not grantReadData(): that one adds Scan, streams and DescribeTable.
    table.grant(usage.role, 'dynamodb:GetItem', 'dynamodb:Query')
    for (const { role } of [stream, buffer]) {
      // A transaction needs the permission of each of its parts and none of its own: the record is put, sums are updated.
      table.grant(role, 'dynamodb:PutItem', 'dynamodb:UpdateItem')
    }
    for (const { role } of [stream, buffer, usage]) {
      // Not grantRead(): that one adds DescribeSecret.
      role.addToPolicy(
        new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secret.secretArn] }),
      )
    }

    this.#watch(config, table, { stream, buffer, usage })

    this.#output('StreamUrl', stream.url, 'Base URL for clients: OpenAI SDKs with /v1, Anthropic SDKs as it is')
    this.#output('BufferUrl', buffer.url, 'The same for clients that cannot stream')
    this.#output('UsageUrl', usage.url, 'Usage page and usage API; takes keys with the scope usage:read')
    this.#output('TableName', table.tableName, 'Usage records and aggregates')
    this.#output('SecretName', secret.secretName, 'Provider keys and gateway keys, as JSON')
  }

  /** Alarms and a page of figures, which only look on. */
  #watch(config: Config, table: Table, urlFunctions: Record<EntryName, UrlFunction>): void {
    const { stackName } = config
    const metrics = new GatewayMetrics(stackName)
    const functions = Object.fromEntries(Object.entries(urlFunctions).map(([name, { handler }]) => [name, handler]))
    const { alarms } = new Alarms(this, 'Alarms', {
      stackName,
      thresholds: config.alarms,
      email: config.alarmEmail,
      metrics,
      functions,
    })
    createDashboard(this, 'Dashboard', { name: `${stackName}-${this.region}`, metrics, alarms, functions, table })
  }

  #output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description })
  }
}

/** Records, aggregates and keys; what the items are stands in `lambda/metrics/`. Deleting the stack leaves it alone. */
function createTable(scope: Construct, config: Config): Table {
  return new Table(scope, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: 'expiresAt',
    deletionProtection: config.table.deletionProtection,
    removalPolicy: RemovalPolicy.RETAIN,
  })
}

/** One secret for all keys, since each costs money by the month and a call to read. Kept, as keys cannot be made again. */
function createSecret(scope: Construct): Secret {
  const secret = new Secret(scope, 'Secret', {
    description: 'Sluice: provider keys and the hashes of gateway keys',
    // Nothing secret is in it yet, so the template may show it.
    secretStringValue: SecretValue.unsafePlainText(initialSecret),
    removalPolicy: RemovalPolicy.RETAIN,
  })
  waive(secret, {
    'AwsSolutions-SMG4': 'Providers issue their keys by hand; no rotation function could make a new one.',
  })
  return secret
}

/** What every function knows: where records and keys are, and how sums are spread. */
function storeEnvironment(config: Config, table: Table, secret: Secret): Record<string, string> {
  return {
    SLUICE_TABLE: table.tableName,
    SLUICE_SECRET_ID: secret.secretArn,
    SLUICE_RECORD_DAYS: String(config.recordDays),
    SLUICE_USAGE_SHARDS: JSON.stringify(config.usageShards),
  }
}

function functionEnvironment(config: Config, table: Table, secret: Secret): Record<string, string> {
  const limits = Object.entries(limitVariables).map(([name, variable]) => [
    variable,
    String(config.limits[name as LimitName]),
  ])
  return {
    ...storeEnvironment(config, table, secret),
    SLUICE_NAMESPACE: config.stackName,
    SLUICE_ON_DISCONNECT: config.onDisconnect,
    SLUICE_TRIES_PER_TARGET: String(config.retry.triesPerTarget),
    SLUICE_BACKOFF_MS: String(config.retry.backoffMs),
    SLUICE_MAX_BACKOFF_MS: String(config.retry.maxBackoffMs),
    ...(Object.keys(config.routes).length > 0 && { SLUICE_ROUTES: JSON.stringify(config.routes) }),
    ...(config.compress && { SLUICE_COMPRESS: 'true' }),
    ...(config.debug.length > 0 && { SLUICE_DEBUG: config.debug.join(',') }),
    ...(config.reasoningText && { SLUICE_REASONING_TEXT: 'true' }),
    ...(Object.keys(config.prices).length > 0 && { SLUICE_PRICES: JSON.stringify(config.prices) }),
    ...Object.fromEntries(limits),
  }
}
