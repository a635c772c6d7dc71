/**
 * Named losses: what a conversion could not express in the target format. The answer stays valid; the code goes into
 * the record and, for request losses, into `x-sluice-losses`. A loss that is not in these tables does not compile.
 */
export const requestLosses = {
  'access-programs': 'access programs belong to one provider',
  beta: 'beta flags belong to one provider',
  'cache-hint': 'the target has no such prompt-cache control',
  'cache-ttl': 'the target has no cache lifetime as long or short as this',
  citations: 'the target cannot be asked for citations',
  'context-management': 'the target does not edit the context itself',
  diagnostics: 'diagnostics belong to one provider',
  document: 'the document became plain text',
  effort: 'the target has no such reasoning effort; the nearest was sent',
  'end-user': 'the target takes no end-user id',
  fallbacks: 'server-side fallbacks belong to one provider',
  'foreign-reasoning': 'reasoning of another provider, or without what it led to, cannot be replayed',
  'image-detail': 'the target has no image detail',
  include: 'the target cannot include this',
  'is-error': 'the target has no error flag for tool results; the text says it',
  'json-object': 'the target has no JSON mode; a sentence asks for it',
  'logit-bias': 'the target has no logit bias',
  'max-tokens-clamped': 'the limit was above the model’s own and was lowered to it',
  'max-tokens-raised': 'the limit was below the target’s minimum and was raised to it',
  'max-tool-calls': 'the target cannot limit tool calls',
  'message-name': 'the target has no names of messages',
  metadata: 'the target stores no metadata',
  'missing-tool-result': 'a tool call had no result; an empty one was added',
  moderation: 'the target takes no moderation settings',
  'parallel-tool-calls': 'the target cannot forbid parallel tool calls',
  penalty: 'the target has no frequency or presence penalty',
  phase: 'the target has no phases',
  prediction: 'the target takes no predicted output',
  prefill: 'the target does not continue an assistant message',
  'reasoning-context': 'the target cannot choose the reasoning context',
  'reasoning-mode': 'the target has no such reasoning mode',
  'refusal-history': 'a refusal in the history became text',
  sampling: 'the model takes no such sampling setting',
  'schema-keyword': 'a schema keyword the target refuses was removed, or its strict mode switched off',
  'search-options': 'the target’s web search has no such option',
  'search-result': 'a search result became text',
  seed: 'the target has no seed',
  'server-tool-history': 'a provider’s own tool call in the history was left out',
  'service-tier': 'the target has no such service tier',
  speed: 'the target has no speed setting',
  stop: 'a stop sequence could not be sent',
  store: 'the target does not store answers',
  'structured-output': 'the model has no structured output; a sentence asks for it',
  'system-position': 'an instruction moved to where the target takes one',
  'task-budget': 'the target has no task budget',
  'temperature-clamped': 'the temperature was above the target’s maximum and was lowered to it',
  'thinking-always-on': 'the model always thinks; the least was asked for',
  'thinking-budget': 'the limit leaves no room for thinking',
  'thinking-forced-tool': 'the target refuses thinking together with a forced tool',
  'thinking-history': 'thinking was left out since the history lost its thinking blocks',
  'thinking-mode': 'the target has no such thinking mode',
  tool: 'a provider’s own tool has no counterpart',
  'tool-choice': 'the target has no such tool choice',
  'tool-grammar': 'the grammar of a custom tool became text',
  'tool-option': 'the target has no such tool option',
  'tool-result-media': 'an image or file of a tool result moved to a user message',
  'tool-search': 'tool search belongs to one provider',
  'top-k': 'the target has no top-k',
  truncation: 'the target does not truncate',
  'unknown-field': 'a field the gateway does not know was left out',
  verbosity: 'the target has no verbosity',
  workspace: 'workspaces belong to one provider',
} as const satisfies Record<string, string>

export const streamLosses = {
  'native-block': 'a block only the provider’s own format can express',
  'server-tool': 'a provider’s own tool call the target cannot show',
  'citation-span': 'the place of a citation',
  'citation-source': 'a kind of citation the target does not have',
  logprobs: 'token probabilities',
  'audio-output': 'audio',
  'image-output': 'an image',
  phase: 'the phase of a message',
  caller: 'who called a tool',
  'stop-sequence': 'which stop sequence ended the answer',
  'finish-detail': 'the exact reason why the answer ended',
  'usage-detail': 'how usage divides',
  'moderation-result': 'what a content filter said',
  container: 'the provider’s container',
  'unknown-event': 'an event the gateway does not know',
} as const satisfies Record<string, string>

export type RequestLoss = keyof typeof requestLosses
export type StreamLoss = keyof typeof streamLosses
export type LossCode = RequestLoss | StreamLoss

/** Collects the losses of one exchange: a set, so that a loss in every message counts once. */
export class Losses {
  readonly #codes = new Set<LossCode>()

  add(code: LossCode): void {
    this.#codes.add(code)
  }

  /** Sorted and unique, as the header and the record want them. */
  list(): LossCode[] {
    return [...this.#codes].sort()
  }
}
