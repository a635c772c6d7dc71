import { isUtf8 } from 'node:buffer'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { GatewayFault } from '../errors.ts'
import type { ClientResponse } from '../gateway/request.ts'

/** Lambda refuses a buffered answer above 6 MB of JSON, body escaped and head included; some of it is left for the head. */
const maxEscapedBytes = 6 * 1024 * 1024 - 16 * 1024

/** The answer of a BUFFERED function: collected, then returned at once. */
export class BufferedResponse implements ClientResponse {
  readonly live = false
  #head: { status: number; headers: Record<string, string> } | undefined
  #chunks: Buffer[] = []
  #escapedBytes = 0

  get opened(): boolean {
    return this.#head !== undefined
  }

  open(status: number, headers: Record<string, string>): void {
    this.#head = { status, headers }
  }

  write(chunk: string | Uint8Array): undefined {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk)
    this.#escapedBytes += this.#isText ? escapedLength(bytes) : Math.ceil(bytes.length / 3) * 4
    if (this.#escapedBytes > maxEscapedBytes) this.#refuse()
    this.#chunks.push(bytes)
  }

  abort(): void {
    this.#forget()
  }

  end(): void {}

  /** What the function returns. Text bodies go as text, everything else in base64. */
  result(): APIGatewayProxyStructuredResultV2 {
    const { status, headers } = this.#head ?? { status: 500, headers: {} }
    const body = Buffer.concat(this.#chunks)
    const isText = this.#isText && isUtf8(body)
    return {
      statusCode: status,
      headers,
      body: body.toString(isText ? 'utf8' : 'base64'),
      isBase64Encoded: !isText,
    }
  }

  get #isText(): boolean {
    const { 'content-type': type = 'text/plain', 'content-encoding': encoding } = this.#head?.headers ?? {}
    return encoding === undefined && /^(text\/|application\/jsonl?\b)/.test(type)
  }

  /** Nothing has left yet, so the whole answer can still become an error. */
  #forget(): void {
    this.#head = undefined
    this.#chunks = []
    this.#escapedBytes = 0
  }

  #refuse(): never {
    this.#forget()
    throw new GatewayFault({
      code: 'upstream_too_large',
      message: 'The answer is above the 6 MB that this URL can carry; ask the stream URL, which has no such limit.',
    })
  }
}

/** Bytes of a text inside a JSON string. */
function escapedLength(text: Buffer): number {
  return Buffer.byteLength(JSON.stringify(text.toString())) - 2
}
