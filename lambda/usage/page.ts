import { createHash } from 'node:crypto'
import type { UsageAnswer } from './answer.ts'

/**
 * What the page may do: run the code and style that are named by their hashes, ask its own origin, and nothing else.
 * @param script text of its one inline script, exactly as it stands between the tags
 * @param style text of its one inline style sheet
 */
function pagePolicy(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src ${hashSource(script)}`,
    `style-src ${hashSource(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

/** Made when the page is first asked for: requests to the API need none of it. */
let page: Promise<UsageAnswer> | undefined

/** `GET /`. The page holds no figures, so it needs no key; it asks the API with the key its reader gives it. */
export function answerPage(): Promise<UsageAnswer> {
  page ??= createPage()
  return page
}

async function createPage(): Promise<UsageAnswer> {
  const { html, script, style } = await import('sluice:usage-page')
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy(script, style),
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    },
    // Functions, since in a replacement text `$&` would be a pattern.
    body: html.replace('<!--style-->', () => style).replace('<!--script-->', () => script),
  }
}
