import { createHash } from 'node:crypto'
import type { UsageAnswer } from './answer.ts'

/**
 * What the page may do: run the code and style that are named by their hashes, ask its own origin, and nothing else.
 * @param scripts texts of its inline scripts, exactly as they stand between the tags
 * @param styles texts of its inline style sheets
 */
export function pagePolicy(scripts: readonly string[], styles: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src ${sources(scripts)}`,
    `style-src ${sources(styles)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function sources(texts: readonly string[]): string {
  if (texts.length === 0) return "'none'"
  return texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ')
}

const placeholder = `<!doctype html>
<meta charset="utf-8">
<title>Sluice: usage</title>
<p>Usage is at <code>/v1/usage/summary</code>, <code>/v1/usage/requests</code> and <code>/v1/organization/usage/…</code>.
Send a gateway key with the scope <code>usage:read</code>.
`

/** `GET /`. The page holds no figures, so it needs no key; it asks the API with the key its reader gives it. */
export function answerPage(): UsageAnswer {
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy([], []),
      'referrer-policy': 'no-referrer',
    },
    body: placeholder,
  }
}
