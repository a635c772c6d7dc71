import { GatewayFault } from '../errors.ts'
import type { Codec, FormatId, RelayFormat, RelayFormatId } from '../formats/codec.ts'
import { isFormatId, loadCodec, loadFormat } from '../formats/index.ts'
import type { ProviderConfig } from '../providers/provider.ts'

interface Place {
  provider: ProviderConfig
  /** The model's name for the provider: the client's without the provider's prefix. */
  model: string
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
  [/^(gpt-|chatgpt-|codex-|o\d)/, 'openai'],
]

/**
 * Finds the target of a model. Only the provider part is cut off; the rest of the name goes upstream unchanged.
 * @throws GatewayFault not_found (model or provider), unprocessable (the provider has no format for this endpoint)
 */
export async function route(
  model: string,
  format: FormatId | RelayFormatId,
  providers: readonly ProviderConfig[],
): Promise<Target> {
  const { provider, name } = findProvider(model, providers)
  if (provider.formats.includes(format)) {
    return { provider, model: name, mode: 'relay', codec: await loadFormat(format) }
  }
  const upstream = provider.formats.find(isFormatId)
  if (upstream && isFormatId(format)) {
    const [codec, client] = await Promise.all([loadCodec(upstream), loadCodec(format)])
    return { provider, model: name, mode: 'convert', codec, client }
  }
  const message = `The provider "${provider.id}" does not serve this endpoint: it lists neither ${format} nor a format that converts to it.`
  throw new GatewayFault({ code: 'unprocessable', message, param: 'model' })
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
