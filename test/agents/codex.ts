import type { ResponseOutputItem, ResponseStreamEvent } from 'openai/resources/responses/responses'
import { readWritten } from '../support/read/sse-frames.ts'
import type { Body, Player, ToolResult } from './player.ts'
import { type Speaker, speakers, type WireCall } from './turns.ts'

/**
 * Codex 0.169.0. Models it knows are offered one free-text tool for JavaScript, inside a namespace inside the input
 * (`codexOfKnownModels`); all others get functions, some in a namespace (`codex`). Texts and tools are our own.
 */

const session = '01a1f8dc-08a4-7510-89a3-3257b80e47ed'
const turnMetadata = JSON.stringify({ session_id: session, request_kind: 'turn', sandbox: 'seccomp', window_number: 0 })

const headers = {
  accept: 'text/event-stream',
  originator: 'codex_exec',
  'user-agent': 'codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm (codex_exec; 0.169.0)',
  'session-id': session,
  'thread-id': session,
  'x-client-request-id': session,
  'x-codex-beta-features': 'remote_compaction_v2',
  'x-codex-window-id': `${session}:0`,
  'x-codex-turn-metadata': turnMetadata,
}

const shared = {
  stream: true,
  tool_choice: 'auto',
  store: false,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: session,
  client_metadata: { session_id: session, thread_id: session, 'x-codex-turn-metadata': turnMetadata },
}

const history = [
  message('msg_01a1f8dc-08e1', 'developer', `You are a coding agent.\n${'Be precise. '.repeat(1400)}`),
  message('msg_01a1f8dc-08e2', 'developer', '<skills>none</skills>', '<permissions>all</permissions>'),
  message('msg_01a1f8dc-08e3', 'user', '<environment_context>\n  <cwd>/tmp</cwd>\n</environment_context>'),
  message('msg_01a1f8dc-08e4', 'user', 'Greet, and patch the note.'),
]

function message(id: string, role: string, ...texts: string[]): Body {
  return { type: 'message', id, role, content: texts.map((text) => ({ type: 'input_text', text })) }
}

function fn(name: string, properties: object): Body {
  const parameters = { type: 'object', properties, additionalProperties: false }
  return { type: 'function', name, description: `What ${name} does.`, strict: false, parameters }
}

const grammar = { type: 'grammar', syntax: 'lark', definition: 'start: /[\\s\\S]+/\n' }
const ids = ['call_0aBcDeFgHiJkLmNoPqRsTuVw', 'call_1aBcDeFgHiJkLmNoPqRsTuVw', 'call_2aBcDeFgHiJkLmNoPqRsTuVw'] as const
const patch = '*** Begin Patch\n*** Update File: note.md\n@@\n-a "quoted" line\\\n+ü – {"input": 1}\n*** End Patch\n'
const script = 'const done = await tools.exec_command({ cmd: "echo \\"hi\\"" })\ntext(done.output)\n'

const results: readonly ToolResult[] = [
  { call: 0, text: 'Exit code: 0\nOutput:\nhello\n' },
  { call: 1, text: ['Script completed\nOutput:\n', '{"exit_code":0,"output":"ä"}'] },
  { call: 2, text: '' },
]

const classicCalls: readonly WireCall[] = [
  { id: ids[0], name: 'exec_command', arguments: '{"cmd":"echo hello","yield_time_ms":1000}' },
  { id: ids[1], name: 'apply_patch', arguments: patch, custom: true },
  { id: ids[2], name: 'send_input', namespace: 'multi_agent_v1', arguments: '{"target":"a1","message":"go on"}' },
]

const scriptCalls: readonly WireCall[] = [
  { id: ids[0], name: 'exec', namespace: 'functions', arguments: script, custom: true },
  { id: ids[1], name: 'sleep', namespace: 'clock', arguments: '{"duration_ms":5}' },
]

export const codex: Player = player(classicCalls, (model) => ({
  ...shared,
  model,
  input: history,
  tools: [
    fn('exec_command', { cmd: { type: 'string' }, yield_time_ms: { type: 'number' } }),
    { type: 'custom', name: 'apply_patch', description: 'Edits files.', format: grammar },
    {
      type: 'namespace',
      name: 'multi_agent_v1',
      description: 'Tools for agents.',
      tools: [fn('close_agent', { target: { type: 'string' } }), fn('send_input', { target: {}, message: {} })],
    },
    { type: 'web_search', external_web_access: false },
  ],
  parallel_tool_calls: true,
  reasoning: { summary: 'auto' },
}))

export const codexOfKnownModels: Player = {
  ...player(scriptCalls, (model) => ({
    ...shared,
    model,
    input: [{ type: 'additional_tools', id: 'at_01a1f8dd', role: 'developer', tools: namespaces }, ...history],
    parallel_tool_calls: false,
    reasoning: { effort: 'low', context: 'all_turns' },
    text: { verbosity: 'low' },
  })),
  headers: { ...headers, 'x-openai-internal-codex-responses-lite': 'true' },
}

const namespaces = [
  {
    type: 'namespace',
    name: 'functions',
    description: '',
    tools: [
      { type: 'custom', name: 'exec', description: 'Runs JavaScript.', format: grammar },
      fn('wait', { cell_id: { type: 'string' } }),
    ],
  },
  { type: 'namespace', name: 'clock', description: 'Time.', tools: [fn('sleep', { duration_ms: { type: 'number' } })] },
]

function player(visible: readonly WireCall[], first: (model: string) => Body): Player {
  const own = results.filter(({ call }) => call < visible.length)
  return {
    client: 'R',
    path: '/v1/responses',
    headers,
    first,
    visible,
    results: own,
    calls: {
      C: flattened(visible, 'C'),
      'C with details': flattened(visible, 'C with details'),
      'C with text': flattened(visible, 'C with text'),
      M: flattened(visible, 'M'),
      R: visible,
    },
    async next(request, answer) {
      const outputs = own.map(({ call, text }) => {
        const [type, prefix] = visible[call]?.custom
          ? ['custom_tool_call_output', 'ctco']
          : ['function_call_output', 'fco']
        const output = typeof text === 'string' ? text : text.map((part) => ({ type: 'input_text', text: part }))
        return { type, id: `${prefix}_01a1f8e6-000${call}`, call_id: ids[call], output }
      })
      return { ...request, input: [...(request.input as Body[]), ...doneItems(answer).map(asSent), ...outputs] }
    },
    readCalls: async (answer) => doneItems(answer).flatMap(callOf),
  }
}

/** Namespaces become a prefix; free text is wrapped where the upstream has functions only. */
function flattened(calls: readonly WireCall[], speaker: Speaker): WireCall[] {
  const wraps = speaker !== 'C' && speakers[speaker].format !== 'R'
  return calls.map(({ id, name, namespace, arguments: text, custom }) => ({
    id,
    name: namespace === undefined ? name : `${namespace}__${name}`,
    arguments: custom && wraps ? JSON.stringify({ input: text }) : text,
    ...(custom && !wraps && { custom }),
  }))
}

/** What Codex keeps of an answer: the items as their `done` events hold them. */
function doneItems(answer: string): ResponseOutputItem[] {
  const events = readWritten(answer).frames.map(({ data }) => JSON.parse(data) as ResponseStreamEvent)
  return events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []))
}

/** As it came; Codex itself writes `content: null` into reasoning. */
function asSent(item: ResponseOutputItem): object {
  if (item.type !== 'reasoning') return item
  const { type, id, summary, encrypted_content } = item
  return { type, id, summary, content: null, ...(encrypted_content && { encrypted_content }) }
}

function callOf(item: ResponseOutputItem): WireCall[] {
  if (item.type !== 'function_call' && item.type !== 'custom_tool_call') return []
  const place = item.namespace ? { namespace: item.namespace } : {}
  return item.type === 'function_call'
    ? [{ id: item.call_id, name: item.name, arguments: item.arguments, ...place }]
    : [{ id: item.call_id, name: item.name, arguments: item.input, custom: true, ...place }]
}
