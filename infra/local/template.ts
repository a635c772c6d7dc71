import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { FunctionSpec, InvokeMode } from './function-spec.ts'
import { type Resource, resolveText, type Template, targetOf } from './template-values.ts'

/** Key schema, billing and expiry of the table, in the words of CreateTable. */
export interface TableSpec {
  tableName: string
  attributes: { AttributeName: string; AttributeType: 'S' | 'N' | 'B' }[]
  keys: { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[]
  /** Attribute that holds the expiry in epoch seconds. */
  ttlAttribute: string | undefined
}

/** What a local run needs of a synthesized stack. */
export interface StackSpec {
  region: string
  /** In the order of the outputs: stream, buffer, usage. */
  functions: FunctionSpec[]
  table: TableSpec | undefined
  secretName: string | undefined
}

/** The folder is not what `cdk synth` writes, or holds something a local run cannot resolve. */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'TemplateError'
  }
}

interface Manifest {
  artifacts?: Record<string, { type?: string; properties?: { templateFile?: string; file?: string } }>
}

interface AssetManifest {
  files?: Record<string, { source?: { path?: string } }>
}

const TABLE_TYPES = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable']

/**
 * Reads the stack with function URLs out of a cloud assembly.
 * @param cdkOut folder that `cdk synth` wrote
 * @throws {TemplateError}
 */
export function readStack(cdkOut: string, region: string): StackSpec {
  const manifest: Manifest = readJson(join(cdkOut, 'manifest.json'))
  const templates = artifactFiles(manifest, 'aws:cloudformation:stack', 'templateFile')
    .map((file): Template => readJson(join(cdkOut, file)))
    .filter((template) => resourcesOf(template, ['AWS::Lambda::Url']).length > 0)
  const [template, ...others] = templates
  if (!template) throw new TemplateError(`${cdkOut} holds no stack with a function URL`)
  if (others.length > 0)
    throw new TemplateError(`${cdkOut} holds ${templates.length} stacks with function URLs, not one`)
  const assets = artifactFiles(manifest, 'cdk:asset-manifest', 'file').map((file) => join(cdkOut, file))
  const secretId = resourcesOf(template, ['AWS::SecretsManager::Secret'])[0]?.[0]
  return {
    region,
    functions: readFunctions(template, assets, region),
    table: readTable(template, region),
    secretName: secretId && resolveText({ Ref: secretId }, template, region),
  }
}

function readFunctions(template: Template, assets: string[], region: string): FunctionSpec[] {
  const specs: FunctionSpec[] = []
  for (const [output, { Value }] of Object.entries(template.Outputs ?? {})) {
    const name = /^(\w+)Url$/.exec(output)?.[1]?.toLowerCase()
    const url = name && template.Resources[targetOf(Value) ?? '']
    if (!name || !url || url.Type !== 'AWS::Lambda::Url') continue
    const target = targetOf(url.Properties?.TargetFunctionArn)
    const resource = template.Resources[target ?? '']
    if (!target || !resource) throw new TemplateError(`${output}: its function is not in the template`)
    specs.push(readFunction(name, target, resource, url, template, assets, region))
  }
  if (specs.length === 0) throw new TemplateError('no output named …Url points to a function URL')
  return specs
}

function readFunction(
  name: string,
  logicalId: string,
  resource: Resource,
  url: Resource,
  template: Template,
  assets: string[],
  region: string,
): FunctionSpec {
  const properties = resource.Properties ?? {}
  const variables = (properties.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {}
  const env: Record<string, string> = {}
  for (const [variable, value] of Object.entries(variables)) {
    const text = resolveText(value, template, region)
    if (text === undefined) {
      throw new TemplateError(`${logicalId}: cannot resolve ${variable} locally: ${JSON.stringify(value)}`)
    }
    env[variable] = text
  }
  return {
    name,
    env,
    codeDir: assetFolder((properties.Code as { S3Key?: unknown } | undefined)?.S3Key, assets, logicalId),
    handler: String(properties.Handler),
    memoryMb: Number(properties.MemorySize ?? 128),
    timeoutMs: Number(properties.Timeout ?? 3) * 1000,
    invokeMode: (url.Properties?.InvokeMode as InvokeMode | undefined) ?? 'BUFFERED',
    runtime: String(properties.Runtime),
  }
}

/** `<hash>.zip` in the template is the folder the asset manifest names for `<hash>`. */
function assetFolder(key: unknown, assets: string[], logicalId: string): string {
  const hash = typeof key === 'string' ? key.replace(/\.zip$/, '') : ''
  for (const file of assets) {
    const manifest: AssetManifest = readJson(file)
    const path = manifest.files?.[hash]?.source?.path
    if (path) return resolve(dirname(file), path)
  }
  throw new TemplateError(`${logicalId}: its code ${JSON.stringify(key)} is not among the assets`)
}

function readTable(template: Template, region: string): TableSpec | undefined {
  const [first] = resourcesOf(template, TABLE_TYPES)
  if (!first) return undefined
  const [id, resource] = first
  const properties = resource.Properties ?? {}
  const ttl = properties.TimeToLiveSpecification as { AttributeName?: unknown } | undefined
  return {
    tableName: resolveText({ Ref: id }, template, region) ?? id,
    attributes: properties.AttributeDefinitions as TableSpec['attributes'],
    keys: properties.KeySchema as TableSpec['keys'],
    ttlAttribute: resolveText(ttl?.AttributeName, template, region),
  }
}

function resourcesOf(template: Template, types: string[]): [string, Resource][] {
  return Object.entries(template.Resources).filter(([, resource]) => types.includes(resource.Type))
}

function artifactFiles(manifest: Manifest, type: string, property: 'templateFile' | 'file'): string[] {
  return Object.values(manifest.artifacts ?? {}).flatMap((artifact) => {
    const file = artifact.type === type ? artifact.properties?.[property] : undefined
    return file ? [file] : []
  })
}

/** @throws {TemplateError} when the file is missing or no JSON */
function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (error) {
    throw new TemplateError(`cannot read ${file}: ${(error as Error).message}`)
  }
}
