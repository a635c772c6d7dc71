import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { logText } from '../../infra/local/log-text.ts'
import { type Folder, temporaryFolder, writeAssembly } from './assembly.ts'
import { until } from './support.ts'

const script = fileURLToPath(new URL('../../infra/local/start.ts', import.meta.url))
let folder: Folder

beforeAll(() => {
  folder = temporaryFolder()
  writeAssembly(join(folder.path, 'cdk.out'))
})
afterAll(() => folder.remove())

interface Run {
  child: ChildProcess
  out: { stdout: string; stderr: string }
  exited: Promise<number | null>
}

const runs: Run[] = []
afterEach(() => {
  for (const { child } of runs.splice(0)) child.kill('SIGKILL')
})

function start(env: Record<string, string> = {}): Run {
  const { PATH } = process.env
  const child = spawn(process.execPath, [script, '--assembly', join(folder.path, 'cdk.out')], {
    env: { PATH, PORT: '0', SLUICE_DATA: join(folder.path, 'data'), ...env },
  })
  const out = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    out.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    out.stderr += chunk
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const run = { child, out, exited }
  runs.push(run)
  return run
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

async function ready(run: Run): Promise<Record<string, string>> {
  await until(() => run.out.stdout.includes('\n'), 10_000)
  return JSON.parse(run.out.stdout)
}

describe('npm start', () => {
  test('prints one JSON line when standard output is not a terminal, and the functions’ lines elsewhere', async () => {
    const run = start({ SLUICE_KEY: 'sk-test' })
    const line = await ready(run)
    expect(line).toEqual({
      event: 'ready',
      streamUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      bufferUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      usageUrl: null,
      tableName: 'Table123',
      dynamodbEndpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      key: 'sk-test',
    })
    await fetch(`${line.streamUrl}/record`)
    await until(() => run.out.stderr.includes('stream | {"event":"recorded"}\n'))
    expect(run.out.stdout.trim().split('\n')).toHaveLength(1)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('ends everything it started, promptly, on %s', async (signal) => {
    const run = start()
    const line = await ready(run)
    const pid = Number(await (await fetch(`${line.streamUrl}/pid`)).text())
    const begun = Date.now()
    run.child.kill(signal)
    expect(await run.exited).toBe(0)
    expect(Date.now() - begun).toBeLessThan(3000)
    expect(isRunning(pid)).toBe(false)
    await expect(fetch(line.dynamodbEndpoint ?? '')).rejects.toThrow()
  })

  test('leaves nothing behind even when it is killed', async () => {
    const run = start()
    const line = await ready(run)
    const pid = Number(await (await fetch(`${line.streamUrl}/pid`)).text())
    run.child.kill('SIGKILL')
    await run.exited
    await until(() => !isRunning(pid))
    await expect
      .poll(() =>
        fetch(line.dynamodbEndpoint ?? '').then(
          () => 'answers',
          () => 'gone',
        ),
      )
      .toBe('gone')
  })

  test('says in one sentence which port is taken and what to do', async () => {
    const other: Server = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const run = start({ PORT: String(port) })
    expect(await run.exited).toBe(1)
    other.close()
    expect(run.out.stderr.trim()).toMatch(
      new RegExp(`^Port ${port} is taken\\. End the program .* PORT=4000 npm start .*$`),
    )
    expect(run.out.stdout).toBe('')
  })

  test.each([
    [{ PORT: 'http' }, 'PORT must be a number from 0 to 65533, not "http"'],
    [{ SLUICE_PROVIDERS: '[{"id":"x","formats":["chat"]}]' }, 'SLUICE_PROVIDERS[0].formats[0]: unknown format "chat"'],
    [{ SLUICE_ROUTES: '{"fast":[]}' }, 'SLUICE_ROUTES: fast: expected'],
    [{ SLUICE_ROUTES: 'fast' }, 'SLUICE_ROUTES is not JSON'],
    [{ SLUICE_PRICES: '{"m":{"input_mtok":-1}}' }, 'SLUICE_PRICES: m.input_mtok'],
    [
      { SLUICE_IDLE_MS: 'soon', SLUICE_GRACE_MS: '0' },
      'SLUICE_IDLE_MS is "soon": expected a whole number of milliseconds',
    ],
    [{ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'api.example' }, 'OPENAI_BASE_URL: expected an http or https URL'],
    [{ AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' }, 'No DynamoDB answers at http://127.0.0.1:1'],
  ])('explains a faulty setting without a stack: %o', async (env, message) => {
    const run = start(env as Record<string, string>)
    expect(await run.exited).toBe(1)
    expect(run.out.stderr).toContain(message)
    expect(run.out.stderr).not.toContain('    at ')
  })
})

describe('a log line', () => {
  test.each([
    ['2026-01-02T03:04:05.678Z\tabc\tINFO\t{"a":1}', 'stream | {"a":1}'],
    ['{"a":1}', 'stream | {"a":1}'],
    [
      '2026-01-02T03:04:05.678Z\tabc\tWARN\ttwo\rlines',
      'stream | 2026-01-02T03:04:05.678Z\tabc\tWARN\ttwo\nstream | lines',
    ],
  ])('%j is shown as %j', (text, shown) => {
    expect(logText({ source: 'stream', text })).toBe(shown)
  })
})
