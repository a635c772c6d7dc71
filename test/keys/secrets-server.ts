import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Credentials the server knows. */
export const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a/secret+key', sessionToken: 'the-session' }
export const region = 'eu-central-1'

/** What one call answers; `hang` never does. */
export type Failure = { status: number; body: string } | 'hang' | undefined

/** A Secrets Manager with one secret, on loopback, that refuses any request whose signature is wrong. */
export interface SecretsServer {
  url: string
  /** The secret's text; undefined: there is none. */
  secret: string | undefined
  failure: Failure
  /** Operations in the order they came. */
  calls: string[]
  close(): Promise<void>
}

/** The one secret: its name, and the stack it says it is of. */
export const secretName = 'SecretA720EF05-x1y2z3'
export const stackName = 'Sluice'

export async function startSecretsServer(secret?: string): Promise<SecretsServer> {
  const http = createServer(async (request, response) => {
    const body = await textOf(request)
    const operation = String(request.headers['x-amz-target']).replace('secretsmanager.', '')
    server.calls.push(operation)
    if (server.failure === 'hang') return
    const { status, body: text } = server.failure ?? answer(server, operation, request, body)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(text)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const server: SecretsServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    secret,
    failure: undefined,
    calls: [],
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
  return server
}

function answer(server: SecretsServer, operation: string, request: IncomingMessage, body: string) {
  if (!signatureHolds(request, body)) return refusal(400, 'InvalidSignatureException', 'The signature does not match.')
  const input = JSON.parse(body)
  if (operation === 'ListSecrets') {
    const tagged = (Name: string, Value: string) => ({ Name, Tags: [{ Key: 'aws:cloudformation:stack-name', Value }] })
    return success({ SecretList: [tagged(secretName, stackName), tagged('Other-1', `${stackName}Staging`)] })
  }
  if (input.SecretId !== secretName || server.secret === undefined) {
    return refusal(400, 'ResourceNotFoundException', 'Secrets Manager can’t find the specified secret.')
  }
  if (operation === 'PutSecretValue') server.secret = input.SecretString
  return success({ ARN: 'arn', Name: secretName, VersionId: '1', SecretString: server.secret })
}

const success = (value: object) => ({ status: 200, body: JSON.stringify(value) })
const refusal = (status: number, __type: string, message: string) => ({
  status,
  body: JSON.stringify({ __type, message }),
})

/** Signature version 4 from its definition: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
function signatureHolds({ method, url, headers }: IncomingMessage, body: string): boolean {
  const form = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
  const [, credential = '', signed = '', signature] = form.exec(headers.authorization ?? '') ?? []
  const names = signed.split(';')
  if (!['host', 'x-amz-date', 'x-amz-security-token'].every((name) => names.includes(name))) return false
  if (headers['x-amz-security-token'] !== credentials.sessionToken) return false
  const canonicalHeaders = names.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('')
  const canonical = [method, url, '', canonicalHeaders, signed, sha256(body)].join('\n')
  const date = String(headers['x-amz-date'])
  const scope = [date.slice(0, 8), region, 'secretsmanager', 'aws4_request']
  if (credential !== [credentials.accessKeyId, ...scope].join('/')) return false
  const signingKey = scope.reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`)
  const toSign = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(canonical)].join('\n')
  return hmac(signingKey, toSign).toString('hex') === signature
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
