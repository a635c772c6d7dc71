import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { LOCAL_ACCOUNT } from './function-variables.ts'
import { type Closable, closeServer, listenOnLoopback } from './server.ts'

const TARGET = 'secretsmanager.GetSecretValue'
const REQUEST_LIMIT = 64 * 1024

export interface SecretsEndpoint extends Closable {
  endpoint: string
}

/**
 * The one operation of Secrets Manager the gateway uses, for one secret
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html).
 * @param readSecret called for every request; what it throws is told to the caller as an InternalServiceError
 */
export async function serveSecrets(
  secretName: string,
  region: string,
  readSecret: () => Record<string, unknown>,
  report: (text: string) => void,
): Promise<SecretsEndpoint> {
  const server = createServer((request, response) => {
    answer(request, secretName, region, readSecret)
      .catch((error: unknown): Answer => {
        report(`the secret cannot be read: ${(error as Error).message}`)
        return [500, { __type: 'InternalServiceError', message: (error as Error).message }]
      })
      .then((result) => send(response, result))
  })
  const { url } = await listenOnLoopback(server, 0)
  return { endpoint: url, close: () => closeServer(server) }
}

type Answer = [status: number, body: Record<string, unknown>]

async function answer(
  request: IncomingMessage,
  secretName: string,
  region: string,
  readSecret: () => Record<string, unknown>,
): Promise<Answer> {
  const target = request.headers['x-amz-target']
  if (request.method !== 'POST' || target !== TARGET) {
    return [400, { __type: 'UnknownOperationException', message: `only ${TARGET} is served, not ${target}` }]
  }
  const arn = `arn:aws:secretsmanager:${region}:${LOCAL_ACCOUNT}:secret:${secretName}-local0`
  const asked = await readSecretId(request)
  if (asked !== secretName && asked !== arn) {
    return [400, { __type: 'ResourceNotFoundException', message: "Secrets Manager can't find the specified secret." }]
  }
  return [
    200,
    {
      ARN: arn,
      Name: secretName,
      VersionId: '00000000-0000-0000-0000-000000000000',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: 0,
      SecretString: JSON.stringify(readSecret()),
    },
  ]
}

async function readSecretId(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk
    if (text.length > REQUEST_LIMIT) throw new Error('the request is too large')
  }
  return (JSON.parse(text) as { SecretId?: unknown }).SecretId
}

function send(response: ServerResponse, [status, body]: Answer): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(text),
    ...(status === 200 ? {} : { 'x-amzn-errortype': String(body.__type) }),
  })
  response.end(text)
}
