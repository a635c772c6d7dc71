import { describe, expect, it } from 'vitest'
import { claudeCode } from './claude-code.ts'
import { codex, codexOfKnownModels } from './codex.ts'
import { playLoop } from './loop.ts'
import type { Body, Player } from './player.ts'
import { shortened } from './tool-names.ts'
import type { Speaker } from './turns.ts'

/** What an upstream gets of an agent's first request: every field these agents send, in its words, or gone by name. */
interface Row {
  player: Player
  to: Speaker
  /** Fields of the body. */
  body: Body
  /** Names of the tools, in order. */
  tools: string[]
  losses: string[]
}

const instructions = ['You are an agent.', '\nBe careful.\n\nUse the tools.']
const reminder = '<system-reminder>\n# currentDate\nToday is Friday.\n</system-reminder>\n'
const question = 'Greet, and read the note.'
const agents = 'Available agent types:\n- general: for everything'
const claudeTools = [
  'Bash',
  shortened('mcp__a-server-of-the-project-with-a-rather-long-name__look_up.the-current_entry'),
  'Read',
]
const text = (value: string) => ({ type: 'text', text: value })
const inputText = (value: string) => ({ type: 'input_text', text: value })
const user = expect.stringMatching(/^[0-9a-f]{64}$/)

const rows: Record<string, Row> = {
  'Claude Code to Chat Completions': {
    player: claudeCode,
    to: 'C',
    body: {
      messages: [
        { role: 'system', content: instructions.map(text) },
        { role: 'user', content: [text(reminder), text(question)] },
        { role: 'system', content: agents },
      ],
      max_tokens: 32000,
      reasoning_effort: 'high',
      user,
      stream_options: { include_usage: true },
    },
    tools: claudeTools,
    losses: ['beta', 'cache-hint', 'context-management'],
  },
  'Claude Code to Responses': {
    player: claudeCode,
    to: 'R',
    body: {
      instructions: instructions.join('\n\n'),
      input: [
        { type: 'message', role: 'user', content: [inputText(reminder), inputText(question)] },
        { type: 'message', role: 'system', content: [inputText(agents)] },
      ],
      max_output_tokens: 32000,
      reasoning: { effort: 'high', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      store: false,
      safety_identifier: user,
    },
    tools: claudeTools,
    losses: ['beta', 'cache-hint', 'context-management'],
  },
  'Codex to Chat Completions': {
    player: codex,
    to: 'C',
    body: { tool_choice: 'auto', stream_options: { include_usage: true } },
    tools: ['exec_command', 'apply_patch', 'multi_agent_v1__close_agent', 'multi_agent_v1__send_input'],
    losses: ['tool', 'tool-option', 'unknown-field'],
  },
  'Codex to Messages': {
    player: codex,
    to: 'M',
    body: { tool_choice: { type: 'auto' } },
    tools: ['exec_command', 'apply_patch', 'multi_agent_v1__close_agent', 'multi_agent_v1__send_input'],
    losses: ['cache-hint', 'tool', 'tool-grammar', 'tool-option', 'unknown-field'],
  },
  'Codex with a model it knows to Messages': {
    player: codexOfKnownModels,
    to: 'M',
    body: {
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'adaptive', display: 'omitted' },
      output_config: { effort: 'low' },
    },
    tools: ['functions__exec', 'functions__wait', 'clock__sleep'],
    losses: [
      'cache-hint',
      'reasoning-context',
      'tool-grammar',
      'tool-option',
      'tool-search',
      'unknown-field',
      'verbosity',
    ],
  },
}

describe.concurrent('the first request of an agent', () => {
  it.for(Object.entries(rows))('%s', async ([, { player, to, body, tools, losses }]) => {
    const [{ seen, reply }] = await playLoop(player, to)
    const received = JSON.parse(seen.body) as Body & { tools: { name?: string; function?: Named; custom?: Named }[] }
    expect(received).toMatchObject(body)
    expect(received.tools.map((tool) => tool.name ?? (tool.function ?? tool.custom)?.name)).toEqual(tools)
    expect(reply.header('x-sluice-losses')?.split(',')).toEqual(losses)
    expect(seen.url).not.toContain('beta')
    const foreign = Object.keys(seen.headers).filter((name) =>
      /^(anthropic-beta|x-(codex|claude|stainless)|session-id)/.test(name),
    )
    expect(foreign).toEqual([])
  })

  it.for([
    ['Claude Code', claudeCode, 'M'],
    ['Codex', codex, 'R'],
    ['Codex with a model it knows', codexOfKnownModels, 'R'],
  ] as const)('%s reaches its own provider with its query and headers', async ([, player, to]) => {
    const [{ seen, reply }] = await playLoop(player, to)
    const { accept: _, 'accept-encoding': __, ...own } = player.headers
    expect(seen.headers).toMatchObject(own)
    expect(seen.url.endsWith(player.path)).toBe(true)
    expect(seen.headers.authorization ?? seen.headers['x-api-key']).toMatch(/provider-key-/)
    expect(reply.header('x-sluice-losses')).toBeUndefined()
  })
})

interface Named {
  name: string
}
