import type { APIGatewayProxyStructuredResultV2, Context, LambdaFunctionURLEvent } from 'aws-lambda'
import { BufferedResponse } from './http/buffered-response.ts'
import { readEvent } from './http/function-url.ts'
import { answerUsage } from './usage/api.ts'
import { createUsageDeps } from './usage/deps.ts'

const deps = createUsageDeps()

/** Behind the usage URL: the usage page and the usage API, which only read. */
export async function handler(
  event: LambdaFunctionURLEvent,
  context: Context,
): Promise<APIGatewayProxyStructuredResultV2> {
  const response = new BufferedResponse()
  await answerUsage(readEvent(event, context), response, deps)
  return response.result()
}
