import http from 'node:http'
import https from 'node:https'
import { pipeline } from 'node:stream/promises'
import type { LambdaFunctionURLEvent } from 'aws-lambda'

const upstream = process.env.SLUICE_BENCH_UPSTREAM ?? ''
const client = upstream.startsWith('https:') ? https : http
const agent = new client.Agent({ keepAlive: true })

/** A bare streaming pipe: what someone would write who wants nothing but the provider's bytes behind a function URL. */
export const handler = awslambda.streamifyResponse<LambdaFunctionURLEvent>(async (event, stream) => {
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
  const incoming = await post(event.rawPath, body)
  const type = incoming.headers['content-type'] ?? ''
  const metadata = { statusCode: incoming.statusCode ?? 502, headers: { 'content-type': type } }
  await pipeline(incoming, awslambda.HttpResponseStream.from(stream, metadata))
})

function post(path: string, body: Buffer): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    const request = client.request(upstream + path, { method: 'POST', agent, headers }, resolve)
    request.once('error', reject)
    request.end(body)
  })
}
