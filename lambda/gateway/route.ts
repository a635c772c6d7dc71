import { GatewayFault } from '../errors.ts'
import type { Codec, FormatId } from '../formats/codec.ts'
import { isFormatId, loadCodec } from '../formats/index.ts'
import type { ProviderConfig } from '../providers/provider.ts'

/** Where a request goes. */
export interface Target {
  provider: ProviderConfig
  /** The model's name for the provider: the client's without the provider's prefix. */
  model: string
  /** The format to speak to the provider. */
  codec: Codec
  mode: 'relay' | 'convert'
}

/** Bare model names whose provider is known. The first match wins. */
const bareNames: ReadonlyArray<readonly [pattern: RegExp, provider: string]> = [
  [/^claude-/, 'anthropic'],
  [/^(gpt-|chatgpt-|codex-|o\d)/, 'openai'],
]

/**
 * Finds the target of a model. Only the provider part is cut off; the rest of the name goes upstream unchanged.
 * @throws GatewayFault not_found (model or provider), unprocessable (the provider has no format for this endpoint)
 */
export async function route(model: string, format: FormatId, providers: readonly ProviderConfig[]): Promise<Target> {
  const { provider, name } = findProvider(model, providers)
  const relays = provider.formats.includes(format)
  const upstream = relays ? format : provider.formats.find(isFormatId)
  if (!upstream) {
    const message = `The provider "${provider.id}" serves none of the formats this endpoint can be converted to.`
    throw new GatewayFault({ code: 'unprocessable', message, param: 'model' })
  }
  return { provider, model: name, codec: await loadCodec(upstream), mode: relays ? 'relay' : 'convert' }
}

function findProvider(model: string, providers: readonly ProviderConfig[]): { provider: ProviderConfig; name: string } {
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
