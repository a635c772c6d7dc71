import Anthropic from '@anthropic-ai/sdk'
import type { ContentBlock, Message } from '@anthropic-ai/sdk/resources/messages'
import type { Body, Player, ToolResult } from './player.ts'
import { shortened } from './tool-names.ts'
import type { WireCall } from './turns.ts'

/** Claude Code 2.1.197 as it talks to a model that thinks adaptively; texts and tools are our own. */

/** MCP tools are named after their server, and then are longer than OpenAI allows. */
const longName = 'mcp__a-server-of-the-project-with-a-rather-long-name__look_up.the-current_entry'
const ids = ['toolu_01AbCdEfGhIjKlMnOpQrStUv', 'toolu_01ZyXwVuTsRqPoNmLkJiHgFe'] as const

const bash = { command: 'echo hello', description: 'Say “hello”' }
const lookUp = { path: 'notes/ä.md', limits: { lines: 10, exact: false }, tags: [] }

/** Its tools end when they end: the second one's result comes first. */
const results: readonly ToolResult[] = [
  { call: 1, text: '1\tthe note\n2\t' },
  { call: 0, text: 'sh: echo: not found', error: true },
]

const named = (second: string): WireCall[] => [
  { id: ids[0], name: 'Bash', arguments: JSON.stringify(bash) },
  { id: ids[1], name: second, arguments: JSON.stringify(lookUp) },
]
const short = named(shortened(longName))

export const claudeCode: Player = {
  client: 'M',
  path: '/v1/messages?beta=true',
  headers: {
    accept: 'application/json',
    'accept-encoding': 'gzip, deflate, br, zstd',
    'user-agent': 'claude-cli/2.1.197 (external, sdk-cli)',
    'x-app': 'cli',
    'x-claude-code-session-id': 'fad818e3-66a7-4a87-a3c9-bf0a0c43a86c',
    'x-stainless-retry-count': '0',
    'anthropic-dangerous-direct-browser-access': 'true',
    'anthropic-beta': [
      'claude-code-20250219',
      'interleaved-thinking-2025-05-14',
      'thinking-token-count-2026-05-13',
      'context-management-2025-06-27',
      'prompt-caching-scope-2026-01-05',
      'mid-conversation-system-2026-04-07',
      'effort-2025-11-24',
    ].join(','),
  },
  first: (model) => ({
    model,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: '<system-reminder>\n# currentDate\nToday is Friday.\n</system-reminder>\n' },
          { type: 'text', text: 'Greet, and read the note.', cache_control: { type: 'ephemeral' } },
        ],
      },
      { role: 'system', content: 'Available agent types:\n- general: for everything' },
    ],
    system: [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.197.1c0; cc_entrypoint=sdk-cli;' },
      { type: 'text', text: 'You are an agent.', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: '\nBe careful.\n\nUse the tools.', cache_control: { type: 'ephemeral' } },
    ],
    tools: [
      tool('Bash', { command: { type: 'string' }, description: { type: 'string' } }),
      tool(longName, { path: { type: 'string' }, limits: { type: 'object' }, tags: { type: 'array' } }),
      tool('Read', { file_path: { type: 'string' }, offset: { type: 'integer', maximum: Number.MAX_SAFE_INTEGER } }),
    ],
    metadata: {
      user_id: JSON.stringify({ device_id: '3'.repeat(64), account_uuid: '', session_id: 'fad818e3-66a7-4a87-a3c9' }),
    },
    max_tokens: 32000,
    thinking: { type: 'adaptive' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    output_config: { effort: 'high' },
    stream: true,
  }),
  calls: { C: short, 'C with details': short, 'C with text': short, M: named(longName), R: short },
  visible: named(longName),
  results,
  async next(first, answer) {
    const { model, content } = await messageOf(answer)
    const kept = model === first.model ? content : content.filter(({ type }) => !type.includes('thinking'))
    const blocks = results.map(({ call, text, error }) => ({
      tool_use_id: ids[call],
      type: 'tool_result',
      content: text,
      ...(error && { is_error: true }),
    }))
    const last = blocks.length - 1
    const history = [
      ...withoutCacheMarks(first.messages as MessageBody[]),
      { role: 'assistant', content: kept.map(asSent) },
      { role: 'user', content: blocks.map((block, at) => (at === last ? { ...block, ...cached } : block)) },
    ]
    return { ...first, messages: history }
  },
  async readCalls(answer) {
    const { content } = await messageOf(answer)
    return content.flatMap((block) =>
      block.type === 'tool_use' ? [{ id: block.id, name: block.name, arguments: JSON.stringify(block.input) }] : [],
    )
  },
}

const cached = { cache_control: { type: 'ephemeral' } }

function tool(name: string, properties: object): Body {
  const $schema = 'https://json-schema.org/draft/2020-12/schema'
  const input_schema = { $schema, type: 'object', properties, additionalProperties: false }
  return { name, description: `What ${name} does.\n\nUsage notes:\n- with care`, input_schema }
}

interface MessageBody {
  role: string
  content: string | { type: string; cache_control?: unknown }[]
}

/** The mark moves to the end of the history with every turn. */
function withoutCacheMarks(messages: MessageBody[]): MessageBody[] {
  return messages.map(({ role, content }) => ({
    role,
    content: typeof content === 'string' ? content : content.map(({ cache_control: _, ...block }) => block),
  }))
}

/** A block as it goes back: as it came, without what only answers have. */
function asSent(block: ContentBlock): object {
  if (block.type === 'text') return { type: 'text', text: block.text }
  if (block.type !== 'tool_use') return block
  const { id, name, input } = block
  return { type: 'tool_use', id, name, input }
}

/** The final message as the official SDK accumulates it. */
function messageOf(answer: string): Promise<Message> {
  const fetch = async () => new Response(answer, { headers: { 'content-type': 'text/event-stream' } })
  const client = new Anthropic({ apiKey: 'unused', baseURL: 'http://127.0.0.1:1', maxRetries: 0, fetch })
  return client.messages.stream({ model: 'm', max_tokens: 1, messages: [] }).finalMessage()
}
