import type { GatewayError } from '../errors.ts'
import { asObject } from '../events/json.ts'
import type { RelayFormat } from '../formats/codec.ts'
import type { Frame } from '../framing/sse.ts'
import { quirksOf } from '../providers/quirks.ts'
import { forwardedHeaders } from './headers.ts'
import { eventStream } from './media-type.ts'
import { Observer } from './observe.ts'
import type { Call } from './request.ts'
import type { Target } from './route.ts'
import type { Prepared, Session } from './session.ts'
import type { Transfer } from './transfer.ts'

const nothing = new Uint8Array(0)

/**
 * RELAY: the provider speaks the client's format, so its bytes pass as they are, in whole events. Only two things may
 * differ: a usage frame the client did not ask for is withheld, and what is missing at the end is appended.
 */
export class Relay implements Transfer {
  readonly observer: Observer
  readonly #codec: RelayFormat
  readonly #withholdsUsage: boolean
  readonly #requestId: string
  #first: Frame | undefined
  #last: Frame | undefined

  constructor(codec: RelayFormat, observer: Observer, withholdsUsage: boolean, requestId: string) {
    this.observer = observer
    this.#codec = codec
    this.#withholdsUsage = withholdsUsage
    this.#requestId = requestId
  }

  push(frames: readonly Frame[]): Uint8Array {
    let withheld = false
    for (const frame of frames) {
      const isRoutine = this.observer.frame(frame)
      if (!isRoutine && frame.data === '') continue
      this.#first ??= frame
      this.#last = frame
      if (!isRoutine && this.#withholds(frame)) withheld = true
    }
    return withheld ? joined(frames.filter((frame) => !this.#withholds(frame))) : adjacent(frames)
  }

  end(last: Frame | undefined): Uint8Array {
    const rest = last ? this.push([last]) : nothing
    // Whatever follows the provider's own terminal event (a ping, a stray `[DONE]`), nothing is missing.
    const isOver = this.observer.state === 'closed' || this.observer.blind
    this.observer.end()
    const seen = { first: this.#first, last: this.#last }
    const missing = isOver ? '' : this.#codec.closeRelay(seen, this.observer.error, this.#requestId)
    // Clients skip a last event that lacks its blank line, and with it the answer's end.
    const lacksEnd = last?.cut === true && (last.data !== '' || missing !== '')
    if (missing === '' && !lacksEnd) return rest
    return Buffer.concat([rest, Buffer.from(lacksEnd ? `\n\n${missing}` : missing)])
  }

  fail(error: GatewayError): string {
    return this.#codec.closeRelay({ first: this.#first, last: this.#last }, error, this.#requestId)
  }

  #withholds(frame: Frame): boolean {
    return this.#withholdsUsage && this.observer.contained(() => this.#codec.isUsageOnly?.(frame)) === true
  }
}

/**
 * The client's own text goes on, but for the model's name, the fields that make the provider stream, and reasoning of
 * another provider, for which this one would refuse the request.
 * @throws GatewayFault invalid_request
 */
export function prepareRelay({ request, recording, losses, deps }: Session, call: Call, target: Target): Prepared {
  const { codec } = target
  codec.checkFields?.(call.fields)
  const quirks = quirksOf(target.provider)
  const foreign = codec.withoutForeignReasoning?.(call.fields, quirks) ?? {}
  if (Object.keys(foreign).length > 0) losses.add('foreign-reasoning')
  const changes = { ...codec.streamFields(call.fields, quirks), ...foreign }
  if (target.model !== call.model) changes.model = target.model
  const decoder = codec.createDecoder({ quirks, mint: deps.mint, fields: call.fields })
  const observer = new Observer(codec, decoder, recording.collector, undefined, call.streams ? 'client' : 'fold')
  const askedForUsage = asObject(call.fields.stream_options)?.include_usage === true
  return {
    body: call.edit(changes),
    contentType: call.contentType,
    accept: call.streams || changes.stream === true ? eventStream : '*/*',
    headers: forwardedHeaders(request.headers),
    query: request.query,
    transfer: new Relay(codec, observer, call.streams && !askedForUsage, recording.requestId),
  }
}

/** The frames of one push are adjacent views of one buffer: their bytes without a copy. */
function adjacent(frames: readonly Frame[]): Uint8Array {
  const first = frames[0]?.bytes
  if (frames.length <= 1) return first ?? nothing
  const last = frames.at(-1)?.bytes
  if (!first || !last) return nothing
  return Buffer.from(first.buffer, first.byteOffset, last.byteOffset + last.length - first.byteOffset)
}

function joined(frames: readonly Frame[]): Uint8Array {
  return Buffer.concat(frames.map((frame) => frame.bytes ?? nothing))
}
