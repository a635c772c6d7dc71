import { monotonicMs } from '../../lambda/clock.ts'
import { mintId } from '../../lambda/events/ids.ts'
import { Losses } from '../../lambda/events/losses.ts'
import type { Codec, FormatId } from '../../lambda/formats/codec.ts'
import { Convert } from '../../lambda/gateway/convert.ts'
import { Deadline } from '../../lambda/gateway/deadline.ts'
import { MeteredResponse } from '../../lambda/gateway/metered-response.ts'
import { Observer } from '../../lambda/gateway/observe.ts'
import { FoldOutlet, StreamOutlet } from '../../lambda/gateway/outlet.ts'
import { Recording } from '../../lambda/gateway/recording.ts'
import { Relay } from '../../lambda/gateway/relay.ts'
import type { ClientResponse } from '../../lambda/gateway/request.ts'
import { type ByteSource, pump, type Transfer } from '../../lambda/gateway/transfer.ts'
import { codecs } from '../support/codecs.ts'
import { requestBody } from './streams.ts'

/** From which provider's format to which client's; a relay where they are the same. */
export interface Direction {
  upstream: FormatId
  client: FormatId
}

const quarterHour = 900_000
const limits = {
  connectMs: quarterHour,
  headersMs: quarterHour,
  firstContentMs: quarterHour,
  idleMs: quarterHour,
  graceMs: quarterHour,
  keepAliveMs: quarterHour,
  reserveMs: 0,
  drainMs: quarterHour,
}

/** A client that takes everything at once and keeps nothing. */
class NullResponse implements ClientResponse {
  readonly live = false
  opened = false

  open(): void {
    this.opened = true
  }

  write(): undefined {}

  abort(): void {}

  end(): void {}
}

export interface Passed {
  frames: number
  bytesOut: number
}

/**
 * Moves an answer through everything between the provider's socket and the client's: reader, observer, transfer, outlet
 * and meters, all as in production.
 * @throws when the answer did not come out as a success, since timing a failure would say nothing
 */
export async function passThrough(body: ByteSource, direction: Direction, fold = false): Promise<Passed> {
  const client: Codec = codecs[direction.client]
  const upstream: Codec = codecs[direction.upstream]
  const recording = createRecording()
  const { collector } = recording
  const response = new MeteredResponse(new NullResponse(), recording, () => {})
  const outlet = fold
    ? new FoldOutlet(response, {}, client)
    : new StreamOutlet(response, {}, client.keepAlive, limits.keepAliveMs)
  const deadline = new Deadline(limits, quarterHour, () => {})
  try {
    await pump(body, createTransfer(upstream, client, recording), outlet, deadline)
  } finally {
    deadline.clear()
    outlet.close()
  }
  const { error, finish, frames, bytesOut } = collector.metrics()
  if (error || finish?.reason !== 'stop') throw new Error(`the answer failed: ${JSON.stringify(error ?? finish)}`)
  return { frames, bytesOut }
}

function createRecording(): Recording {
  const request = {
    method: 'POST',
    path: '/',
    query: '',
    headers: {},
    body: Buffer.alloc(0),
    remainingMs: () => quarterHour,
  }
  return new Recording(request, Date.now(), monotonicMs)
}

function createTransfer(upstream: Codec, client: Codec, recording: Recording): Transfer {
  const { collector, requestId } = recording
  const decoder = upstream.createDecoder({ quirks: {}, mint: mintId })
  if (upstream === client) return new Relay(client, new Observer(client, decoder, collector), false, requestId)
  const losses = new Losses()
  const wire = requestBody(client.id, 'bench/model')
  const encoder = client.createEncoder({
    requestId,
    createdAt: Math.floor(Date.now() / 1000),
    mint: mintId,
    request: client.readRequest(wire, { headers: {}, losses }),
    wire,
    losses,
  })
  return new Convert(upstream, decoder, encoder, new Map(), collector)
}
