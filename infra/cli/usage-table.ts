import { existsSync } from 'node:fs'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import type { TransactionSettings } from '../../lambda/metrics/dynamo-transaction.ts'
import type { PriceOverrides } from '../../lambda/metrics/price-overrides.ts'
import { config } from '../config.ts'
import { DynamodbUnavailableError, startDynamodb } from '../local/dynamodb.ts'
import { CliError } from './cli-error.ts'
import { hasAwsCredentials } from './store-choice.ts'
import type { Environment, UsageArguments } from './usage-command.ts'

/** Which table: options of every command. */
export const tableOptions = {
  table: { type: 'string' },
  local: { type: 'boolean' },
  deployed: { type: 'boolean' },
} as const

/** A table of records, and what reading and writing it takes. */
export interface UsageTable {
  client: DynamoDBClient
  settings: TransactionSettings
  /** The operator's own, as the functions have them. */
  prices: PriceOverrides
  /** For people: "the table X". */
  place: string
  close(): Promise<void>
}

/** What to do about the failures people meet; anything else is shown in the SDK's words. */
const advice: ReadonlyArray<readonly [failure: RegExp, what: string]> = [
  [/^ResourceNotFoundException/, 'Check --table and AWS_REGION; the name is the stack’s output TableName.'],
  [/^AccessDenied/, 'It takes dynamodb:ListTables, GetItem, Query, and to write Scan, PutItem and UpdateItem.'],
  [/^(ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidSignature)/, 'Renew the AWS credentials.'],
  [/^CredentialsProviderError/, 'Set AWS_PROFILE or AWS_ACCESS_KEY_ID; for the table of this machine: --local.'],
  [/Region is missing/, 'Set AWS_REGION to the region of the deployment.'],
  [/ECONNREFUSED/, 'Nothing listens at AWS_ENDPOINT_URL_DYNAMODB.'],
  [/ENOTFOUND/, 'Check AWS_REGION, and whether this machine is online.'],
]

/**
 * Runs something with the table that was asked for and closes it afterwards.
 * @throws CliError with what to do, for failures people can mend
 */
export async function withTable<Result>(
  { values }: UsageArguments,
  env: Environment,
  run: (table: UsageTable) => Promise<Result>,
): Promise<Result> {
  if (values.local && values.deployed) throw new CliError('--local excludes --deployed.')
  const deployed = values.deployed === true || (!values.local && hasAwsCredentials(env))
  const connection = deployed ? { client: new DynamoDBClient({}), close: async () => {} } : await openLocal(env)
  try {
    const name = typeof values.table === 'string' ? values.table : await findTable(connection.client, deployed)
    // As they stand: the schema brings the whole CDK with it, and synth has checked them.
    const { recordDays, usageShards } = config
    const settings = { table: name, recordDays, usageShards }
    return await run({ ...connection, settings, prices: pricesOf(env, deployed), place: `the table ${name}` })
  } catch (error) {
    throw explained(error)
  } finally {
    connection.client.destroy()
    await connection.close()
  }
}

/** A local gateway takes its settings from the environment first. @throws CliError */
function pricesOf(env: Environment, deployed: boolean): PriceOverrides {
  const own = deployed ? undefined : env.SLUICE_PRICES
  if (!own) return config.prices
  try {
    return JSON.parse(own) as PriceOverrides
  } catch (cause) {
    throw new CliError('SLUICE_PRICES is no JSON.', { cause })
  }
}

/** The database of this machine. It takes several programs at once, so it does not matter whether `npm start` runs. */
async function openLocal(env: Environment): Promise<Pick<UsageTable, 'client' | 'close'>> {
  const region = env.AWS_REGION ?? 'us-east-1'
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const given = env.AWS_ENDPOINT_URL_DYNAMODB
  if (given) {
    return { client: new DynamoDBClient({ endpoint: given, region, credentials }), close: async () => {} }
  }
  const folder = env.SLUICE_DATA || '.sluice'
  if (!existsSync(folder)) {
    throw new CliError(`There is no ${folder} here, so nothing ran on this machine yet: npm start.`)
  }
  try {
    const database = await startDynamodb(folder, ({ text }) => process.stderr.write(`${text}\n`))
    const client = new DynamoDBClient({ endpoint: database.endpoint, region, credentials })
    return { client, close: () => database.close() }
  } catch (error) {
    if (error instanceof DynamodbUnavailableError) throw new CliError(error.message, { cause: error })
    throw error
  }
}

async function findTable(client: DynamoDBClient, deployed: boolean): Promise<string> {
  const names: string[] = []
  let ExclusiveStartTableName: string | undefined
  do {
    const page = await client.send(
      new ListTablesCommand({ ...(ExclusiveStartTableName && { ExclusiveStartTableName }) }),
    )
    names.push(...(page.TableNames ?? []))
    ExclusiveStartTableName = page.LastEvaluatedTableName
  } while (ExclusiveStartTableName)
  // CloudFormation's name: stack, logical id, random part.
  const own = deployed ? names.filter((name) => name.startsWith(`${config.stackName}-Table`)) : names
  const [name, ...others] = own
  if (name !== undefined && others.length === 0) return name
  const what = own.length === 0 ? 'no table' : `${own.length} tables`
  const where = deployed
    ? `The stack ${config.stackName} has ${what} in this account and region`
    : `There is ${what} here`
  throw new CliError(`${where}. Say which: --table <the TableName that the deployment or "npm start" printed>.`)
}

function explained(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof CliError) return error
  const words = `${error.name}: ${error.message || ('code' in error ? String(error.code) : '')}`
  const [, what] = advice.find(([failure]) => failure.test(words) || failure.test(error.message)) ?? []
  return what ? new CliError(`${words}\n${what}`, { cause: error }) : error
}
