/// <reference lib="dom" />
import type { UsageRecord } from '../../../metrics/record.ts'
import type { Overview } from './data.ts'

/** What the usage API answered instead of figures; the message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** 0: no answer at all. */
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }

  /** The key is the reason, and another one would help. */
  get isRefusal(): boolean {
    return this.status === 401 || this.status === 403
  }
}

export interface RequestList {
  data: UsageRecord[]
  nextCursor: string | null
}

/** A question in the API's own words; undefined and empty values are not asked. */
export type Query = Readonly<Record<string, string | undefined>>

/** The usage API at the page's own origin. Every method throws ApiError, or AbortError once `signal` is aborted. */
export class UsageApi {
  readonly #key: string

  constructor(key: string) {
    this.#key = key
  }

  overview(query: Query, signal?: AbortSignal): Promise<Overview> {
    return this.#get<Overview>('/v1/usage/overview', query, signal)
  }

  requests(query: Query, signal?: AbortSignal): Promise<RequestList> {
    return this.#get<RequestList>('/v1/usage/requests', query, signal)
  }

  request(id: string): Promise<UsageRecord> {
    return this.#get<UsageRecord>(`/v1/usage/requests/${encodeURIComponent(id)}`, {})
  }

  async #get<Answer>(path: string, query: Query, signal?: AbortSignal): Promise<Answer> {
    // A header takes no other characters, and no key has them.
    if (!/^[\x21-\x7e]+$/.test(this.#key)) throw new ApiError(401, 'A gateway key has no spaces or special characters.')
    const asked = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []))
    const search = new URLSearchParams(asked).toString()
    const response = await fetch(search ? `${path}?${search}` : path, {
      headers: { authorization: `Bearer ${this.#key}` },
      credentials: 'omit',
      cache: 'no-store',
      ...(signal && { signal }),
    }).catch((cause: unknown) => {
      if (signal?.aborted) throw cause
      throw new ApiError(0, 'The gateway cannot be reached. Is this computer online?', { cause })
    })
    const body: unknown = await response.json().catch((cause: unknown) => {
      if (signal?.aborted) throw cause
      throw new ApiError(response.status, `The gateway answered ${response.status} and no JSON.`, { cause })
    })
    if (!response.ok) throw new ApiError(response.status, messageIn(body) ?? `The gateway answered ${response.status}.`)
    return body as Answer
  }
}

/** Errors have OpenAI's shape; the platform's own (a throttled function) have a message only. */
function messageIn(body: unknown): string | undefined {
  const { error, message, Message } = (body ?? {}) as Record<string, unknown>
  const texts = [(error as { message?: unknown } | undefined)?.message, message, Message]
  return texts.find((text) => typeof text === 'string')
}
