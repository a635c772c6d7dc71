import { GatewayFault, invalidRequest } from '../errors.ts'
import { asObject } from '../events/json.ts'
import type { Call, GatewayRequest } from './request.ts'

/** Lambda takes 6 MB of event; a body above this never arrives there, but other transports need the same bound. */
const maxBodyBytes = 6 * 1024 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a JSON body as far as routing needs it.
 * @throws GatewayFault too_large, or invalid_request with the `param`
 */
export function readCall(request: GatewayRequest): Call {
  if (request.body.length > maxBodyBytes) {
    throw new GatewayFault({ code: 'too_large', message: 'The request body is above 6 MB.' })
  }
  const text = readText(request.body)
  const body = asObject(readJson(text))
  if (!body) throw invalidRequest('The request body must be a JSON object.')
  const { model, stream } = body
  if (model === undefined || model === null) throw invalidRequest('The request names no model.', 'model')
  if (typeof model !== 'string' || model === '') throw invalidRequest('`model` must be a non-empty string.', 'model')
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    throw invalidRequest('`stream` must be true or false.', 'stream')
  }
  return { text, body, model, streams: stream === true }
}

function readText(body: Buffer): string {
  try {
    return utf8.decode(body)
  } catch (cause) {
    throw new GatewayFault({ code: 'invalid_request', message: 'The request body is not valid UTF-8.' }, { cause })
  }
}

function readJson(text: string): unknown {
  if (text.trim() === '') throw invalidRequest('The request body is empty; it must be a JSON object.')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new GatewayFault({ code: 'invalid_request', message: 'The request body is not valid JSON.' }, { cause })
  }
}
