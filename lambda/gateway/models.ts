import { GatewayFault } from '../errors.ts'
import type { JsonObject } from '../events/request.ts'
import { listsModels, type Model, type ModelsApi, modelsOf } from './model-lists.ts'
import { normalPath } from './path.ts'
import { findProvider } from './route.ts'
import type { Session } from './session.ts'

/**
 * `GET /v1/models`: the models of all providers, each under the name by which a request may ask for it. A provider that
 * does not answer in time is left out.
 * @throws GatewayFault upstream_unreachable if none answers
 */
export async function serveModels(session: Session): Promise<void> {
  const { deps, recording } = session
  const providers = (await deps.providers()).filter(listsModels)
  recording.note({ attempts: providers.length })
  const lists = await whileThere(session, Promise.all(providers.map((provider) => modelsOf(provider, deps))))
  const known = lists.filter((list) => list !== undefined)
  if (known.length === 0 && providers.length > 0) throw unreachable('The providers')
  const api = apiOf(session)
  const models = known.flat().map((model) => writers[api](model))
  await answer(session, pages[api](models))
}

/**
 * `GET /v1/models/{id}`: one model, by the name a request may use, with or without a provider's prefix.
 * @throws GatewayFault not_found, or upstream_unreachable if its provider does not list its models
 */
export async function serveModel(session: Session): Promise<void> {
  const { deps, recording, request } = session
  const id = decoded(normalPath(request.path).slice('/models/'.length))
  recording.note({ model: id })
  const { provider, name } = findProvider(id, await deps.providers())
  recording.note({ provider: provider.id, attempts: 1 })
  const models = await whileThere(session, modelsOf(provider, deps))
  if (!models && listsModels(provider)) throw unreachable(`The provider "${provider.id}"`)
  const model = models?.find((each) => each.id === `${provider.id}/${name}`)
  if (!model) {
    const message = `The model "${id.slice(0, 200)}" does not exist.`
    throw new GatewayFault({ code: 'not_found', message, param: 'model', detail: 'model_not_found' })
  }
  await answer(session, writers[apiOf(session)](model))
}

/**
 * A client that leaves waits no longer. The list goes on, for 5 s at most: whoever asks next gets it.
 * @throws `client_closed`
 */
async function whileThere<Result>({ response }: Session, lists: Promise<Result>): Promise<Result> {
  const { left } = response
  left.throwIfAborted()
  const leaving = Promise.withResolvers<never>()
  const onLeft = () => leaving.reject(left.reason)
  left.addEventListener('abort', onLeft, { once: true })
  try {
    return await Promise.race([lists, leaving.promise])
  } finally {
    left.removeEventListener('abort', onLeft)
  }
}

/** Clients escape the slashes of an id or do not, and some platforms have unescaped the path already. */
function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch (cause) {
    if (cause instanceof URIError) return id // a per cent sign of the id's own
    throw cause
  }
}

/** Whoever speaks to Anthropic's API names its version. */
function apiOf({ codec }: Session): ModelsApi {
  return codec.id === 'anthropic-messages' ? 'anthropic' : 'openai'
}

/** A model in each API's shape; what the provider itself said in that shape stays. */
const writers: Readonly<Record<ModelsApi, (model: Model) => JsonObject>> = {
  openai: ({ id, created, ownedBy, api, native }) => ({
    ...(api === 'openai' && native),
    id,
    object: 'model',
    created,
    owned_by: ownedBy,
  }),
  anthropic: ({ id, created, displayName, api, native }) => ({
    ...unknownToOthers,
    ...(api === 'anthropic' && native),
    type: 'model',
    id,
    display_name: displayName,
    created_at: new Date(created * 1000).toISOString(),
  }),
}

/** What only Anthropic tells about a model. */
const unknownToOthers = {
  capabilities: null,
  deprecated_at: null,
  lifecycle: 'active',
  line: null,
  max_input_tokens: null,
  max_tokens: null,
  retires_at: null,
}

/** Everything is one page, so there is never another. */
const pages: Readonly<Record<ModelsApi, (data: JsonObject[]) => JsonObject>> = {
  openai: (data) => ({ object: 'list', data }),
  anthropic: (data) => ({ data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }),
}

async function answer({ response, headers }: Session, object: JsonObject): Promise<void> {
  response.open(200, { ...headers, 'content-type': 'application/json' })
  await response.writeLast(JSON.stringify(object))
}

function unreachable(who: string): GatewayFault {
  return new GatewayFault({ code: 'upstream_unreachable', message: `${who} could not be asked for models.` })
}
