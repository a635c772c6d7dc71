import { setImmediate as nextTurn } from 'node:timers/promises'
import { Environment } from '../../infra/local/environment.ts'
import type { FunctionSpec } from '../../infra/local/function-spec.ts'
import type { LocalServices } from '../../infra/local/function-variables.ts'
import { serveSecrets } from '../../infra/local/secrets-endpoint.ts'
import { readStack } from '../../infra/local/template.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { type CpuShare, createCpuShare } from './cpu-share.ts'
import { firstByte, requestEvent } from './first-request.ts'
import type { Budget, Row } from './report.ts'
import { writeScript } from './script.ts'
import { providerIds, type Stage } from './stage.ts'
import { median } from './statistics.ts'

/** A function whose first request is timed. */
interface Subject {
  name: string
  fn: string
  client: FormatId
  upstream: FormatId
}

interface Start {
  /** Milliseconds from the start of the process until it asks for its first request. */
  nextMs: number
  /** From there to the first byte of the answer, without the provider's own time. */
  firstMs: number
}

const M = 'anthropic-messages'
const empty: Subject = { name: 'empty', fn: 'empty', client: M, upstream: M }
const pipe: Subject = { name: 'pipe', fn: 'pipe', client: M, upstream: M }
const relay: Subject = { name: 'relay M', fn: 'stream', client: M, upstream: M }
const convert: Subject = { name: 'convert C←M', fn: 'stream', client: 'openai-chat', upstream: M }
const subjects = [empty, pipe, relay, convert]

const titles = { nextMs: 'spawn to /next', firstMs: 'first request to first byte' } as const

/** Memory sizes whose share of a core is tried; undefined: the whole machine. */
const sizes = [undefined, 1024, 512, 256, 128]
const budgetedSize = 512
/** No model answers sooner; what the function can do in that time costs nobody anything. */
const thinkMs = 250

export async function measureColdStart(stage: Stage, short: boolean, notes: string[]): Promise<Row[]> {
  const stack = readStack(stage.cdkOut, 'us-east-1')
  const secrets = await serveSecrets(stack.secretName ?? '', stack.region, stage.gateway.secret, () => {})
  const services: LocalServices = {
    region: stack.region,
    secretsEndpoint: secrets.endpoint,
    ...(stage.gateway.dynamodbEndpoint && { dynamodbEndpoint: stage.gateway.dynamodbEndpoint }),
  }
  const rows: Row[] = []
  try {
    for (const size of short ? [undefined, budgetedSize] : sizes) {
      const share = size === undefined ? undefined : createCpuShare(size)
      if (typeof share === 'string') {
        notes.push(`Cold start at the CPU share of ${size} MB was not measured: ${share}.`)
        continue
      }
      const starts = await interleave(stack.functions, services, stage, roundsFor(size, short), share)
      rows.push(...toRows(starts, size))
      share?.remove()
    }
  } finally {
    await secrets.close()
  }
  return rows
}

/** The smaller the share the longer a round, and the less the rest of the machine disturbs it. */
function roundsFor(size: number | undefined, short: boolean): number {
  if (short) return 3
  if (size === budgetedSize) return 7
  return size === undefined || size > budgetedSize ? 5 : 3
}

async function interleave(
  specs: FunctionSpec[],
  services: LocalServices,
  stage: Stage,
  rounds: number,
  share: CpuShare | undefined,
): Promise<Map<Subject, Start[]>> {
  const starts = new Map<Subject, Start[]>(subjects.map((subject) => [subject, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [subject, list] of starts) {
      const spec = specs.find(({ name }) => name === subject.fn)
      if (!spec) throw new Error(`there is no function ${subject.fn}`)
      list.push(await coldStart(spec, services, eventOf(subject, stage.gateway.key), share))
    }
  }
  return starts
}

/** One process from its start to the first byte of its first answer. */
async function coldStart(
  spec: FunctionSpec,
  services: LocalServices,
  payload: Buffer,
  share: CpuShare | undefined,
): Promise<Start> {
  const log = () => {}
  const start = performance.now()
  const environment = new Environment({ spec, services, userEnv: {}, log, onIdle: log, onEnded: log })
  try {
    if (share) share.add(await pidOf(environment))
    await environment.ready
    const ready = performance.now()
    await firstByte(environment, payload)
    const providerMs = spec.name === 'empty' ? 0 : thinkMs
    return { nextMs: ready - start, firstMs: performance.now() - ready - providerMs }
  } finally {
    await environment.end()
  }
}

/** The process starts a few turns of the loop after its environment. */
async function pidOf(environment: Environment): Promise<number> {
  while (environment.pid === undefined) await nextTurn()
  return environment.pid
}

function eventOf({ fn, client, upstream }: Subject, key: string): Buffer {
  const model = writeScript({ deltas: 1, everyMs: 0, thinkMs })
  return requestEvent(client, fn === 'stream' ? `${providerIds[upstream]}/${model}` : model, key)
}

function toRows(starts: Map<Subject, Start[]>, size: number | undefined): Row[] {
  const at = size === undefined ? 'full speed' : `share of ${size} MB`
  // Both ways through the gateway start the same function, so that each of their starts tells of it.
  const startsOf = (subject: Subject, field: keyof Start) =>
    [...starts]
      .filter(([each]) => (field === 'nextMs' ? each.fn === subject.fn : each === subject))
      .flatMap(([, all]) => all)
  const figure = (subject: Subject, field: keyof Start) => median(startsOf(subject, field).map((each) => each[field]))
  const row = (field: keyof Start, subject: Subject, beside?: Subject, budget?: Budget): Row => {
    const value = figure(subject, field)
    // What is asked of a function matters only once it has started.
    const name = `${titles[field]}, ${at}, ${field === 'nextMs' ? subject.fn : subject.name}`
    const plain: Row = { section: 'cold-start', name, value, unit: 'ms' }
    if (!beside) return plain
    const besides = { name: beside.name, value: figure(beside, field) }
    return { ...plain, beside: besides, ratio: value / besides.value, ...(budget && { budget }) }
  }
  const nextBudget: Budget | undefined = size === undefined ? { of: 'ratio', atMost: 1.25 } : undefined
  const firstBudget: Budget | undefined = size === budgetedSize ? { of: 'ratio', atMost: 1.5 } : undefined
  return [
    row('nextMs', pipe, empty),
    row('nextMs', relay, empty, nextBudget),
    row('firstMs', pipe),
    row('firstMs', relay, pipe, firstBudget),
    row('firstMs', convert, pipe, firstBudget),
  ]
}
