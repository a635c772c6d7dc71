import { GatewayFault, invalidRequest } from '../errors.ts'
import { asObject } from '../events/json.ts'
import type { JsonObject } from '../events/request.ts'
import type { RelayFormat } from '../formats/codec.ts'
import { editFields } from './body-edit.ts'
import type { Call, GatewayRequest } from './request.ts'

/** Lambda takes 6 MB of event; a body above this never arrives there, but other transports need the same bound. */
const maxBodyBytes = 6 * 1024 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a body as far as routing and relaying need it.
 * @throws GatewayFault too_large, or invalid_request with the `param`
 */
export async function readCall(request: GatewayRequest, format: RelayFormat): Promise<Call> {
  if (request.body.length > maxBodyBytes) {
    throw new GatewayFault({ code: 'too_large', message: 'The request body is above 6 MB.' })
  }
  const contentType = request.headers['content-type'] ?? ''
  const isForm = contentType.toLowerCase().startsWith('multipart/form-data')
  const body = isForm ? await readFormBody(request.body, contentType) : readJsonBody(request.body)
  const { model, stream } = body.fields
  if (model === undefined || model === null) throw invalidRequest('The request names no model.', 'model')
  if (typeof model !== 'string' || model === '') throw invalidRequest('`model` must be a non-empty string.', 'model')
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    throw invalidRequest('`stream` must be true or false.', 'stream')
  }
  return { ...body, model, streams: format.wantsStream?.(body.fields) ?? stream === true }
}

type Body = Pick<Call, 'fields' | 'contentType' | 'edit'>

function readJsonBody(bytes: Buffer): Body {
  const text = readText(bytes)
  const fields = asObject(readJson(text))
  if (!fields) throw invalidRequest('The request body must be a JSON object.')
  return { fields, contentType: 'application/json', edit: (changes) => editFields(text, changes) }
}

async function readFormBody(bytes: Buffer, contentType: string): Promise<Body> {
  const { editForm, readForm } = await import('./form.ts')
  const form = readForm(bytes, contentType)
  const fields: JsonObject = {}
  for (const { name, value } of form) fields[name] = name === 'stream' ? value === 'true' : value
  return { fields, contentType, edit: (changes) => editForm(bytes, form, changes) }
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

/**
 * Work on what a client sent. Writing it anew takes a level of the stack for each of its own, where parsing takes none.
 * @throws GatewayFault invalid_request if that is more than there is, and what `work` throws
 */
export function withinStack<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    throw cause instanceof RangeError ? invalidRequest('The request is nested too deeply.') : cause
  }
}
