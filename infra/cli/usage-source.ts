import { GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { dynamoReader } from '../../lambda/usage/dynamo-reader.ts'
import { type KnownKey, knownKeys, type NamedKey } from '../../lambda/usage/known-keys.ts'
import type { TableReader } from '../../lambda/usage/table-reader.ts'
import { readTime } from '../../lambda/usage/time-text.ts'
import { CliError } from './cli-error.ts'
import { openStore } from './store-choice.ts'
import type { Environment, UsageArguments } from './usage-command.ts'
import { type UsageTable, withTable } from './usage-table.ts'

/** What the reading commands read. */
export interface UsageSource {
  reader: TableReader
  keys: KnownKey[]
  table: UsageTable
}

/** Opens the table for reading, and finds whose usage is in it. */
export function withSource<Result>(
  args: UsageArguments,
  env: Environment,
  run: (source: UsageSource) => Promise<Result>,
): Promise<Result> {
  return withTable(args, env, async (table) => {
    const { client, settings } = table
    // As in lambda/usage/dynamo-reader.ts: preparing answers for a log that nobody keeps takes a fifth of the time.
    client.middlewareStack.remove('loggerMiddleware')
    const reader = dynamoReader(async () => ({ client, GetItemCommand, QueryCommand }), settings.table)
    return run({ reader, keys: await knownKeys(reader, await namedKeys(args, env)), table })
  })
}

/** The local key has no entry in the file. */
const localKey: NamedKey = { id: 'local', name: 'local' }

/** Names of keys; reading usage needs no more than ids, so that a secret out of reach costs a line and nothing else. */
async function namedKeys({ values }: UsageArguments, env: Environment): Promise<NamedKey[]> {
  const { local, deployed } = values
  try {
    const store = await openStore({ local: local === true, deployed: deployed === true }, env)
    return [localKey, ...(await store.list())]
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`Keys are shown by their ids: ${reason.split('\n')[0]}\n`)
    return [localKey]
  }
}

/** Key ids for what a person wrote: ids, or names. @throws CliError for what is neither */
export function findKeys(wanted: readonly string[], keys: readonly KnownKey[]): KnownKey[] {
  if (wanted.length === 0) return [...keys]
  return wanted.flatMap((text) => {
    const found = keys.filter(({ id, name }) => id === text || name === text)
    if (found.length === 0) throw new CliError(`No key is called ${text}. See: npm run usage -- --by key`)
    return found
  })
}

/** An option's moment. @throws CliError */
export function momentOf(option: string, text: string, now: number): number {
  const at = readTime(text, now)
  if (at !== undefined) return at
  throw new CliError(`--${option} ${text} is no time. Say 7d, 24h, 30m, 2026-05-01 or 2026-05-01T12:00Z.`)
}

/** An option's values, given one by one or with commas. */
export function listOf(value: UsageArguments['values'][string]): string[] {
  const values = Array.isArray(value) ? value : value === undefined ? [] : [value]
  return values.flatMap((each) => String(each).split(',')).filter((each) => each !== '')
}
