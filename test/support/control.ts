import { inject } from 'vitest'
import type { GatewayName } from './services.ts'
import type { Script, SeenRequest } from './upstream/script.ts'

/** The fake provider and the gateways run in vitest's main process; this is how a test file reaches them. */
async function control<Result>(verb: string, name: string, body?: unknown): Promise<Result> {
  const url = `${inject('services').fakeProvider}/control/${verb}?name=${encodeURIComponent(name)}`
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })
  return (await response.json()) as Result
}

let scripts = 0

/**
 * Registers a script, or one for each request in order (the last for all that follow), under a name of its own unless the
 * name matters. @returns the model (without a provider) that gets it
 */
export async function register(
  script: Script | Script[],
  model = `script-${process.pid}-${scripts++}`,
): Promise<string> {
  await control('script', model, script)
  return model
}

/** The requests that came for a model, in order. */
export function seenRequests(model: string): Promise<SeenRequest[]> {
  return control('seen', model)
}

/** The last lines a gateway and its functions have logged. */
export function logLines(gateway: GatewayName = 'normal'): Promise<string[]> {
  return control('log', gateway)
}

export interface FunctionProcess {
  function: string
  pid: number
  phase: string
  rssBytes?: number
}

export function functionProcesses(gateway: GatewayName = 'normal'): Promise<FunctionProcess[]> {
  return control('environments', gateway)
}
