import { type HttpAnswer, httpCall } from '../support/http-call.ts'
import { headersOf, paths, requestOf } from '../support/request.ts'
import type { GatewayName, Services } from '../support/services.ts'
import { judge, type StoredOutcome } from './judge.ts'
import { readRecords } from './stored.ts'
import { describeTrial, type Trial } from './trial.ts'

/** What a trial came to. */
export interface Result {
  trial: Trial
  /** Milliseconds to the end of the answer. */
  ms: number
  /** Empty: all was as it must be. */
  violations: string[]
}

export interface RunOptions {
  services: Services
  /** Trials at once. */
  concurrency: number
  /** Begins no further trial after this. */
  until?: number
  onResult?: (done: number) => void
}

/** Milliseconds after which a request hangs; the hasty gateway ends every one after 4 s of its own time. */
const boundMs: Record<GatewayName, number> = { normal: 15_000, hasty: 8_000, lively: 15_000, tableless: 15_000 }

/** Puts each trial's fault between the gateway and its client, and judges what comes out, the records included. */
export async function runTrials(trials: readonly Trial[], options: RunOptions): Promise<Result[]> {
  const { services, concurrency, until = Number.POSITIVE_INFINITY, onResult } = options
  const startedAt = Date.now()
  const answers: [Trial, HttpAnswer | 'hangs' | Error][] = []
  const waiting = trials.values()
  const worker = async () => {
    for (const trial of waiting) {
      if (Date.now() > until) return
      answers.push([trial, await tryOne(trial, services)])
      onResult?.(answers.length)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  const models = new Set(answers.map(([{ model }]) => model))
  const records = await readRecords(services, startedAt, models)
  return answers.map(([trial, answer]) => resultOf(trial, answer, records.get(trial.model) ?? []))
}

function resultOf(trial: Trial, answer: HttpAnswer | 'hangs' | Error, records: StoredOutcome[]): Result {
  if (answer === 'hangs') {
    const ms = boundMs[trial.gateway]
    return { trial, ms, violations: [`${describeTrial(trial)}: no end after ${ms} ms`] }
  }
  if (answer instanceof Error) {
    return { trial, ms: 0, violations: [`${describeTrial(trial)}: no answer: ${answer.message}`] }
  }
  const problems = judge(trial, answer, records)
  return { trial, ms: answer.endAtMs, violations: problems.map((problem) => `${describeTrial(trial)}: ${problem}`) }
}

async function tryOne(trial: Trial, services: Services): Promise<HttpAnswer | 'hangs' | Error> {
  const { client, upstream, way, model, gateway } = trial
  const { streamUrl, bufferUrl } = services.gateways[gateway]
  await fetch(`${services.fakeProvider}/control/script?name=${model}`, {
    method: 'POST',
    body: JSON.stringify(trial.script),
  })
  const base = way === 'streamed' || way === 'whole' ? streamUrl : bufferUrl
  let timer: NodeJS.Timeout | undefined
  const bound = new Promise<'hangs'>((resolve) => {
    timer = setTimeout(() => resolve('hangs'), boundMs[gateway])
  })
  const call = httpCall(base.replace(/\/$/, '') + paths[client], {
    headers: headersOf(client, services.gatewayKey),
    body: JSON.stringify(requestOf(client, upstream, model, way)),
  }).catch((error: Error) => error)
  try {
    return await Promise.race([call, bound])
  } finally {
    clearTimeout(timer)
  }
}
