import type { Readable } from 'node:stream'
import { type GatewayError, GatewayFault, isSecret, RelayedFault } from '../errors.ts'
import { parseObject } from '../events/json.ts'
import { brokenOff, malformed, type WholeObject } from './answer.ts'
import type { Target } from './route.ts'
import { isBrokenBody } from './transfer.ts'
import type { UpstreamResponse } from './upstream.ts'

// Answers that are read whole before anything is done with them: errors, and objects.

/** Whole answers and error pages; beyond it a whole answer fails and an error page is cut. */
const maxWholeBytes = 64 * 1024 * 1024
const maxErrorBytes = 1024 * 1024

/** A relayed error keeps status and body, if there is one; any other becomes the client format's. */
export async function refusal(answer: UpstreamResponse, target: Target): Promise<GatewayFault> {
  const { bytes, brokenBy } = await readWhole(answer.body, maxErrorBytes)
  const text = bytes.toString()
  const error = target.codec.readError({ ...answer, body: text })
  const saysNothing = bytes.length === 0 || (brokenBy !== undefined && !parseObject(text))
  if (target.mode === 'convert' || saysNothing) return new GatewayFault(providersOwn(error, target))
  const contentType = answer.headers['content-type'] ?? 'application/json'
  const body = withoutKey(bytes, target.provider.apiKey)
  return new RelayedFault(error, { status: answer.status, contentType, body })
}

/** A provider that refuses the gateway's key must not look like a gateway that refuses the client's. */
function providersOwn(error: GatewayError, { provider }: Target): GatewayError {
  if (error.code !== 'authentication' && error.code !== 'permission') return error
  const message = `The provider "${provider.id}" refused the gateway’s credentials: ${error.message}`
  return { ...error, message, detail: 'upstream_authentication' }
}

/** The one reason to touch a relayed byte: some providers quote the key they refuse. */
function withoutKey(body: Buffer, key: string | undefined): Buffer {
  return isSecret(key) && body.includes(key) ? Buffer.from(body.toString().replaceAll(key, '[key]')) : body
}

/** What a provider answers that does not stream, or ignored that it should. */
export async function readObject(
  answer: UpstreamResponse,
  { codec, path }: Pick<Target, 'codec' | 'path'>,
): Promise<WholeObject> {
  const { bytes: text, brokenBy } = await readWhole(answer.body, maxWholeBytes)
  const object = parseObject(text.toString())
  if (!object) throw brokenBy ? brokenOff(brokenBy) : malformed('The provider answered with JSON that is no object.')
  if (object.error) throw new GatewayFault(codec.readError({ ...answer, body: text.toString() }))
  const contentType = answer.headers['content-type'] ?? ''
  return { kind: 'object', status: answer.status, contentType, text, frames: codec.cutObject(object, path) }
}

interface WholeBody {
  bytes: Buffer
  /** The body broke off, and this is what came of it: whether that is enough, who reads it knows. */
  brokenBy?: unknown
}

async function readWhole(body: Readable, maxBytes: number): Promise<WholeBody> {
  const chunks: Buffer[] = []
  let size = 0
  let brokenBy: unknown
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size <= maxBytes) continue
      if (maxBytes === maxErrorBytes) break
      throw new GatewayFault({ code: 'upstream_too_large', message: 'The provider’s answer is above 64 MB.' })
    }
  } catch (cause) {
    if (!isBrokenBody(cause)) throw cause
    brokenBy = cause
  }
  return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), brokenBy }
}
