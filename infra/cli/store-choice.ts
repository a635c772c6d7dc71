import { config } from '../config.ts'
import { CliError } from './cli-error.ts'
import type { KeyStore } from './key-store.ts'
import { createLocalStore } from './local-store.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Any of these means that there are credentials to deploy with, and that the deployed keys are meant. */
const credentialVariables = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
]

export function hasAwsCredentials(env: Environment): boolean {
  return credentialVariables.some((name) => env[name])
}

/** As given on the command line. */
export interface StoreOptions {
  local?: boolean | undefined
  deployed?: boolean | undefined
  /** Name or ARN of the deployed secret. */
  secret?: string | undefined
}

/** The deployed keys if they are asked for or there are credentials for them, else those of this machine. */
export async function openStore({ local, deployed, secret }: StoreOptions, env: Environment): Promise<KeyStore> {
  if (local && (deployed || secret !== undefined)) throw new CliError('--local excludes --deployed and --secret.')
  if (local || !(deployed || secret !== undefined || hasAwsCredentials(env))) {
    return createLocalStore(env.SLUICE_DATA || '.sluice')
  }
  // Lazily: the SDK takes longer to load than a local command to run.
  const { openDeployedStore } = await import('./deployed-store.ts')
  return openDeployedStore(secret !== undefined ? { secretId: secret } : { stackName: config.stackName })
}
