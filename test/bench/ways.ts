import type { ProcessUsage } from '../../infra/local/process-usage.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { timedPost } from './client.ts'
import type { Peer } from './peer.ts'
import { type Script, writeScript } from './script.ts'
import { providerIds, type Stage, settled } from './stage.ts'
import { paths, requestBody } from './streams.ts'

/** One way from a client to the provider. */
export interface Way {
  name: string
  /** What stands between: nothing, the bare pipe's function, the gateway's, or the peer's server. */
  via: 'nothing' | 'pipe' | 'stream' | 'peer'
  client: FormatId
  upstream: FormatId
}

export interface Sample {
  firstMs: number
  totalMs: number
  /** Of the process between, until it has nothing left to do for the request. NaN where there is none. */
  cpuMs: number
  rssBytes: number
}

export type Samples = Map<Way, Sample[]>

const C = 'openai-chat'
const M = 'anthropic-messages'

/** What the provider's own answer takes, and what anything between cannot be faster than. */
export const directs = {
  [C]: { name: 'direct C', via: 'nothing', client: C, upstream: C },
  [M]: { name: 'direct M', via: 'nothing', client: M, upstream: M },
} as const satisfies Partial<Record<FormatId, Way>>

export const pipes = {
  [C]: { name: 'pipe C', via: 'pipe', client: C, upstream: C },
  [M]: { name: 'pipe M', via: 'pipe', client: M, upstream: M },
} as const satisfies Partial<Record<FormatId, Way>>

export const gatewayWays: readonly Way[] = [
  { name: 'relay M', via: 'stream', client: M, upstream: M },
  { name: 'convert C←M', via: 'stream', client: C, upstream: M },
  { name: 'relay C', via: 'stream', client: C, upstream: C },
  { name: 'convert M←C', via: 'stream', client: M, upstream: C },
]

export const peerWays: readonly Way[] = [
  { name: 'peer, relay C', via: 'peer', client: C, upstream: C },
  { name: 'peer, convert C←M', via: 'peer', client: C, upstream: M },
]

/** What the last bytes of a complete answer hold. */
const endings = {
  'openai-chat': '[DONE]',
  'anthropic-messages': 'message_stop',
  'openai-responses': 'response.completed',
} as const satisfies Record<FormatId, string>

/** The way without anything between that brings the same answer from the provider. */
export function directOf({ upstream }: Way): Way {
  return directs[upstream as keyof typeof directs]
}

/** The bare pipe that a way is held against; none for itself and where there is nothing between. */
export function pipeOf({ via, upstream }: Way): Way | undefined {
  return via === 'stream' || via === 'peer' ? pipes[upstream as keyof typeof pipes] : undefined
}

/**
 * One request a way in turn, so that whatever else the machine does hits all ways alike.
 * @param warmup rounds before the first one that counts
 */
export async function interleave(
  ways: readonly Way[],
  stage: Stage,
  peer: Peer | undefined,
  script: Script,
  { rounds, warmup }: { rounds: number; warmup: number },
): Promise<Samples> {
  const samples: Samples = new Map(ways.map((way) => [way, []]))
  for (let round = 0; round < rounds + warmup; round++) {
    for (const [way, list] of samples) {
      const sample = await send(way, targetOf(way, stage, peer), script, stage.gateway.key)
      if (round >= warmup) list.push(sample)
    }
  }
  return samples
}

/** Where the requests of a way go. */
interface Target {
  url: string
  /** The provider's place in the model's name: `messages/`. */
  prefix: string
  headers: Record<string, string>
  /** What the process between has used, once it has come to rest; before its first request nothing. */
  usage(): Promise<ProcessUsage | undefined>
}

function targetOf({ via, upstream }: Way, stage: Stage, peer: Peer | undefined): Target {
  const plain = { prefix: '', headers: {} }
  if (via === 'nothing') return { ...plain, url: stage.providerUrl, usage: async () => undefined }
  if (via === 'peer') {
    if (!peer) throw new Error('there is no peer')
    return { ...plain, url: peer.url, headers: peer.headers(upstream), usage: peer.settled }
  }
  const fn = stage.fn(via)
  const usage = async () => (fn.environments().length > 0 ? await settled(fn) : undefined)
  return { ...plain, url: fn.url, prefix: via === 'stream' ? `${providerIds[upstream]}/` : '', usage }
}

async function send({ client }: Way, target: Target, script: Script, key: string): Promise<Sample> {
  const { url, prefix, headers, usage } = target
  const body = requestBody(client, prefix + writeScript(script))
  const before = await usage()
  const timing = await timedPost(url + paths[client], body, key, endings[client], headers)
  const after = await usage()
  const cpuMs = (after?.cpuMs ?? Number.NaN) - (before?.cpuMs ?? 0)
  return { ...timing, cpuMs, rssBytes: after?.rssBytes ?? Number.NaN }
}

export function figures(samples: Samples, way: Way, field: keyof Sample): number[] {
  return (samples.get(way) ?? []).map((sample) => sample[field])
}
