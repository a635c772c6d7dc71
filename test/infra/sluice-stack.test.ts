import { Match, type Template } from 'aws-cdk-lib/assertions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { config } from '../../infra/config.ts'
import { type Synthesis, synthesize } from './synth.ts'

let synthesis: Synthesis
let template: Template

beforeAll(async () => {
  synthesis = await synthesize()
  template = synthesis.template
})

afterAll(() => synthesis.remove())

const limits = {
  SLUICE_NAMESPACE: 'Sluice',
  SLUICE_CONNECT_MS: '5000',
  SLUICE_HEADERS_MS: '120000',
  SLUICE_FIRST_CONTENT_MS: '600000',
  SLUICE_IDLE_MS: '120000',
  SLUICE_GRACE_MS: '2000',
  SLUICE_KEEP_ALIVE_MS: '10000',
  SLUICE_RESERVE_MS: '5000',
  SLUICE_DRAIN_MS: '30000',
  SLUICE_ON_DISCONNECT: 'abort',
  SLUICE_TRIES_PER_TARGET: '2',
  SLUICE_BACKOFF_MS: '250',
  SLUICE_MAX_BACKOFF_MS: '5000',
}
const gateway = { memory: 512, seconds: 900, variables: limits, access: ['dynamodb:PutItem', 'dynamodb:UpdateItem'] }
const reader = { memory: 1024, seconds: 60, variables: {}, access: ['dynamodb:GetItem', 'dynamodb:Query'] }

const functions = [
  { ...gateway, name: 'stream', invokeMode: 'RESPONSE_STREAM', output: 'StreamUrl' },
  { ...gateway, name: 'buffer', invokeMode: 'BUFFERED', output: 'BufferUrl' },
  { ...reader, name: 'usage', invokeMode: 'BUFFERED', output: 'UsageUrl' },
]

interface Resource {
  Properties: Record<string, unknown>
}

/** The one resource of a type with such properties: its logical id and properties. */
function findOne(
  type: string,
  properties: Record<string, unknown>,
): { id: string; properties: Record<string, unknown> } {
  const found = Object.entries(template.findResources(type, { Properties: properties })) as [string, Resource][]
  const [first, ...others] = found
  if (first === undefined || others.length > 0) throw new Error(`${found.length} of ${type}`)
  return { id: first[0], properties: first[1].Properties }
}

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] })
const table = () => findOne('AWS::DynamoDB::Table', {})
const secret = () => findOne('AWS::SecretsManager::Secret', {})

describe.each(functions)('the $name function', ({ name, invokeMode, output, memory, seconds, variables, access }) => {
  const lambda = () => findOne('AWS::Lambda::Function', { Handler: `${name}.handler` })
  const logGroup = () => (lambda().properties.LoggingConfig as { LogGroup: { Ref: string } }).LogGroup.Ref
  const urlId = () => findOne('AWS::Lambda::Url', { TargetFunctionArn: arnOf(lambda().id) }).id

  test(`runs on arm64 with Node 24, ${memory} MB and ${seconds} seconds`, () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: `${name}.handler`,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: memory,
      Timeout: seconds,
      ReservedConcurrentExecutions: Match.absent(),
    })
  })

  test('finds in its environment what it needs, and nothing else', () => {
    expect(lambda().properties.Environment).toEqual({
      Variables: {
        SLUICE_TABLE: { Ref: table().id },
        SLUICE_SECRET_ID: { Ref: secret().id },
        SLUICE_RECORD_DAYS: '90',
        SLUICE_USAGE_SHARDS: '{"anonymous":8}',
        ...variables,
      },
    })
  })

  test(`has a URL in mode ${invokeMode} without IAM and without CORS, given as ${output}`, () => {
    template.hasResourceProperties('AWS::Lambda::Url', {
      TargetFunctionArn: arnOf(lambda().id),
      AuthType: 'NONE',
      InvokeMode: invokeMode,
      Cors: Match.absent(),
    })
    template.hasOutput(output, { Value: { 'Fn::GetAtt': [urlId(), 'FunctionUrl'] } })
  })

  test('may be invoked by anyone, through its URL only', () => {
    const permissions = template.findResources('AWS::Lambda::Permission', {
      Properties: { FunctionName: arnOf(lambda().id) },
    })
    const properties = Object.values(permissions).map((permission) => permission.Properties)
    expect(properties).toHaveLength(2)
    expect(properties).toContainEqual(
      expect.objectContaining({ Action: 'lambda:InvokeFunctionUrl', Principal: '*', FunctionUrlAuthType: 'NONE' }),
    )
    expect(properties).toContainEqual(
      expect.objectContaining({ Action: 'lambda:InvokeFunction', Principal: '*', InvokedViaFunctionUrl: true }),
    )
  })

  test('logs its own lines as they are into its own log group, kept 90 days', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: `${name}.handler`,
      LoggingConfig: { LogFormat: 'Text', LogGroup: { Ref: logGroup() } },
    })
    expect(template.findResources('AWS::Logs::LogGroup')[logGroup()]).toMatchObject({
      Properties: { RetentionInDays: 90 },
      DeletionPolicy: 'Delete',
    })
  })

  test(`may write its log, ${access.join(' and ')} on the table and read the secret, and nothing else`, () => {
    const [roleId] = (lambda().properties.Role as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt']
    const role = template.findResources('AWS::IAM::Role')[roleId]
    expect(role?.Properties.ManagedPolicyArns).toBeUndefined()
    expect(role?.Properties.Policies).toBeUndefined()
    const policy = findOne('AWS::IAM::Policy', { Roles: [{ Ref: roleId }] })
    expect((policy.properties.PolicyDocument as { Statement: unknown }).Statement).toEqual([
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: arnOf(logGroup()) },
      {
        Effect: 'Allow',
        Action: access,
        Resource: arnOf(table().id),
      },
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: { Ref: secret().id } },
    ])
  })
})

test('each function has a role and a log group of its own, and no policy allows a wildcard', () => {
  for (const type of ['AWS::Lambda::Function', 'AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::Logs::LogGroup']) {
    template.resourceCountIs(type, functions.length)
  }
  const policies = JSON.stringify(template.findResources('AWS::IAM::Policy'))
  expect(policies).toContain('secretsmanager:GetSecretValue')
  expect(policies).not.toContain('*')
})

test('the table has pk and sk, bills by request, restores to any second, expires items and outlives the stack', () => {
  template.hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      DeletionProtectionEnabled: true,
    },
  })
  template.hasOutput('TableName', { Value: { Ref: table().id } })
})

test('the secret starts without keys, with a text that no deployment may ever change, and outlives the stack', () => {
  template.resourceCountIs('AWS::SecretsManager::Secret', 1)
  template.hasResource('AWS::SecretsManager::Secret', {
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: { SecretString: '{"SLUICE_KEYS":[]}', GenerateSecretString: Match.absent() },
  })
  const output = template.findOutputs('SecretName').SecretName
  expect(JSON.stringify(output?.Value)).toContain(JSON.stringify({ Ref: secret().id }))
})

test('the stack is called Sluice, fixes no account or region and gives exactly the five outputs', () => {
  const assembly = synthesis.app.synth()
  expect(assembly.stacks.map((stack) => stack.stackName)).toEqual(['Sluice'])
  expect(assembly.stacks.map((stack) => stack.environment.name)).toEqual(['aws://unknown-account/unknown-region'])
  expect(Object.keys(template.findOutputs('*')).sort()).toEqual([
    'BufferUrl',
    'SecretName',
    'StreamUrl',
    'TableName',
    'UsageUrl',
  ])
})

test('sizes, limits, names and retentions follow the settings', async () => {
  const changed = await synthesize({
    stackName: 'Second',
    functions: {
      stream: { memoryMb: 1024, timeoutSeconds: 600, reservedConcurrency: 20 },
      buffer: config.functions.buffer,
      usage: config.functions.usage,
    },
    limits: { ...config.limits, idleMs: 30_000 },
    onDisconnect: 'drain',
    retry: { triesPerTarget: 3, backoffMs: 100, maxBackoffMs: 1000 },
    routes: { fast: ['a/x', 'b/y'] },
    compress: true,
    debug: ['frames', 'timing'],
    reasoningText: true,
    recordDays: 30,
    prices: { 'p/m': { input_mtok: 3 } },
    usageShards: { k1: 2 },
    logRetentionDays: 7,
    table: { deletionProtection: false },
  })
  await changed.remove()
  expect(changed.stack.stackName).toBe('Second')
  changed.template.hasResourceProperties('AWS::Lambda::Function', {
    Handler: 'stream.handler',
    MemorySize: 1024,
    Timeout: 600,
    ReservedConcurrentExecutions: 20,
    Environment: {
      Variables: Match.objectLike({
        SLUICE_NAMESPACE: 'Second',
        SLUICE_IDLE_MS: '30000',
        SLUICE_ON_DISCONNECT: 'drain',
        SLUICE_TRIES_PER_TARGET: '3',
        SLUICE_ROUTES: '{"fast":["a/x","b/y"]}',
        SLUICE_RECORD_DAYS: '30',
        SLUICE_COMPRESS: 'true',
        SLUICE_DEBUG: 'frames,timing',
        SLUICE_REASONING_TEXT: 'true',
        SLUICE_PRICES: '{"p/m":{"input_mtok":3}}',
        SLUICE_USAGE_SHARDS: '{"k1":2}',
      }),
    },
  })
  changed.template.hasResourceProperties('AWS::Lambda::Function', { Handler: 'buffer.handler', MemorySize: 512 })
  changed.template.hasResourceProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: false })
  changed.template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 })
})
