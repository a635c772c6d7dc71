import { finished, Readable } from 'node:stream'
import type { GatewayError } from '../errors.ts'
import { type Frame, SseReader } from '../framing/sse.ts'
import type { Deadline } from './deadline.ts'
import type { Observer } from './observe.ts'
import type { Outlet } from './outlet.ts'

/** One of the two stream primitives: RELAY (relay.ts) or CONVERT (convert.ts). Empty output is nothing to say yet. */
export interface Transfer {
  readonly observer: Observer
  /** The provider's frames in, what the client must get for them out. */
  push(frames: readonly Frame[]): Uint8Array | string
  /** The body is over; `last` is an event without its blank line. */
  end(last: Frame | undefined): Uint8Array | string
  /** The client's words for an error after the head was sent. */
  fail(error: GatewayError): string
}

/** A provider's body: from the network, or a whole answer in one piece. */
export type ByteSource = Readable | Iterable<Uint8Array>

/** Takes a chunk; what it returns is awaited before the next one. */
type Take = (bytes: Uint8Array) => Promise<void> | undefined

/**
 * Moves a provider's event stream to the client: synchronous work and one write for each network chunk.
 * @throws GatewayFault for a stream that failed while nothing was committed, and whatever reading the body throws
 */
export async function pump(body: ByteSource, transfer: Transfer, outlet: Outlet, deadline: Deadline): Promise<void> {
  const { observer } = transfer
  const reader = new SseReader()
  const take: Take = (bytes) => {
    const frames = reader.push(bytes)
    if (frames.length === 0) return undefined
    observer.came(frames.length)
    const output = transfer.push(frames)
    outlet.advance(observer)
    const written = outlet.write(output)
    if (written) return afterClient(written, observer, deadline)
    keepTime(observer, deadline)
    return undefined
  }
  try {
    await eachChunk(body, take)
  } catch (cause) {
    // A body that breaks off is over; whether the answer was complete by then is the decoder's judgement.
    if (!isBrokenBody(cause)) throw cause
  }
  const output = transfer.end(reader.end())
  outlet.advance(observer)
  await outlet.finish(output)
}

/** @throws what the body throws, also where it was destroyed before its end, and what `take` throws */
async function eachChunk(body: ByteSource, take: Take): Promise<void> {
  if (body instanceof Readable) return eachRead(body, take)
  for (const bytes of body) {
    const busy = take(bytes)
    if (busy) await busy
  }
}

/** By events: the iterator of `for await` makes several promises a chunk, which cost more than all the work on it. */
function eachRead(body: Readable, take: Take): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      body.off('data', onData)
      reject(cause)
    }
    const onData = (bytes: Uint8Array) => {
      try {
        const busy = take(bytes)
        if (!busy) return
        body.pause()
        busy.then(() => body.resume(), fail)
      } catch (cause) {
        fail(cause)
      }
    }
    finished(body, { writable: false }, (cause) => (cause ? reject(cause) : resolve()))
    body.on('data', onData)
  })
}

/** One look at the clock a network chunk, for the answer's pace and the deadline. */
function keepTime(observer: Observer, deadline: Deadline): void {
  if (deadline.isFinishing) return
  const { state, started } = observer
  const now = observer.takeProgress() ? observer.keepPace() : undefined
  if (state !== 'open') deadline.finishing()
  else if (now !== undefined) deadline.progress(started, now)
}

/** The time a slow client takes is no silence of the provider's. */
async function afterClient(written: Promise<void>, observer: Observer, deadline: Deadline): Promise<void> {
  const goOn = deadline.pause()
  await written
  goOn()
  keepTime(observer, deadline)
}

/** Errors of sockets and decompression carry a code; faults and exceptions of the gateway's own do not. */
export function isBrokenBody(cause: unknown): boolean {
  return cause instanceof Error && typeof (cause as NodeJS.ErrnoException).code === 'string'
}
