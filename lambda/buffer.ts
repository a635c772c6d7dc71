import type { APIGatewayProxyStructuredResultV2, Context, LambdaFunctionURLEvent } from 'aws-lambda'
import { createDeps } from './deps.ts'
import { exchange } from './gateway/exchange.ts'
import { BufferedResponse } from './http/buffered-response.ts'
import { readEvent } from './http/function-url.ts'

const deps = await createDeps()

/** Behind the buffer URL: the same endpoints for clients that cannot stream. */
export async function handler(
  event: LambdaFunctionURLEvent,
  context: Context,
): Promise<APIGatewayProxyStructuredResultV2> {
  const response = new BufferedResponse()
  const request = readEvent(event, context)
  await exchange(request, await deps.compress(request, response), deps)
  return response.result()
}
