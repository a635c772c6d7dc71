import { type HttpAnswer, httpCall } from '../../support/http-call.ts'
import { headersOf, paths, requestOf, type Way } from '../../support/request.ts'
import type { Services } from '../../support/services.ts'
import type { Format } from '../../support/upstream/format.ts'
import type { Script } from '../../support/upstream/script.ts'

export interface Request {
  client: Format
  upstream: Format
  way: Way
  model: string
}

export async function register(services: Services, model: string, script: Script): Promise<void> {
  const url = `${services.fakeProvider}/control/script?name=${model}`
  await (await fetch(url, { method: 'POST', body: JSON.stringify(script) })).arrayBuffer()
}

export function send(services: Services, { client, upstream, way, model }: Request): Promise<HttpAnswer> {
  const { streamUrl, bufferUrl } = services.gateways.normal
  const base = way === 'streamed' || way === 'whole' ? streamUrl : bufferUrl
  return httpCall(base.replace(/\/$/, '') + paths[client], {
    headers: headersOf(client, services.gatewayKey),
    body: JSON.stringify(requestOf(client, upstream, model, way)),
  })
}

/** Did the platform refuse, before the gateway was asked? */
export function isThrottled({ status, headers }: HttpAnswer): boolean {
  return status === 429 && !headers.some(([name]) => name === 'x-sluice-request-id')
}

export interface FunctionProcess {
  function: string
  pid: number
  phase: string
  rssBytes?: number
}

/** The environments of the normal gateway. */
export async function processes(services: Services): Promise<FunctionProcess[]> {
  const response = await fetch(`${services.fakeProvider}/control/environments?name=normal`)
  return (await response.json()) as FunctionProcess[]
}
