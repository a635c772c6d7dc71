import type { LocalGateway } from './gateway.ts'

/** The line a program reads instead of the text for people. */
export function readyLine(gateway: LocalGateway): string {
  return JSON.stringify({
    event: 'ready',
    streamUrl: gateway.streamUrl ?? null,
    bufferUrl: gateway.bufferUrl ?? null,
    usageUrl: gateway.usageUrl ?? null,
    tableName: gateway.tableName ?? null,
    dynamodbEndpoint: gateway.dynamodbEndpoint ?? null,
    key: gateway.key,
  })
}

/** What a person sees once everything runs: where, with which key, and three lines to paste. */
export function readyText(gateway: LocalGateway): string {
  const url = gateway.streamUrl ?? ''
  const models = exampleModels(gateway)
  const user = [{ role: 'user', content: 'Hello! Who are you?' }]
  return [
    '',
    'Sluice is ready.',
    '',
    `  stream  ${gateway.streamUrl ?? '-'}   answers as the tokens come`,
    `  buffer  ${gateway.bufferUrl ?? '-'}   the same for clients that cannot stream`,
    ...(gateway.usageUrl ? [`  usage   ${gateway.usageUrl}   who used what: open it and give it the key`] : []),
    `  key     ${gateway.key}`,
    '',
    ...(gateway.demo
      ? [
          'No provider key is set, so the built-in demo answers. Set OPENAI_API_KEY or ANTHROPIC_API_KEY for real models.',
          '',
        ]
      : []),
    'Try:',
    curl('-N ', `${url}/v1/chat/completions`, `authorization: Bearer ${gateway.key}`, {
      model: models.chat,
      stream: true,
      messages: user,
    }),
    curl('-N ', `${url}/v1/messages`, `x-api-key: ${gateway.key}`, {
      model: models.messages,
      max_tokens: 1024,
      stream: true,
      messages: user,
    }),
    curl('', `${url}/v1/responses`, `authorization: Bearer ${gateway.key}`, {
      model: models.responses,
      input: 'Hello! Who are you?',
    }),
    '',
    `Each request leaves one JSON line below and one record in table ${gateway.tableName} (DynamoDB at ${gateway.dynamodbEndpoint}).`,
    'Read them with: npm run usage   (or: npm run usage -- tail)',
    'Ctrl-C ends everything.',
    '',
  ].join('\n')
}

function curl(flags: string, url: string, auth: string, body: unknown): string {
  return `  curl ${flags}${url} -H '${auth}' -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
}

/** Models the providers of this run can answer for. */
function exampleModels({ demo, secret }: LocalGateway): Record<'chat' | 'messages' | 'responses', string> {
  if (demo) return { chat: 'demo/text', messages: 'demo/tools', responses: 'demo/reasoning' }
  const values = secret()
  const one = 'ANTHROPIC_API_KEY' in values ? 'claude-haiku-4-5' : 'OPENAI_API_KEY' in values ? 'gpt-5-mini' : undefined
  const [first] = values.SLUICE_PROVIDERS as { id: string }[]
  const model = one ?? `${first?.id ?? 'provider'}/your-model`
  return { chat: model, messages: model, responses: model }
}
