import { GatewayFault } from '../errors.ts'
import type { Codec, RelayFormat } from '../formats/codec.ts'
import { isFormatId, loadCodec, loadFormat } from '../formats/index.ts'
import type { ProviderConfig } from '../providers/provider.ts'
import { modelsToTry } from '../providers/routes.ts'
import { readCall } from './call.ts'
import type { ModelEndpoint } from './endpoints.ts'
import type { Call } from './request.ts'
import type { Session } from './session.ts'

interface Place {
  provider: ProviderConfig
  /** The model's name for the provider: the client's without the provider's prefix. */
  model: string
  /** Below the provider's base URL. */
  path: string
}
/** The provider speaks the client's format. */
export type RelayTarget = Place & { mode: 'relay'; codec: RelayFormat }
/** The provider speaks `codec`, the client speaks `client`. */
export type ConversionTarget = Place & { mode: 'convert'; codec: Codec; client: Codec }
/** Where a request goes. */
export type Target = RelayTarget | ConversionTarget

/** Bare model names whose provider is known. The first match wins. */
const bareNames: ReadonlyArray<readonly [pattern: RegExp, provider: string]> = [
  [/^claude-/, 'anthropic'],
  [/^(gpt-|chatgpt-|codex-|o\d|dall-e-|tts-|whisper-|text-embedding-)/, 'openai'],
]

/**
 * Finds the target of a model. Only the provider part is cut off; the rest of the name goes upstream unchanged.
 * @throws GatewayFault not_found (model or provider), unprocessable (the provider has no format for this endpoint)
 */
export async function route(
  model: string,
  { format, upstreamPath }: Pick<ModelEndpoint, 'format' | 'upstreamPath'>,
  providers: readonly ProviderConfig[],
): Promise<Target> {
  const { provider, name } = findProvider(model, providers)
  if (provider.formats.includes(format)) {
    const codec = await loadFormat(format)
    return { provider, model: name, mode: 'relay', codec, path: upstreamPath ?? codec.path }
  }
  const upstream = provider.formats.find(isFormatId)
  if (upstream && isFormatId(format)) {
    const [codec, client] = await Promise.all([loadCodec(upstream), loadCodec(format)])
    return { provider, model: name, mode: 'convert', codec, client, path: codec.path }
  }
  const message = `The provider "${provider.id}" does not serve this endpoint: it lists neither ${format} nor a format that converts to it.`
  throw new GatewayFault({ code: 'unprocessable', message, param: 'model' })
}

/**
 * Reads a request and finds the targets to try, in order; what was asked for goes on record even if there is none. Steps
 * of a route that cannot serve the request are left out.
 * @throws GatewayFault for a bad request, or with the reason of the first step if no step is left
 */
export async function routeCall(
  { request, codec, recording, deps }: Session,
  endpoint: Pick<ModelEndpoint, 'format' | 'upstreamPath'>,
): Promise<{ call: Call; targets: [Target, ...Target[]] }> {
  const call = await readCall(request, codec)
  recording.note({ model: call.model, streamed: call.streams })
  const providers = await deps.providers()
  const models = modelsToTry(call.model, deps.routes, deps.random)
  const steps = await Promise.allSettled(models.map((model) => route(model, endpoint, providers)))
  const [first, ...rest] = steps.flatMap((step) => (step.status === 'fulfilled' ? [step.value] : []))
  if (first) return { call, targets: [first, ...rest] }
  throw steps.find((step) => step.status === 'rejected')?.reason
}

/** @throws GatewayFault not_found */
export function findProvider(
  model: string,
  providers: readonly ProviderConfig[],
): { provider: ProviderConfig; name: string } {
  const slash = model.indexOf('/')
  const prefixed = slash > 0 && providers.find(({ id }) => id === model.slice(0, slash))
  if (prefixed && slash + 1 < model.length) return { provider: prefixed, name: model.slice(slash + 1) }
  const wanted = bareNames.find(([pattern]) => pattern.test(model))?.[1]
  const provider = wanted !== undefined && providers.find(({ id }) => id === wanted)
  if (provider) return { provider, name: model }
  throw unknownModel(model, wanted, providers)
}

function unknownModel(model: string, wanted: string | undefined, providers: readonly ProviderConfig[]): GatewayFault {
  const known = providers.map(({ id }) => id).join(', ') || 'none'
  const hint = wanted
    ? `The provider "${wanted}" has no key here.`
    : `Say <provider>/<model>; the providers here: ${known}.`
  return new GatewayFault({
    code: 'not_found',
    message: `The model "${model.slice(0, 200)}" does not exist. ${hint}`,
    param: 'model',
    detail: 'model_not_found',
  })
}
