import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { handlersDir } from './support.ts'

export interface Folder {
  path: string
  remove(): void
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'local-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

type Json = Record<string, unknown>

const variables = {
  SLUICE_TABLE: { Ref: 'Table123' },
  SLUICE_SECRET_ID: { Ref: 'Secret123' },
  SLUICE_TABLE_ARN: { 'Fn::GetAtt': ['Table123', 'Arn'] },
  JOINED: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':', { Ref: 'AWS::Region' }]] },
  SLUICE_IDLE_MS: '120000',
}

function urlFunction(id: string, handler: string, invokeMode: string, environment: Json): Json {
  return {
    [`${id}Function`]: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Bucket: { 'Fn::Sub': 'assets' }, S3Key: 'abc123.zip' },
        Handler: handler,
        MemorySize: 256,
        Timeout: 20,
        Runtime: 'nodejs24.x',
        Environment: { Variables: environment },
      },
    },
    [`${id}FunctionUrl`]: {
      Type: 'AWS::Lambda::Url',
      Properties: {
        AuthType: 'NONE',
        InvokeMode: invokeMode,
        TargetFunctionArn: { 'Fn::GetAtt': [`${id}Function`, 'Arn'] },
      },
    },
  }
}

/** A template as CDK writes it, around the fixture handlers; small enough to be read whole. */
export function fixtureTemplate(environment: Json = variables): { Resources: Json; Outputs: Json } {
  return {
    Resources: {
      ...urlFunction('Stream', 'stream.handler', 'RESPONSE_STREAM', environment),
      ...urlFunction('Buffer', 'buffer.handler', 'BUFFERED', environment),
      Table123: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'sk', AttributeType: 'S' },
          ],
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          BillingMode: 'PAY_PER_REQUEST',
          TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        },
      },
      Secret123: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: '{}' } },
    },
    Outputs: {
      StreamUrl: { Value: { 'Fn::GetAtt': ['StreamFunctionUrl', 'FunctionUrl'] } },
      BufferUrl: { Value: { 'Fn::GetAtt': ['BufferFunctionUrl', 'FunctionUrl'] } },
      TableName: { Value: { Ref: 'Table123' } },
      SecretName: { Value: 'whatever' },
    },
  }
}

/** Writes a cloud assembly with one stack into `folder`. */
export function writeAssembly(folder: string, template: unknown = fixtureTemplate()): void {
  mkdirSync(folder, { recursive: true })
  const write = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value))
  write('manifest.json', {
    artifacts: {
      'Test.assets': { type: 'cdk:asset-manifest', properties: { file: 'Test.assets.json' } },
      Test: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Test.template.json' } },
      Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
    },
  })
  write('Test.assets.json', { files: { abc123: { source: { path: handlersDir, packaging: 'zip' } } } })
  write('Test.template.json', template)
}
