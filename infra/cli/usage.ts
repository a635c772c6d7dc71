import { parseArgs } from 'node:util'
import { CliError } from './cli-error.ts'
import type { UsageCommand } from './usage-command.ts'
import { rebuild } from './usage-rebuild.ts'
import { redrive } from './usage-redrive.ts'
import { report } from './usage-report.ts'
import { show } from './usage-show.ts'
import { tableOptions } from './usage-table.ts'
import { tail } from './usage-tail.ts'

/** The command that needs no name. */
const byDefault = 'report'

/** In the order of the help. */
const commands: Readonly<Record<string, UsageCommand>> = { report, tail, show, redrive, rebuild }

function help(): string {
  const lines = Object.entries(commands).map(([name, { form, summary }]) => {
    const call = name === byDefault ? form : `${name} ${form}`
    return `  npm run usage -- ${call}\n      ${summary}`
  })
  return `Usage: what the gateway was used for.

${lines.join('\n')}

With AWS credentials in the environment (AWS_PROFILE, AWS_ACCESS_KEY_ID, ...) this is the deployed gateway's table, else
that of this machine, whether "npm start" runs or not.
  --deployed, --local    say which, whatever the environment
  --table <name>         the table, if not the one of the stack in infra/config.ts
`
}

async function main(): Promise<number> {
  const words = process.argv.slice(2)
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(help())
    return 0
  }
  // Whoever only names options wants the report.
  const [name = byDefault, ...args] = words[0]?.startsWith('-') ? [byDefault, ...words] : words
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new CliError(`There is no command ${name}.\n\n${help()}`)
  return command.run(readArguments(args, command, name), process.env)
}

function readArguments(args: string[], { options, form }: UsageCommand, name: string) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { ...tableOptions, ...options } })
  } catch (error) {
    const words = error instanceof Error ? error.message : error
    const call = name === byDefault ? form : `${name} ${form}`
    throw new CliError(`${words}\nSay: npm run usage -- ${call}`, { cause: error })
  }
}

main().then(
  (status) => {
    process.exitCode = status
  },
  (error: unknown) => {
    // A stack helps nobody who mistyped; of what is nobody's mistake here, the name at least tells where to look.
    const text = error instanceof CliError ? error.message : `usage: ${error}`
    process.stderr.write(`${text.trimEnd()}\n`)
    process.exitCode = 1
  },
)
