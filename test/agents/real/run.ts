import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type LocalGateway, startLocal } from '../../../infra/local/gateway.ts'
import { isStale, synthesize } from '../../../infra/local/synth.ts'
import type { Format } from '../../support/upstream/format.ts'
import { type Check, checkRun, type Run } from './checks.ts'
import { noteText, type Program, programs } from './programs.ts'
import { type ScriptedProvider, startScriptedProvider } from './provider.ts'

/**
 * Runs a real coding agent through the local gateway and checks the tool loop: what the provider received on turn two,
 * what the agent reported, what the records say. The programs are no part of this project:
 *
 *   npm install --prefix /tmp/agents @anthropic-ai/claude-code @openai/codex
 *   PATH=/tmp/agents/node_modules/.bin:$PATH node test/agents/real/run.ts claude-code --upstream c
 *
 * `--upstream c|m|r` (all three without it) · `--model <name>` (without it, each that changes what the agent sends) ·
 * `--program <path>` of the executable · `--keep <folder>` for request bodies and the agent's output.
 * Where the system allows it, everything runs in a network namespace that has only loopback. Exits with 1 if a check
 * fails, with 0 and a note if the program is not there.
 */
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    upstream: { type: 'string' },
    model: { type: 'string' },
    program: { type: 'string' },
    keep: { type: 'string' },
    inside: { type: 'boolean' },
  },
})

const root = fileURLToPath(new URL('../../..', import.meta.url))
const cdkOut = join(root, 'node_modules/.cache/acceptance/cdk.out')
/** An agent that waits for something that never comes is ended, milliseconds. */
const maxRunMs = 120_000

const upstreams = {
  c: { format: 'C', provider: 'c', settings: (url) => oneProvider('c', 'openai-chat', `${url}/v1`) },
  // Under its built-in name, so that an agent can ask for `claude-…` and finds the same name in the answer.
  m: {
    format: 'M',
    provider: 'anthropic',
    settings: (url) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'provider-key' }),
  },
  r: { format: 'R', provider: 'r', settings: (url) => oneProvider('r', 'openai-responses', `${url}/v1`) },
} as const satisfies Record<
  string,
  { format: Format; provider: string; settings: (url: string) => Record<string, string> }
>
type Upstream = keyof typeof upstreams

function oneProvider(id: string, format: string, baseUrl: string): Record<string, string> {
  return { SLUICE_PROVIDERS: JSON.stringify([{ id, formats: [format], baseUrl, apiKey: 'provider-key' }]) }
}

async function main(): Promise<number> {
  const name = positionals[0]
  if (name !== 'claude-code' && name !== 'codex') throw new Error(`an agent: ${Object.keys(programs).join(' or ')}`)
  const program = programs[name]
  const path = flags.program ?? spawnSync('which', [program.command]).stdout.toString().trim()
  if (path === '' || spawnSync(path, ['--version']).status !== 0) {
    console.log(`skipped: ${program.command} is not installed here (--program <path>, see the top of this file)`)
    return 0
  }
  if (!flags.inside && spawnSync('unshare', ['-rn', 'ip', 'link', 'set', 'lo', 'up']).status === 0) return runInside()
  if (flags.inside) spawnSync('ip', ['link', 'set', 'lo', 'up'])
  else console.log('note: no network namespace here, the agent can reach the network')
  if (isStale(root, cdkOut)) {
    mkdirSync(cdkOut, { recursive: true })
    await synthesize(root, cdkOut)
  }
  let failures = 0
  for (const upstream of readUpstreams()) {
    for (const model of flags.model === undefined ? program.models : [flags.model]) {
      failures += await tryOne(name, program, path, upstream, model)
    }
  }
  return failures === 0 ? 0 : 1
}

function runInside(): number {
  const args = ['-rn', process.execPath, ...process.argv.slice(1), '--inside']
  return spawnSync('unshare', args, { stdio: 'inherit' }).status ?? 1
}

function readUpstreams(): Upstream[] {
  const all = Object.keys(upstreams) as Upstream[]
  if (flags.upstream === undefined) return all
  const wanted = all.find((each) => each === flags.upstream)
  if (!wanted) throw new Error(`--upstream is one of ${all.join(', ')}`)
  return [wanted]
}

/** @returns the number of failed checks */
async function tryOne(
  name: string,
  program: Program,
  path: string,
  upstream: Upstream,
  model: string,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-agent-'))
  const { format, provider: id, settings } = upstreams[upstream]
  const provider = await startScriptedProvider(format, (offered) => program.choose(offered, folder))
  const gateway = await startLocal({
    cdkOut,
    dataDir: folder,
    env: { SLUICE_KEY: 'sk-sluice-real-agents-0123456789', ...settings(provider.url) },
    log: () => {},
    prewarm: true,
  })
  try {
    writeFileSync(join(folder, 'note.txt'), `${noteText}\n`)
    const asked = format === 'M' && model.startsWith('claude-') ? model : `${id}/${model}`
    const run = { program, format, ...(await runAgent(program, path, gateway, folder, asked)) }
    keep(`${name}-${upstream}-${model}`, provider, run)
    return report(`${name} → ${format} (${model})`, await checkRun(run, provider.turns, folder, gateway))
  } finally {
    await gateway.close()
    await provider.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runAgent(
  program: Program,
  path: string,
  gateway: LocalGateway,
  folder: string,
  model: string,
): Promise<Pick<Run, 'stdout' | 'stderr' | 'status'>> {
  const streamUrl = (gateway.streamUrl ?? '').replace(/\/$/, '')
  const { args, env } = program.start({ folder, streamUrl, key: gateway.key, model })
  const child = spawn(path, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: maxRunMs,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { stdout, stderr, status }
}

function keep(title: string, { turns }: ScriptedProvider, run: Run): void {
  if (flags.keep === undefined) return
  const folder = join(flags.keep, title)
  mkdirSync(folder, { recursive: true })
  for (const [turn, bodies] of Object.entries(turns)) {
    for (const [at, body] of bodies.entries()) writeFileSync(join(folder, `${turn}-${at}.json`), body)
  }
  writeFileSync(join(folder, 'stdout.txt'), run.stdout)
  writeFileSync(join(folder, 'stderr.txt'), run.stderr)
}

function report(title: string, checks: readonly Check[]): number {
  console.log(`\n${title}`)
  for (const { name, fault } of checks)
    console.log(fault === undefined ? `  ok    ${name}` : `  FAIL  ${name}: ${fault}`)
  return checks.filter(({ fault }) => fault !== undefined).length
}

process.exitCode = await main()
