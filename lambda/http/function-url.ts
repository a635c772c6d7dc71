import type { Context, LambdaFunctionURLEvent } from 'aws-lambda'
import type { GatewayRequest } from '../gateway/request.ts'

/**
 * A function URL's event (payload format 2.0) as a gateway request. Lambda joins repeated headers with a comma and
 * sends binary bodies in base64. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
export function readEvent(event: LambdaFunctionURLEvent, context: Context): GatewayRequest {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(event.headers))
    if (value !== undefined) headers[name.toLowerCase()] = value
  return {
    method: event.requestContext.http.method,
    path: event.rawPath || '/',
    query: event.rawQueryString,
    headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    remainingMs: () => context.getRemainingTimeInMillis(),
  }
}
