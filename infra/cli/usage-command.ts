import type { ParseArgsConfig } from 'node:util'

export type Environment = Readonly<Record<string, string | undefined>>

/** What `parseArgs` made of a command line. */
export interface UsageArguments {
  values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>
  positionals: readonly string[]
}

/** A subcommand of `npm run usage`. */
export interface UsageCommand {
  /** What stands behind the name, for the help. */
  form: string
  /** One line for the help. */
  summary: string
  /** Its own options; those of every command (`--table`, `--local`, `--deployed`) are added. */
  options: NonNullable<ParseArgsConfig['options']>
  /**
   * @returns the exit status
   * @throws CliError for what people can mend
   */
  run(args: UsageArguments, env: Environment): Promise<number>
}
