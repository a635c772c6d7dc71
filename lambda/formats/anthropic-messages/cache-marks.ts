import { asArray, asObject } from '../../events/json.ts'
import type { Losses } from '../../events/losses.ts'
import type { CacheMark, JsonObject } from '../../events/request.ts'

/** `cache_control` of a block, a tool or the request; undefined if there is none. */
export function readCacheMark(value: unknown): CacheMark | undefined {
  const mark = asObject(value)
  if (!mark) return undefined
  return mark.ttl === '1h' || mark.ttl === '5m' ? { ttl: mark.ttl } : {}
}

/** `{ cache }` to spread into a part, a call or a tool. */
export function cacheOf(block: JsonObject): { cache?: CacheMark } {
  const cache = readCacheMark(block.cache_control)
  return cache ? { cache } : {}
}

/** Lifetimes of other formats → Anthropic's two. 12 hours are more than it has. */
const lifetimes = { '5m': '5m', '30m': '1h', '1h': '1h', '12h': '1h' } as const

/** `{ cache_control }` to spread into a block, a tool or the request. */
export function writeCacheMark(mark: CacheMark | undefined, losses: Losses): JsonObject {
  if (!mark) return {}
  if (mark.ttl === '12h') losses.add('cache-ttl')
  return { cache_control: { type: 'ephemeral', ...(mark.ttl && { ttl: lifetimes[mark.ttl] }) } }
}

/** Anthropic refuses a request with more. */
const maxMarks = 4

/** Keeps the last marks of a body in prompt order (tools, system, messages), the longest prefixes; the rest is a loss. */
export function limitCacheMarks(body: JsonObject, losses: Losses): void {
  const marked = [...blocksOf(body.tools), ...blocksOf(body.system), ...messageBlocks(body.messages)].filter(
    (block) => block.cache_control !== undefined,
  )
  const room = maxMarks - (body.cache_control === undefined ? 0 : 1)
  for (const block of marked.slice(0, Math.max(0, marked.length - room))) {
    delete block.cache_control
    losses.add('cache-hint')
  }
  shortenLaterMarks([...marked, body], losses)
}

/** Anthropic refuses a lifetime of an hour behind one of five minutes. */
function shortenLaterMarks(marked: readonly JsonObject[], losses: Losses): void {
  let isShort = false
  for (const block of marked) {
    const mark = asObject(block.cache_control)
    if (!mark) continue
    if (isShort && mark.ttl === '1h') {
      block.cache_control = { ...mark, ttl: '5m' }
      losses.add('cache-ttl')
    }
    isShort ||= mark.ttl !== '1h'
  }
}

function messageBlocks(messages: unknown): JsonObject[] {
  return blocksOf(messages).flatMap((message) =>
    blocksOf(message.content).flatMap((block) => [...blocksOf(block.content), block]),
  )
}

function blocksOf(value: unknown): JsonObject[] {
  return (asArray(value) ?? []).map(asObject).filter((block) => block !== undefined)
}
