import { type GatewayError, withoutSecret } from '../errors.ts'
import { restoreTools, type ToolRestore } from '../events/tool-names.ts'
import type { Codec, Decoder, Encoder } from '../formats/codec.ts'
import type { Frame } from '../framing/sse.ts'
import type { Collector } from '../metrics/collector.ts'
import { capabilitiesOf } from '../providers/models.ts'
import { quirksOf } from '../providers/quirks.ts'
import { wantsThinkingText } from './headers.ts'
import { eventStream } from './media-type.ts'
import { Observer } from './observe.ts'
import type { Call } from './request.ts'
import type { ConversionTarget } from './route.ts'
import type { Prepared, Session } from './session.ts'
import type { Transfer } from './transfer.ts'

/** CONVERT: frames → decoder → canonical events → encoder → the client's frames. */
export class Convert implements Transfer {
  readonly observer: Observer
  readonly #encoder: Encoder
  #output = ''

  constructor(upstream: Codec, decoder: Decoder, encoder: Encoder, restore: ToolRestore, collector: Collector) {
    const encode = restoreTools(restore, (event) => {
      this.#output += encoder.push(event)
    })
    this.observer = new Observer(upstream, decoder, collector, encode)
    this.#encoder = encoder
  }

  push(frames: readonly Frame[]): string {
    for (const frame of frames) this.observer.frame(frame)
    return this.#take()
  }

  end(last: Frame | undefined): string {
    if (last) this.observer.frame(last)
    this.observer.end()
    return this.#take() + this.#encoder.end()
  }

  fail(error: GatewayError): string {
    // What came in one chunk with an exception of ours has not gone out yet.
    return this.#take() + this.#encoder.push({ type: 'error', error })
  }

  #take(): string {
    const output = this.#output
    this.#output = ''
    return output
  }
}

/** The client's request in canonical form, written anew for the provider's format. */
export function prepareConversion(session: Session, call: Call, target: ConversionTarget): Prepared {
  const { request, recording, losses, deps } = session
  const thinkingText = wantsThinkingText(request.headers, deps.thinkingText === true)
  const canonical = target.client.readRequest(call.fields, { headers: request.headers, losses, thinkingText })
  // An object always carries usage; a stream only if the client asked.
  if (!call.streams) canonical.includeUsage = true
  const quirks = quirksOf(target.provider)
  const capabilities = capabilitiesOf(target.model)
  const written = target.codec.writeRequest(canonical, { model: target.model, capabilities, quirks, losses })
  const decoder = target.codec.createDecoder({ quirks, mint: deps.mint })
  const encoder = target.client.createEncoder({
    requestId: recording.requestId,
    createdAt: Math.floor(deps.now() / 1000),
    now: deps.now,
    mint: deps.mint,
    request: canonical,
    wire: call.fields,
    losses,
  })
  return {
    body: JSON.stringify(written.body),
    contentType: 'application/json',
    accept: eventStream,
    headers: written.headers ?? {},
    query: '',
    transfer: new Convert(
      target.codec,
      decoder,
      discreet(encoder, target.provider.apiKey),
      written.restore,
      recording.collector,
    ),
  }
}

/** An encoder whose errors do not show the provider's key. */
function discreet(encoder: Encoder, secret: string | undefined): Encoder {
  return {
    push: (event) =>
      encoder.push(event.type === 'error' ? { ...event, error: withoutSecret(event.error, secret) } : event),
    end: () => encoder.end(),
  }
}
