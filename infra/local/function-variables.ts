import { join } from 'node:path'
import type { FunctionSpec } from './function-spec.ts'

/** Where a local function finds the services it would find in its region. */
export interface LocalServices {
  region: string
  dynamodbEndpoint?: string
  secretsEndpoint?: string
}

/** The account number every local ARN carries. */
export const LOCAL_ACCOUNT = '000000000000'

/** Limits a user may set for a local run; keys and providers go through the secret instead, as in the cloud. */
const PASSED_ON = /^SLUICE_[A-Z0-9_]+$/
const NOT_PASSED_ON = new Set([
  'SLUICE_KEY',
  'SLUICE_PROVIDERS',
  'SLUICE_DATA',
  'SLUICE_CONCURRENCY',
  'SLUICE_TABLE',
  'SLUICE_SECRET_ID',
])
/** Not Lambda's, but without it nobody behind a company's own certificate authority could reach a provider. */
const MACHINE_VARIABLES = ['NODE_EXTRA_CA_CERTS']

export function functionArn(spec: FunctionSpec, region: string): string {
  return `arn:aws:lambda:${region}:${LOCAL_ACCOUNT}:function:${spec.name}`
}

/**
 * The whole environment of a function process: what Lambda defines
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), the template's variables, the user's
 * `SLUICE_*` limits over them, and nothing else of the user's environment.
 */
export function functionVariables(
  spec: FunctionSpec,
  runtimeApi: string,
  services: LocalServices,
  userEnv: Record<string, string | undefined>,
): Record<string, string> {
  return {
    ...platformVariables(spec, runtimeApi, services.region),
    ...spec.env,
    ...userLimits(userEnv),
    ...(services.dynamodbEndpoint && { AWS_ENDPOINT_URL_DYNAMODB: services.dynamodbEndpoint }),
    ...(services.secretsEndpoint && { AWS_ENDPOINT_URL_SECRETS_MANAGER: services.secretsEndpoint }),
  }
}

function platformVariables(spec: FunctionSpec, runtimeApi: string, region: string): Record<string, string> {
  return {
    _HANDLER: spec.handler,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    LAMBDA_TASK_ROOT: spec.codeDir,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    AWS_EXECUTION_ENV: `AWS_Lambda_${spec.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: ['/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    NODE_PATH: join(spec.codeDir, 'node_modules'),
  }
}

/** The user's variables that reach the functions. */
export function userLimits(userEnv: Record<string, string | undefined>): Record<string, string> {
  const limits: Record<string, string> = {}
  for (const [name, value] of Object.entries(userEnv)) {
    const passed = (PASSED_ON.test(name) && !NOT_PASSED_ON.has(name)) || MACHINE_VARIABLES.includes(name)
    if (passed && value !== undefined) limits[name] = value
  }
  return limits
}

/**
 * Node's flags on the platform, derived from the memory size: a tenth for the young generation, the rest for the old
 * (the three flags that aws-lambda-ric's worker manager names).
 */
export function nodeFlags(memoryMb: number): string[] {
  const young = Math.floor(memoryMb / 10)
  return [
    '--expose-gc',
    `--max-semi-space-size=${Math.max(1, Math.floor(young / 2))}`,
    `--max-old-space-size=${memoryMb - young}`,
    '--max-http-header-size=81920',
  ]
}
