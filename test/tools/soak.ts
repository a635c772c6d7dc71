import { startServices } from '../support/services-process.ts'
import { main, readArguments, UsageError } from './cli.ts'
import { soakConcurrent } from './soak/concurrent.ts'
import { type Part, soakFaults } from './soak/faults.ts'
import { soakSequential } from './soak/sequential.ts'

const help = `npm run soak -- [--minutes n] [--seed n] [--concurrency n] [--part i/n]
npm run soak -- --sequential n [--seed n]
npm run soak -- --streams n

Runs the local gateway with a provider that goes wrong, and ends with 1 if an answer was no defined outcome, came later
than its bound, was a success it should not be, or left anything but one fitting record.
  --minutes n      how long faults are injected; default 1, at most 60
  --concurrency n  requests at once; default 10
  --part i/n       only the i-th of n parts of one round, each with every fault; with one seed, n runs make it whole
  --sequential n   instead: n mixed requests, one after the other, on one environment a function; memory and sockets must
                   not grow
  --streams n      instead: n streams at once (50 tokens, 20 ms apart) where n environments are allowed, beside a bare
                   pipe and nothing between; then some more
  --seed n         of whatever is random; default: the time`

const options = {
  minutes: { type: 'string', default: '1' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  concurrency: { type: 'string', default: '10' },
  part: { type: 'string', default: '1/1' },
  sequential: { type: 'string' },
  streams: { type: 'string' },
} as const

await main(async () => {
  const { values } = readArguments(help, options)
  const seed = whole('seed', values.seed, 2 ** 32)
  console.error(`seed ${seed}`)
  if (values.sequential !== undefined) {
    const count = whole('sequential', values.sequential, 100_000)
    return withServices({ SLUICE_CONCURRENCY: '1' }, (services) => soakSequential(services, count, seed))
  }
  if (values.streams !== undefined) {
    return soakConcurrent(whole('streams', values.streams, 100))
  }
  const until = Date.now() + whole('minutes', values.minutes, 60) * 60_000
  const concurrency = whole('concurrency', values.concurrency, 50)
  const part = partOf(values.part)
  return withServices({}, (services) => soakFaults(services, { seed, until, concurrency, part }))
})
// Requests that hang would keep the process alive.
process.exit()

function whole(name: string, text: string, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new UsageError(`--${name} takes a whole number from 1 to ${max}, not "${text}".`)
}

function partOf(text: string): Part {
  const [index = Number.NaN, of = Number.NaN] = text.split('/').map(Number)
  if (Number.isInteger(index) && Number.isInteger(of) && index >= 1 && index <= of) return { index: index - 1, of }
  throw new UsageError(`--part takes a part and their number, such as 2/4, not "${text}".`)
}

type Services = Awaited<ReturnType<typeof startServices>>['services']

async function withServices(
  settings: Record<string, string>,
  run: (services: Services) => Promise<number>,
): Promise<number> {
  const { services, close } = await startServices(settings)
  try {
    return await run(services)
  } finally {
    await close()
  }
}
