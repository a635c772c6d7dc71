import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Format } from '../../support/upstream/format.ts'
import type { WireCall } from '../turns.ts'
import type { OfferedTool } from './provider.ts'

/** Where a program runs: a scratch folder that is also its HOME. */
export interface Place {
  folder: string
  /** The gateway's stream URL, without a slash at the end. */
  streamUrl: string
  key: string
  /** `<provider>/<name>`. */
  model: string
}

/** What a program says of its own run. */
export interface Outcome {
  text: string
  failed: boolean
  /** Sums over both turns, in the program's own words. */
  usage: unknown
  stopReason?: string
}

/** A coding agent as this check starts and understands it. */
export interface Program {
  /** Name on the PATH; `--program` gives another path. */
  command: string
  client: Format
  /** Names without a provider; each makes the agent send another shape of request. */
  models: readonly string[]
  /** Writes what the program reads from its HOME. */
  start(place: Place): { args: string[]; env: Record<string, string> }
  /** Two parallel calls of tools it offered: a shell echo and a file read. */
  choose(offered: readonly OfferedTool[], folder: string): WireCall[]
  readOutcome(stdout: string): Outcome
  /** What `usage` must be for what the provider reported of both turns. */
  expectedUsage(sums: { prompt: number; input: number; cacheRead: number; output: number; reasoning: number }): object
}

export const prompt = 'Greet from the shell and read note.txt.'
export const echoed = 'hello-from-the-shell'
export const noteText = 'the-note-says-hello'

const claudeCode: Program = {
  command: 'claude',
  client: 'M',
  models: ['claude-opus-5', 'claude-sonnet-4-5'],
  start: ({ streamUrl, key, model }) => ({
    args: ['-p', prompt, '--model', model, '--output-format', 'json', '--allowedTools', 'Bash,Read'],
    env: {
      ANTHROPIC_BASE_URL: streamUrl,
      ANTHROPIC_API_KEY: key,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_TELEMETRY: '1',
    },
  }),
  choose(_offered, folder) {
    return [
      call('toolu_01real0000000000000000a', 'Bash', { command: `echo ${echoed}`, description: 'Greet' }),
      call('toolu_01real0000000000000000b', 'Read', { file_path: join(folder, 'note.txt') }),
    ]
  },
  readOutcome(stdout) {
    const result = JSON.parse(stdout) as {
      result: string
      is_error: boolean
      stop_reason: string
      usage: Record<string, number>
    }
    const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = result.usage
    return {
      text: result.result,
      failed: result.is_error,
      usage: { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens },
      stopReason: result.stop_reason,
    }
  },
  expectedUsage: ({ input, cacheRead, output }) => ({
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: 0,
  }),
}

const codex: Program = {
  command: 'codex',
  client: 'R',
  models: ['gpt-6-astra', 'any-other-model'],
  start({ folder, streamUrl, key, model }) {
    mkdirSync(join(folder, '.codex'), { recursive: true })
    writeFileSync(join(folder, '.codex/config.toml'), codexConfig(streamUrl, model))
    const args = ['exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', prompt]
    return { args, env: { SLUICE_LOCAL_KEY: key } }
  },
  choose(offered, folder) {
    const commands = [`echo ${echoed}`, `cat ${join(folder, 'note.txt')}`]
    const tool = offered.find(({ name }) => /(^|__)exec(_command)?$/.test(name))
    if (!tool) throw new Error(`no tool for commands among ${offered.map(({ name }) => name).join(', ')}`)
    return commands.map((cmd, at) => codexCall(tool, `call_real00000000000000${at}`, cmd))
  },
  readOutcome(stdout) {
    const outcome: Outcome = { text: '', failed: true, usage: undefined }
    for (const line of stdout.split('\n').filter((each) => each.startsWith('{'))) {
      const event = JSON.parse(line) as { type: string; item?: { type: string; text: string }; usage?: object }
      if (event.type === 'turn.completed') Object.assign(outcome, { failed: false, usage: event.usage })
      if (event.type === 'item.completed' && event.item?.type === 'agent_message') outcome.text = event.item.text
    }
    return outcome
  },
  expectedUsage: ({ prompt: input_tokens, cacheRead, output, reasoning }) => ({
    input_tokens,
    cached_input_tokens: cacheRead,
    output_tokens: output,
    reasoning_output_tokens: reasoning,
  }),
}

export const programs = { 'claude-code': claudeCode, codex } as const satisfies Record<string, Program>

function call(id: string, name: string, input: object): WireCall {
  return { id, name, arguments: JSON.stringify(input) }
}

/** Newer models get one free-text tool for JavaScript, all others a function for commands. */
function codexCall(tool: OfferedTool, id: string, cmd: string): WireCall {
  const { name, namespace, custom } = tool
  const place = { name, ...(namespace !== undefined && { namespace }) }
  if (name.endsWith('exec_command')) return { ...call(id, name, { cmd }), ...place }
  const script = `const done = await tools.exec_command({ cmd: ${JSON.stringify(cmd)} })\ntext(JSON.stringify(done))\n`
  if (custom) return { id, ...place, arguments: script, custom }
  return { ...call(id, name, { input: script }), ...place }
}

function codexConfig(streamUrl: string, model: string): string {
  return [
    `model = "${model}"`,
    'model_provider = "local"',
    '[model_providers.local]',
    'name = "local"',
    `base_url = "${streamUrl}/v1"`,
    'env_key = "SLUICE_LOCAL_KEY"',
    'wire_api = "responses"',
    '',
  ].join('\n')
}
