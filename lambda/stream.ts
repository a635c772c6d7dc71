import type { LambdaFunctionURLEvent } from 'aws-lambda'
import { createDeps } from './deps.ts'
import { exchange } from './gateway/exchange.ts'
import { readEvent } from './http/function-url.ts'
import { StreamResponse } from './http/stream-response.ts'

const deps = createDeps()

/** Behind the stream URL: every endpoint, streaming where the client asks for it. */
export const handler = awslambda.streamifyResponse<LambdaFunctionURLEvent>((event, stream, context) =>
  exchange(readEvent(event, context), new StreamResponse(stream), deps),
)
