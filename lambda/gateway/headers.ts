import type { Losses } from '../events/losses.ts'
import type { Target } from './route.ts'

/**
 * Which headers cross the gateway: lists of what may pass, not of what may not, so that a header nobody thought of
 * stays where it is. Names in lower case; `prefix-*` stands for all that start so.
 */

/** Client → provider. Never credentials, cookies, addresses or hop-by-hop headers. */
const goingUp = [
  'anthropic-version',
  'anthropic-beta',
  'anthropic-dangerous-direct-browser-access',
  'openai-beta',
  'user-agent',
  'idempotency-key',
  'originator',
  'session-id',
  'thread-id',
  'x-app',
  'x-claude-code-*',
  'x-client-request-id',
  'x-codex-*',
  // Codex says with it that its tools stand in `input`.
  'x-openai-internal-codex-*',
  'x-stainless-*',
]

/** Provider → client. Never `content-encoding`, `content-length`, `set-cookie` or account names. */
const comingDown = [
  'anthropic-ratelimit-*',
  'openai-processing-ms',
  'openai-version',
  'ratelimit-*',
  'retry-after',
  'retry-after-ms',
  'x-ratelimit-*',
  'x-should-retry',
]

function matcher(names: readonly string[]): (name: string) => boolean {
  const exact = new Set(names.filter((name) => !name.endsWith('*')))
  const prefixes = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))
  return (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix))
}

const mayGoUp = matcher(goingUp)
const mayComeDown = matcher(comingDown)

type Headers = Readonly<Record<string, string>>

/** The client's headers that a provider may see. */
export function forwardedHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => mayGoUp(name)))
}

/** Does a Chat client want reasoning as text? `x-sluice-reasoning: text` or `fields`; else the operator's choice. */
export function wantsThinkingText(headers: Headers, byDefault: boolean): boolean {
  const asked = headers['x-sluice-reasoning']?.trim().toLowerCase()
  return asked === 'text' || (byDefault && asked !== 'fields')
}

/** The provider's headers that a client may see. */
export function downstreamHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => mayComeDown(name)))
}

/** The provider's own id of a request, under the names in use. */
export function upstreamRequestId(headers: Headers): string | undefined {
  return headers['x-request-id'] ?? headers['request-id'] ?? headers['x-amzn-requestid']
}

/** The gateway's own id under the names that SDKs print in their exceptions, so that an error leads to its record. */
export function identityHeaders(requestId: string): Record<string, string> {
  return { 'x-request-id': requestId, 'request-id': requestId, 'x-sluice-request-id': requestId }
}

/** What the gateway says about itself on every answer of a provider. */
export function gatewayHeaders(target: Target, losses: Losses): Record<string, string> {
  const codes = losses.list()
  return {
    'x-sluice-mode': target.mode,
    'x-sluice-provider': target.provider.id,
    ...(codes.length > 0 && { 'x-sluice-losses': codes.join(',') }),
  }
}
