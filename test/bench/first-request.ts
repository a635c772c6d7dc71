import type { IncomingMessage } from 'node:http'
import type { Environment } from '../../infra/local/environment.ts'
import { PreludeReader } from '../../infra/local/url-answer.ts'
import type { FormatId } from '../../lambda/formats/codec.ts'
import { paths, requestBody } from './streams.ts'

/**
 * Hands an idle environment a request; resolves with the first byte of the answer's body.
 * @throws when the answer is no 200 or has no bytes
 */
export function firstByte(environment: Environment, payload: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const prelude = new PreludeReader()
    let headers = true
    const stream = (body: IncomingMessage) => {
      body.on('data', (chunk: Buffer) => {
        const answer = headers ? prelude.push(chunk) : { head: { status: 200 }, rest: chunk }
        if (!answer) return
        headers = false
        if (answer.head.status !== 200) reject(new Error(`the first request got ${answer.head.status}`))
        if (answer.rest.length > 0) resolve()
      })
      body.once('end', () => reject(new Error('the first request got no bytes')))
    }
    const fail = ({ message }: { message: string }) => reject(new Error(message))
    const result = (json: Buffer) => reject(new Error(`not streamed: ${json.toString()}`))
    environment.invoke({ requestId: 'cold', traceId: 'Root=1', payload, sink: { stream, result, fail } })
  })
}

/** A function URL's event, payload format 2.0, as far as the functions read it. */
export function requestEvent(client: FormatId, model: string, key: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      version: '2.0',
      rawPath: paths[client],
      rawQueryString: '',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      requestContext: { http: { method: 'POST', path: paths[client] } },
      body: JSON.stringify(requestBody(client, model)),
      isBase64Encoded: false,
    }),
  )
}
