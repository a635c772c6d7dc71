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
  await exchange(readEvent(event, context), response, deps)
  return response.result()
}
