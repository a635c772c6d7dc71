import { type ParseArgsConfig, parseArgs } from 'node:util'

/** A mistake of whoever runs the tool: its message says what to do, and no stack is shown. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>

/**
 * Reads a tool's arguments and handles `--help`.
 * @param help shown for `--help`; its first line is the usage
 * @throws UsageError for options the tool does not have
 */
export function readArguments<const O extends Options>(help: string, options: O) {
  const own = { ...options, help: { type: 'boolean', short: 'h' } } as const
  try {
    const parsed = parseArgs({ options: own, allowPositionals: true })
    if ((parsed.values as { help?: boolean }).help) {
      console.log(help)
      process.exit(0)
    }
    return parsed
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`${message}\n\n${help}`)
  }
}

/** Runs a tool; its number is the exit code. */
export async function main(tool: () => Promise<number>): Promise<void> {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  try {
    process.exitCode = await tool()
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause
    console.error(cause.message)
    process.exitCode = 2
  }
}
