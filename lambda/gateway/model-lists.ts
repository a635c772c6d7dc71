import { GatewayFault } from '../errors.ts'
import { asArray, asNumber, asObject, asString, parseObject } from '../events/json.ts'
import type { JsonObject } from '../events/request.ts'
import type { FormatId } from '../formats/codec.ts'
import { loadFormat } from '../formats/index.ts'
import type { ProviderConfig, ProviderFormat } from '../providers/provider.ts'
import { malformed } from './answer.ts'
import type { Deps } from './deps.ts'
import { callUpstream } from './upstream.ts'

/** A model of some provider, as far as two APIs agree on what a model is. */
export interface Model {
  /** With the provider's prefix: what a request may name as its `model`. */
  id: string
  provider: string
  ownedBy: string
  displayName: string
  /** Seconds since the epoch; 0 where the provider does not say. */
  created: number
  /** Whose object `native` is. */
  api: ModelsApi
  native: JsonObject
}

export type ModelsApi = 'openai' | 'anthropic'

/** Where each API lists its models; 1000 is the largest page Anthropic gives. */
const places = {
  openai: { path: '/models', format: 'openai-chat' },
  anthropic: { path: '/v1/models?limit=1000', format: 'anthropic-messages' },
} as const satisfies Record<ModelsApi, { path: string; format: FormatId }>

/** For one provider's list, connection and all; whoever is slower is left out. */
const timeoutMs = 5_000
/** The longest list known has 400 models in 600 KB. Beyond it a list counts as unreadable. */
const maxBytes = 4 * 1024 * 1024
/** How long a list is used again, and how long a provider that failed is not asked again. */
const freshMs = 300_000
const pauseMs = 15_000
/** Lists kept in one environment: as many as providers; more only if the configuration changes. */
const maxLists = 64

interface KeptList {
  models: Promise<Model[] | undefined>
  until: number
}

/** Kept while the environment lives, for everyone: a list holds no secret. */
const lists = new Map<string, KeptList>()

/** What of the world a list needs. */
export interface ListDeps {
  keyPool: Deps['keyPool']
  limits: Pick<Deps['limits'], 'connectMs'>
  logger: Pick<Deps['logger'], 'log'>
  now: Deps['now']
}

/** The API under which a provider lists its models; undefined if none of its formats has such an endpoint. */
function apiOf({ formats }: ProviderConfig): ModelsApi | undefined {
  const isOpenAi = (format: ProviderFormat) => format.startsWith('openai-')
  const first = formats.find((format) => isOpenAi(format) || format === 'anthropic-messages')
  return first && (isOpenAi(first) ? 'openai' : 'anthropic')
}

/** Does this provider list its models at all? */
export function listsModels(provider: ProviderConfig): boolean {
  return apiOf(provider) !== undefined
}

/**
 * The models of one provider, at most five minutes old; undefined if it lists none or does not answer. Never rejects.
 */
export function modelsOf(provider: ProviderConfig, deps: ListDeps): Promise<Model[] | undefined> {
  const api = apiOf(provider)
  if (!api) return Promise.resolve(undefined)
  const key = `${provider.id} ${provider.baseUrl}`
  const kept = lists.get(key)
  if (kept && deps.now() < kept.until) return kept.models
  if (lists.size >= maxLists) lists.clear()
  const list: KeptList = { models: fetchModels(provider, api, deps), until: deps.now() + freshMs }
  lists.set(key, list)
  void list.models.then((models) => {
    if (!models) list.until = deps.now() + pauseMs
  })
  return list.models
}

async function fetchModels(provider: ProviderConfig, api: ModelsApi, deps: ListDeps): Promise<Model[] | undefined> {
  const tried = new Set<string>()
  try {
    for (;;) {
      const apiKey = provider.keys ? deps.keyPool.take(provider.keys, tried) : provider.apiKey
      const { status, entries } = await fetchList({ ...provider, ...(apiKey && { apiKey }) }, api, deps)
      if (entries) return entries.flatMap((entry) => readModel(provider, api, asObject(entry)))
      if (apiKey) tried.add(apiKey)
      const isLast = !provider.keys?.some(({ key }) => !tried.has(key))
      if (isLast || !refusals.has(status)) throw malformed(`status ${status} without a list of models`)
      if (apiKey) deps.keyPool.rest(apiKey)
    }
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : 'something that is no error was thrown'
    deps.logger.log('warn', 'a provider did not list its models', { provider: provider.id, error })
    return undefined
  }
}

/** Statuses that may be about the key: another one is tried. */
const refusals: ReadonlySet<number> = new Set([401, 403, 429])

/** @throws GatewayFault for a provider that did not answer, or not in time */
async function fetchList(
  provider: ProviderConfig,
  api: ModelsApi,
  { limits }: ListDeps,
): Promise<{ status: number; entries: unknown[] | undefined }> {
  const { path, format } = places[api]
  const { authHeaders } = await loadFormat(format)
  const call = callUpstream({
    url: provider.baseUrl + path,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...authHeaders(provider.apiKey ?? ''),
      ...provider.headers,
    },
    provider: provider.id,
    connectMs: Math.min(limits.connectMs, timeoutMs),
  })
  const late = new GatewayFault({
    code: 'timeout',
    message: `The provider "${provider.id}" did not list its models in time.`,
  })
  const timer = setTimeout(() => call.abort(late), timeoutMs)
  try {
    const { status, body } = await call.response
    return { status, entries: status === 200 ? asArray(parseObject(await readText(body))?.data) : undefined }
  } finally {
    clearTimeout(timer)
    call.abort()
  }
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxBytes)
      throw new GatewayFault({ code: 'upstream_too_large', message: 'the list of models is above 4 MB' })
  }
  return Buffer.concat(chunks).toString()
}

function readModel(provider: ProviderConfig, api: ModelsApi, native: JsonObject | undefined): Model[] {
  const id = asString(native?.id)
  if (!native || !id) return []
  const createdAt = Date.parse(asString(native.created_at) ?? '')
  return [
    {
      id: `${provider.id}/${id}`,
      provider: provider.id,
      ownedBy: asString(native.owned_by) ?? provider.id,
      displayName: asString(native.display_name) ?? asString(native.name) ?? id,
      created: asNumber(native.created) ?? (Number.isNaN(createdAt) ? 0 : Math.floor(createdAt / 1000)),
      api,
      native,
    },
  ]
}
