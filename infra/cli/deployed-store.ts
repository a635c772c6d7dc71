import {
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { CliError } from './cli-error.ts'
import { type KeyStore, keysIn, withKeys } from './key-store.ts'

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const maxSecretBytes = 65_536

/** CloudFormation puts this tag on what it makes. */
const stackTag = 'aws:cloudformation:stack-name'

/** Which secret: by its name or ARN, or the only one of a stack. */
export type SecretChoice = { secretId: string } | { stackName: string }

/**
 * Keys in the deployed secret; credentials, region and endpoint as every AWS SDK finds them. Secrets Manager knows no
 * conditional write, so two people who change keys in the same second may undo one another.
 */
export async function openDeployedStore(choice: SecretChoice): Promise<KeyStore> {
  const client = new SecretsManagerClient({ maxAttempts: 3 })
  const SecretId = 'secretId' in choice ? choice.secretId : await explained(() => findSecret(client, choice.stackName))
  const place = `the secret ${SecretId}`
  const read = async () => (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? '{}'
  return {
    place,
    list: () => explained(async () => keysIn(await read(), place)),
    change: (edit) =>
      explained(async () => {
        const secret = await read()
        const SecretString = withKeys(secret, edit(keysIn(secret, place)))
        if (Buffer.byteLength(SecretString) > maxSecretBytes) {
          throw new CliError(`A secret holds ${maxSecretBytes} bytes and ${place} is full: revoke keys nobody uses.`)
        }
        await client.send(new PutSecretValueCommand({ SecretId, SecretString }))
      }),
  }
}

async function findSecret(client: SecretsManagerClient, stackName: string): Promise<string> {
  const Filters = [
    { Key: 'tag-key' as const, Values: [stackTag] },
    { Key: 'tag-value' as const, Values: [stackName] },
  ]
  const { SecretList = [] } = await client.send(new ListSecretsCommand({ Filters, MaxResults: 100 }))
  // The filters match beginnings, so that another stack whose name goes on is among the answers.
  const own = SecretList.filter(({ Tags = [] }) =>
    Tags.some(({ Key, Value }) => Key === stackTag && Value === stackName),
  )
  const name = own[0]?.Name
  if (own.length === 1 && name) return name
  const what = own.length === 0 ? 'no secret' : `${own.length} secrets`
  throw new CliError(
    `The stack ${stackName} has ${what} in this account and region. Deploy it (npx cdk deploy), set AWS_REGION, ` +
      'or name the secret: --secret <the SecretName that the deployment printed>. For keys of this machine: --local.',
  )
}

/** What to do about the failures people meet; anything else is shown in the SDK's words. */
const advice: ReadonlyArray<readonly [failure: RegExp, what: string]> = [
  [/^ResourceNotFoundException/, 'Check --secret and AWS_REGION; the name is the stack’s output SecretName.'],
  [/^AccessDenied/, 'Changing keys takes secretsmanager:ListSecrets, GetSecretValue and PutSecretValue.'],
  [/^(ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidSignature)/, 'Renew the AWS credentials.'],
  [/^CredentialsProviderError/, 'Set AWS_PROFILE or AWS_ACCESS_KEY_ID; for keys of this machine: --local.'],
  [/Region is missing/, 'Set AWS_REGION to the region of the deployment.'],
  [/ENOTFOUND/, 'Check AWS_REGION, and whether this machine is online.'],
]

async function explained<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof Error) || error instanceof CliError) throw error
    const words = `${error.name}: ${error.message}`
    const [, what] = advice.find(([failure]) => failure.test(words) || failure.test(error.message)) ?? []
    if (!what) throw error
    throw new CliError(`${words}\n${what}`, { cause: error })
  }
}
