import { readRequest } from '../../lambda/usage/latest.ts'
import { CliError } from './cli-error.ts'
import { textTable } from './text-table.ts'
import type { UsageCommand } from './usage-command.ts'
import { printable } from './usage-report-table.ts'
import { withSource } from './usage-source.ts'

/** `npm run usage -- show <request id>`: everything on record about one request. */
export const show: UsageCommand = {
  form: '<request id> [--json]',
  summary: 'everything on record about one request; the id is in its x-request-id header',
  options: { json: { type: 'boolean' } },
  async run(args, env) {
    const [requestId, ...rest] = args.positionals
    if (requestId === undefined || rest.length > 0) throw new CliError(`Say: npm run usage -- show ${show.form}`)
    return withSource(args, env, async ({ reader, table }) => {
      const record = await readRequest(reader, requestId)
      if (!record) throw new CliError(`${requestId} is not in ${table.place}: another id, or its record has expired.`)
      if (args.values.json) process.stdout.write(`${JSON.stringify(record, null, 2)}\n`)
      else process.stdout.write(`${textTable(Object.entries(record).map(([name, value]) => [name, cell(value)]))}\n`)
      return 0
    })
  },
}

function cell(value: unknown): string {
  if (value === null) return '-'
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value))
}
