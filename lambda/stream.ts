import type { LambdaFunctionURLEvent } from 'aws-lambda'
import { createDeps } from './deps.ts'
import { exchange } from './gateway/exchange.ts'
import { readEvent } from './http/function-url.ts'
import { StreamResponse } from './http/stream-response.ts'

const deps = await createDeps()

/** Behind the stream URL: every endpoint, streaming where the client asks for it. */
export const handler = awslambda.streamifyResponse<LambdaFunctionURLEvent>(async (event, stream, context) => {
  const request = readEvent(event, context)
  const response = new StreamResponse(stream, request.remainingMs)
  await exchange(request, await deps.compress(request, response), deps)
  response.breakOff()
})
