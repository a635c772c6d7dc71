import type { GatewayError } from '../../errors.ts'
import { openAiErrorBody } from '../shared/openai-error.ts'

/** Members of the `error` event: nested as OpenAI's own stream has them, and flat as its published type has them. */
export function errorMembers(error: GatewayError): string {
  const { message, type, code, param } = openAiErrorBody(error)
  const nested = JSON.stringify({ type, code, message, param })
  return `"error":${nested},"code":${JSON.stringify(code)},"message":${JSON.stringify(message)},"param":${JSON.stringify(param)}`
}

/** `response.error`, whose code comes from a published enumeration of few words. */
export function failureOf(error: GatewayError): { code: string; message: string } {
  const code = error.code === 'rate_limit' ? 'rate_limit_exceeded' : 'server_error'
  return { code, message: openAiErrorBody(error).message }
}
