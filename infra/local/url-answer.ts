/** Status and headers of an answer, ready for `writeHead`: names and values alternate, repeated names allowed. */
export interface AnswerHead {
  status: number
  headers: string[]
}

export interface BufferedAnswer extends AnswerHead {
  body: Buffer
}

/** The function's answer breaks the rules of function URLs; the client gets 502 and the message goes to the log. */
export class MalformedAnswerError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedAnswerError'
  }
}

/** Headers the platform sets itself and therefore hands out under another name. */
const REMAPPED = new Set(['www-authenticate', 'content-length', 'connection', 'date', 'server'])
/** Framing of the connection between platform and client: never the function's to say. */
const DROPPED = new Set(['transfer-encoding', 'keep-alive'])

const DELIMITER_LENGTH = 8
/** A prelude holds a status and headers; one that is longer is no prelude. */
const PRELUDE_LIMIT = 1024 * 1024

/** Collects the prelude of a streamed answer: JSON, eight NUL bytes, then the body. */
export class PreludeReader {
  #seen: Buffer = Buffer.alloc(0)

  /** @returns the head and the first bytes of the body, or undefined while the prelude is incomplete */
  push(chunk: Buffer): { head: AnswerHead; rest: Buffer } | undefined {
    this.#seen = this.#seen.length === 0 ? chunk : Buffer.concat([this.#seen, chunk])
    const at = this.#seen.indexOf(0)
    if (at === -1 && this.#seen.length > PRELUDE_LIMIT) throw new MalformedAnswerError('the prelude does not end')
    if (at === -1 || this.#seen.length < at + DELIMITER_LENGTH) return undefined
    const prelude = parseJson(this.#seen.toString('utf8', 0, at), 'the prelude of the streamed answer')
    if (!isRecord(prelude)) throw new MalformedAnswerError('the prelude of the streamed answer is not an object')
    return {
      head: answerHead(prelude, 'application/octet-stream'),
      rest: this.#seen.subarray(at + DELIMITER_LENGTH),
    }
  }

  /** What came in so far; a body without a prelude when the stream has ended. */
  get pending(): Buffer {
    return this.#seen
  }
}

/**
 * Reads the value a handler returned: an object with `statusCode`, or any other JSON value, which is then the body of a
 * 200 (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload).
 * @throws {MalformedAnswerError}
 */
export function readResult(json: Buffer): BufferedAnswer {
  const value = parseJson(json.toString('utf8'), 'the returned value')
  if (!isRecord(value) || value.statusCode === undefined) {
    return { status: 200, headers: ['content-type', 'application/json'], body: json }
  }
  const { body = '', isBase64Encoded = false } = value
  if (typeof body !== 'string') throw new MalformedAnswerError(`body must be a string, not ${typeof body}`)
  return {
    ...answerHead(value, 'application/json'),
    body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'),
  }
}

function answerHead(value: Record<string, unknown>, defaultType: string): AnswerHead {
  const status = Number(value.statusCode ?? 200)
  if (!Number.isInteger(status) || status < 100 || status > 599) {
    throw new MalformedAnswerError(`statusCode ${JSON.stringify(value.statusCode)} is no HTTP status`)
  }
  const headers: string[] = []
  let hasType = false
  for (const [name, content] of Object.entries(asRecord(value.headers, 'headers'))) {
    const lower = name.toLowerCase()
    if (DROPPED.has(lower)) continue
    hasType ||= lower === 'content-type'
    headers.push(REMAPPED.has(lower) ? `x-amzn-remapped-${lower}` : lower, headerValue(name, content))
  }
  if (!hasType) headers.push('content-type', defaultType)
  for (const cookie of asStrings(value.cookies)) headers.push('set-cookie', cookie)
  return { status, headers }
}

function headerValue(name: string, content: unknown): string {
  if (typeof content === 'string' || typeof content === 'number' || typeof content === 'boolean') return String(content)
  throw new MalformedAnswerError(`header ${name} must be a string`)
}

function asRecord(value: unknown, field: string): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (!isRecord(value)) throw new MalformedAnswerError(`${field} must be an object`)
  return value
}

function asStrings(value: unknown): string[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value
  throw new MalformedAnswerError('cookies must be an array of strings')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new MalformedAnswerError(`${what} is not JSON: ${(error as Error).message}`)
  }
}
