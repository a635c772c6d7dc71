import type { Format } from '../upstream/format.ts'
import { asJson, Problems } from './problems.ts'

const messagesTypes: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  409: 'conflict_error',
  413: 'request_too_large',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  500: 'api_error',
  502: 'api_error',
  503: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/**
 * An error that the gateway wrote: the status and body of the client’s format, and a message for people (no stack, path,
 * URL or credential).
 */
export function checkError(format: Format, status: number, body: string): string[] {
  const problems = new Problems()
  const value = asJson(JSON.parse(body))
  const error = asJson(value.error)
  problems.expect(typeof error.message === 'string' && error.message !== '', 'no message')
  if (format === 'M') {
    problems.expect(value.type === 'error', `type ${value.type}`)
    problems.expect(error.type === messagesTypes[status], `${error.type} with status ${status}`)
  } else {
    problems.expect(Object.keys(value).join() === 'error', `fields ${Object.keys(value)}`)
    problems.expect(Object.keys(error).sort().join() === 'code,message,param,type', `fields ${Object.keys(error)}`)
    problems.expect(typeof error.type === 'string', 'no type')
  }
  const inner = /\n\s+at |node_modules|\.mjs|\/var\/task|provider-key|127\.0\.0\.1|sk-sluice/
  problems.expect(!inner.test(String(error.message)), `the message shows internals: ${error.message}`)
  return problems.list
}
