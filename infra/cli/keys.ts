import { parseArgs } from 'node:util'
import { keyScopes, type StoredKey } from '../../lambda/keys/stored-key.ts'
import { CliError } from './cli-error.ts'
import type { KeyStore } from './key-store.ts'
import { mintKey, storedKey } from './new-key.ts'
import { openStore } from './store-choice.ts'
import { textTable } from './text-table.ts'

const usage = `Gateway keys: what clients send instead of a provider's key.

  npm run keys -- create <name>    makes a key and prints it, this once
  npm run keys -- create <name> --scope usage:read
                                   makes a key that reads everyone's usage and calls no model
  npm run keys -- list             ids, names, ages and what each key is for
  npm run keys -- revoke <id>      ends a key

With AWS credentials in the environment (AWS_PROFILE, AWS_ACCESS_KEY_ID, ...) these are the deployed gateway's keys,
else those of this machine, which "npm start" accepts.
  --scope <scope>        what a new key is for: inference (the default), usage:read; say it twice for both
  --deployed, --local    say which, whatever the environment
  --secret <name>        the deployed secret, if not the one of the stack in infra/config.ts
`

/** A name is shown in tables: one line, not too long. */
const namePattern = /^[^\p{C}]{1,64}$/u

type Command = (store: KeyStore, argument: string, scopes: string[] | undefined) => Promise<void>

const commands: Record<string, { takes?: string; run: Command }> = {
  create: { takes: 'name', run: createKey },
  list: { run: listKeys },
  revoke: { takes: 'id', run: revokeKey },
}

async function createKey(store: KeyStore, argument: string, scopes?: string[]): Promise<void> {
  const name = argument.trim()
  if (!namePattern.test(name)) throw new CliError('A name has 1 to 64 characters, on one line.')
  const unknown = scopes?.find((scope) => !keyScopes.some((known) => known === scope))
  if (unknown !== undefined) throw new CliError(`No scope is called ${unknown}. There are: ${keyScopes.join(', ')}`)
  const key = mintKey()
  let id = ''
  await store.change((keys) => {
    const stored = storedKey(key, { name, ...(scopes && { scopes }) }, new Date(), keys)
    id = stored.id
    return [...keys, stored]
  })
  process.stderr.write(`The key "${name}" has the id ${id}; its hash is in ${store.place}.\n`)
  process.stderr.write('Copy the key now, it is not shown again. It works within seconds.\n\n')
  // Alone on stdout, so that a script can take it.
  process.stdout.write(`${key}\n`)
}

async function listKeys(store: KeyStore): Promise<void> {
  const keys = await store.list()
  process.stderr.write(`${keys.length === 0 ? 'No keys' : 'Keys'} in ${store.place}\n`)
  if (keys.length === 0) process.stderr.write('Make one: npm run keys -- create <name>\n')
  else process.stdout.write(`${textTable([heads, ...keys.toSorted(byAge).map(row)])}\n`)
}

const heads = ['ID', 'CREATED (UTC)', 'FOR', 'NAME']
const byAge = (a: StoredKey, b: StoredKey) => a.createdAt.localeCompare(b.createdAt)
const row = ({ id, createdAt, scopes = ['inference'], name }: StoredKey) => [
  id,
  createdAt.slice(0, 16).replace('T', ' '),
  scopes.join(', '),
  name,
]

async function revokeKey(store: KeyStore, id: string): Promise<void> {
  let name = ''
  await store.change((keys) => {
    const found = keys.find((key) => key.id === id)
    if (!found) throw new CliError(`No key has the id ${id} in ${store.place}. See: npm run keys -- list`)
    name = found.name
    return keys.filter((key) => key !== found)
  })
  process.stderr.write(`The key "${name}" (${id}) is revoked. The gateway refuses it within five minutes.\n`)
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        local: { type: 'boolean' },
        deployed: { type: 'boolean' },
        secret: { type: 'string' },
        scope: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : error}\n\n${usage}`, { cause: error })
  }
}

async function main(): Promise<void> {
  const { values, positionals } = readArguments()
  const [name, ...rest] = positionals
  if (values.help) return void process.stdout.write(usage)
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new CliError(usage)
  if (rest.length !== (command.takes ? 1 : 0)) {
    const form = `npm run keys -- ${name}${command.takes ? ` <${command.takes}>` : ''}`
    throw new CliError(`Say: ${form}${command.takes ? ' (in quotes if it has blanks)' : ''}`)
  }
  if (values.scope && name !== 'create')
    throw new CliError('--scope goes with create: what a key is for never changes.')
  await command.run(await openStore(values, process.env), rest[0] ?? '', values.scope)
}

main().catch((error: unknown) => {
  // A stack helps nobody who mistyped; of what is nobody's mistake here, the name at least tells where to look.
  const text = error instanceof CliError ? error.message : `keys: ${error}`
  process.stderr.write(`${text.trimEnd()}\n`)
  process.exitCode = 1
})
