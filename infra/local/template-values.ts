import { LOCAL_ACCOUNT } from './function-variables.ts'

export interface Resource {
  Type: string
  Properties?: Record<string, unknown>
}

/** The part of a CloudFormation template that a local run reads. */
export interface Template {
  Resources: Record<string, Resource>
  Outputs?: Record<string, { Value?: unknown }>
  Parameters?: Record<string, { Default?: unknown }>
}

/** What `Ref` gives for the resources whose names a function may need. */
const NAME_PROPERTIES: Record<string, string> = {
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::SecretsManager::Secret': 'Name',
}

/** The logical id a `Ref` or `Fn::GetAtt` points to. */
export function targetOf(value: unknown): string | undefined {
  const call = asCall(value)
  if (call?.name === 'Ref' && typeof call.argument === 'string') return call.argument
  if (call?.name !== 'Fn::GetAtt') return undefined
  const [id] = Array.isArray(call.argument) ? call.argument : String(call.argument).split('.')
  return typeof id === 'string' ? id : undefined
}

/** A value of the template as text, references resolved to local names; undefined when it has no local meaning. */
export function resolveText(value: unknown, template: Template, region: string): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const call = asCall(value)
  switch (call?.name) {
    case 'Ref':
      return resolveRef(String(call.argument), template, region)
    case 'Fn::GetAtt':
      return resolveAttribute(call.argument, template, region)
    case 'Fn::Join':
      return resolveJoin(call.argument, template, region)
    default:
      return undefined
  }
}

function asCall(value: unknown): { name: string; argument: unknown } | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const [entry, ...others] = Object.entries(value)
  return entry && others.length === 0 ? { name: entry[0], argument: entry[1] } : undefined
}

function resolveRef(id: string, template: Template, region: string): string | undefined {
  const pseudo: Record<string, string> = {
    'AWS::Region': region,
    'AWS::AccountId': LOCAL_ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': 'local',
  }
  const parameter = template.Parameters?.[id]?.Default
  if (pseudo[id] !== undefined) return pseudo[id]
  if (parameter !== undefined) return String(parameter)
  const resource = template.Resources[id]
  const property = resource && NAME_PROPERTIES[resource.Type]
  if (!resource || !property) return undefined
  const name = resource.Properties?.[property]
  return typeof name === 'string' ? name : id
}

/** Only names and ARNs of the known resources; an ARN stands for its name, since nothing local checks ARNs. */
function resolveAttribute(argument: unknown, template: Template, region: string): string | undefined {
  const [id, attribute] = Array.isArray(argument) ? argument : String(argument).split('.')
  return attribute === 'Arn' || attribute === 'Id' ? resolveRef(String(id), template, region) : undefined
}

function resolveJoin(argument: unknown, template: Template, region: string): string | undefined {
  if (!Array.isArray(argument) || !Array.isArray(argument[1])) return undefined
  const parts = argument[1].map((part) => resolveText(part, template, region))
  return parts.every((part) => part !== undefined) ? parts.join(String(argument[0])) : undefined
}
