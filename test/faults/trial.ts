import { type Way, ways } from '../support/request.ts'
import { type Format, formats } from '../support/upstream/format.ts'
import { mulberry32 } from '../tools/split.ts'
import { type Fault, type FaultName, faults, type Random } from './fault.ts'
import { goodAnswer, plain, rich } from './good-answer.ts'

/** One fault, met by one request. */
export interface Trial extends Fault {
  /** Of the provider's model, by which its requests and records are found. */
  model: string
  name: FaultName
  client: Format
  upstream: Format
  way: Way
}

export const faultNames = Object.keys(faults) as FaultName[]

/** What a person needs to find the place. */
export function describeTrial({ name, at, client, upstream, way, model }: Trial): string {
  return `${name} (${at}), ${client} client, ${upstream} provider, ${way} [${model}]`
}

export interface Plan {
  seed: number
  /** `every`: each fault with each client in each way. `turns`: each fault once, clients and ways taking turns. */
  breadth: 'every' | 'turns'
  /** Faults to try; all by default. */
  names?: readonly FaultName[]
}

/** Bounded: at most some 9,000 trials a call, which depend on nothing but the plan. */
export function planTrials({ seed, breadth, names = faultNames }: Plan): Trial[] {
  const next = mulberry32(seed)
  const random: Random = { below: (limit) => Math.floor(next() * limit) }
  const places = breadth === 'every' ? everyPlace : [undefined]
  const answers = formats.flatMap((format) => [plain, rich].map((reply) => goodAnswer(format, reply)))
  let turn = seed
  const trials = names.flatMap((name) =>
    answers.flatMap((good) =>
      places.flatMap((place) =>
        faults[name](good, random)
          // Clocks take their time: where places take turns, one answer a provider is enough for them.
          .filter(({ gateway }) => place || gateway === 'normal' || good.reply === plain)
          .map((fault) => placed({ ...fault, name, upstream: good.format, ...(place ?? placeOf(turn++)) })),
      ),
    ),
  )
  const prefix = `fault-${process.pid}-${seed}`
  return trials.map((trial, at) => ({ ...trial, model: `${prefix}-${faultNames.indexOf(trial.name)}-${at}` }))
}

/** What comes of the fault in this place. */
function placed<Placed extends Omit<Trial, 'model'>>(trial: Placed): Placed {
  const overflows = trial.way === 'streamed at once' && trial.overflows?.includes(trial.client)
  return overflows ? { ...trial, outcome: 'failure', records: ['error'] } : trial
}

/** All ways to ask, the stream that the buffer URL answers at once among them. */
export const faultWays = [...ways, 'streamed at once'] as const satisfies readonly Way[]

const everyPlace = formats.flatMap((client) => faultWays.map((way) => ({ client, way })))

/** Twelve places, one after the other. */
function placeOf(turn: number): Pick<Trial, 'client' | 'way'> {
  return everyPlace[turn % everyPlace.length] ?? { client: 'C', way: 'streamed' }
}
