import { writeCsv } from '../../lambda/usage/answer.ts'
import { type SlotWidth, type SummaryDimension, summarize, summaryDimensions } from '../../lambda/usage/summary.ts'
import { summaryRows } from '../../lambda/usage/summary-rows.ts'
import { CliError } from './cli-error.ts'
import { startProgress } from './progress.ts'
import type { UsageArguments, UsageCommand } from './usage-command.ts'
import { reportTable } from './usage-report-table.ts'
import { findKeys, listOf, momentOf, withSource } from './usage-source.ts'

const byDefault = { since: '7d', by: ['model'] } as const

/** `npm run usage -- [--since 7d] [--by model]`: what was used, as a table, JSON or CSV. */
export const report: UsageCommand = {
  form: '[--since 7d] [--until <time>] [--by model|key|provider|status|day|hour,…]',
  summary: 'what was used; narrowed by --key, --model, --provider; --json or --csv for programs',
  options: {
    since: { type: 'string' },
    until: { type: 'string' },
    by: { type: 'string', multiple: true },
    key: { type: 'string', multiple: true },
    model: { type: 'string', multiple: true },
    provider: { type: 'string', multiple: true },
    json: { type: 'boolean' },
    csv: { type: 'boolean' },
  },
  async run(args, env) {
    const { values, positionals } = args
    if (positionals.length > 0)
      throw new CliError(`There is no command ${positionals[0]}. See: npm run usage -- --help`)
    if (values.json && values.csv) throw new CliError('--json excludes --csv.')
    const choice = readChoice(values, Date.now())
    return withSource(args, env, async ({ reader, keys, table }) => {
      const progress = startProgress()
      const question = { ...choice, keys: findKeys(choice.keys, keys), shards: table.settings.usageShards }
      const summary = await summarize(reader, question, (done, all) => progress.show(`Reading ${done} of ${all} …`))
      progress.done()
      if (values.json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`)
      else if (values.csv) process.stdout.write(writeCsv(summaryRows(summary)))
      else process.stdout.write(`${reportTable(summary, process.stdout.columns)}\n`)
      return 0
    })
  },
}

function readChoice(values: UsageArguments['values'], now: number) {
  const to = typeof values.until === 'string' ? momentOf('until', values.until, now) : now
  const from = momentOf('since', typeof values.since === 'string' ? values.since : byDefault.since, now)
  if (from >= to) throw new CliError('--since must be before --until.')
  const by = values.by === undefined ? byDefault.by : listOf(values.by)
  const [models, providers] = [listOf(values.model), listOf(values.provider)]
  return {
    period: { from, to },
    ...readGroups(by),
    keys: listOf(values.key),
    ...(models.length > 0 && { models }),
    ...(providers.length > 0 && { providers }),
  }
}

function readGroups(by: readonly string[]): { width: SlotWidth; groupBy: SummaryDimension[] } {
  const widths = by.filter((name) => name === 'day' || name === 'hour')
  if (widths.length > 1) throw new CliError('--by takes day or hour, not both.')
  const groupBy = by
    .filter((name) => !widths.some((width) => width === name))
    .map((name) => {
      const dimension = summaryDimensions.find((each) => each === name)
      if (!dimension) throw new CliError(`--by ${name}? There are: ${summaryDimensions.join(', ')}, day, hour.`)
      return dimension
    })
  return { width: widths[0] ?? 'none', groupBy: [...new Set(groupBy)] }
}
