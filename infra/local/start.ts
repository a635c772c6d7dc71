import { watch } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DynamodbUnavailableError } from './dynamodb.ts'
import { type LocalGateway, startLocal } from './gateway.ts'
import { TableError } from './local-table.ts'
import { logText } from './log-text.ts'
import { SettingError } from './provider-setting.ts'
import { readyLine, readyText } from './ready.ts'
import { PortTakenError } from './server.ts'
import { isStale, SynthError, synthesize } from './synth.ts'
import { TemplateError } from './template.ts'

const DEFAULT_PORT = 3000
const WATCH_DEBOUNCE_MS = 200
/** Ending takes milliseconds; beyond this something hangs and the process leaves anyway. */
const CLOSE_TIMEOUT_MS = 5_000

const root = fileURLToPath(new URL('../..', import.meta.url))
/** `--assembly <folder>` serves what someone else has synthesized; without it the project's own is built as needed. */
const { values: flags } = parseArgs({ options: { watch: { type: 'boolean' }, assembly: { type: 'string' } } })
const cdkOut = resolve(flags.assembly ?? resolve(root, 'cdk.out'))

/** Standard output belongs to the ready block (or line); everything else goes here. */
function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

function readPorts(text: string | undefined): Record<string, number> {
  const first = text === undefined || text === '' ? DEFAULT_PORT : Number(text)
  if (!Number.isInteger(first) || first < 0 || first > 65_533) {
    throw new SettingError(`PORT must be a number from 0 to 65533, not "${text}"`)
  }
  return first === 0 ? {} : { stream: first, buffer: first + 1, usage: first + 2 }
}

async function build(): Promise<void> {
  const begun = Date.now()
  process.stderr.write('Building the functions and the template (cdk synth) … ')
  await synthesize(root, cdkOut)
  say(`done in ${((Date.now() - begun) / 1000).toFixed(1)} s`)
}

/** Builds again after every change of the sources; a build that fails leaves the running code alone. */
function watchSources(gateway: LocalGateway): void {
  let timer: NodeJS.Timeout | undefined
  let building = Promise.resolve()
  const rebuild = async () => {
    if (!isStale(root, cdkOut)) return
    try {
      await build()
      gateway.reload()
      say('New requests run the new code.')
    } catch (error) {
      if (!(error instanceof SynthError || error instanceof TemplateError)) throw error
      say(`\n${error.message}\nStill running the code from before.`)
    }
  }
  for (const folder of ['lambda', 'infra']) {
    watch(resolve(root, folder), { recursive: true }, () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        building = building.then(rebuild)
      }, WATCH_DEBOUNCE_MS)
    })
  }
  say('Watching lambda/ and infra/ for changes.')
}

/** One sentence for what a person can mend; anything else is our fault and shows its stack. */
function explain(error: unknown): string {
  if (error instanceof PortTakenError) {
    return `Port ${error.port} is taken. End the program that uses it, or choose other ports: PORT=4000 npm start (takes 4000, 4001 and 4002; PORT=0 takes free ones).`
  }
  if (error instanceof SynthError) return `The stack could not be built:\n${error.message}`
  const known = [SettingError, TemplateError, TableError, DynamodbUnavailableError].some(
    (type) => error instanceof type,
  )
  return known ? (error as Error).message : ((error as Error).stack ?? String(error))
}

function endOnSignal(starting: Promise<LocalGateway>): void {
  let ending = false
  const end = async () => {
    if (ending) process.exit(1)
    ending = true
    setTimeout(() => process.exit(1), CLOSE_TIMEOUT_MS).unref()
    await (await starting).close()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end())
}

async function main(): Promise<void> {
  const ports = readPorts(process.env.PORT)
  if (!flags.assembly && isStale(root, cdkOut)) await build()
  const starting = startLocal({
    cdkOut,
    dataDir: resolve(process.env.SLUICE_DATA || '.sluice'),
    env: process.env,
    ports,
    prewarm: true,
    log: (line) => say(logText(line)),
  })
  endOnSignal(starting)
  const gateway = await starting
  process.stdout.write(`${process.stdout.isTTY ? readyText(gateway) : readyLine(gateway)}\n`)
  if (flags.watch) watchSources(gateway)
}

main().catch((error: unknown) => {
  say(explain(error))
  process.exit(1)
})
