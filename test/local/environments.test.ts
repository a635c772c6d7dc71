import { afterEach, describe, expect, test } from 'vitest'
import type { FunctionSpec } from '../../infra/local/function-spec.ts'
import { call, type Fixture, fixtureSpec, serveFixture, sleep, until } from './support.ts'

const running: Fixture[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((fixture) => fixture.close()))
})

async function serve(
  spec: Partial<FunctionSpec> = {},
  options: Parameters<typeof serveFixture>[1] = {},
): Promise<Fixture & { pid(path: string): Promise<string> }> {
  const fixture = await serveFixture(fixtureSpec(spec), options)
  running.push(fixture)
  return { ...fixture, pid: async (path) => (await call(`${fixture.url}${path}`)).bytes.toString() }
}

const idle = ({ pool }: Fixture) => [...pool.environments].filter((each) => each.phase === 'idle').length

describe('the environments of a function', () => {
  test('stay warm: the next request runs in the same process', async () => {
    const fixture = await serve()
    const first = await fixture.pid('/pid')
    await until(() => idle(fixture) === 1)
    const answer = await call(`${fixture.url}/pid`)
    expect(answer.bytes.toString()).toBe(first)
    expect(answer.headers['x-invocations']).toBe('2')
  })

  test('take one request at a time: concurrent ones run in processes of their own', async () => {
    const fixture = await serve()
    const pids = await Promise.all(Array.from({ length: 3 }, () => fixture.pid('/slow')))
    expect(new Set(pids).size).toBe(3)
    await until(() => idle(fixture) === 3)
    expect(pids).toContain(await fixture.pid('/pid'))
  })

  test('are reused most recently used first', async () => {
    const fixture = await serve()
    await Promise.all([fixture.pid('/slow'), fixture.pid('/slow')])
    await until(() => idle(fixture) === 2)
    const last = await fixture.pid('/pid')
    await until(() => idle(fixture) === 2)
    expect(await fixture.pid('/pid')).toBe(last)
  })

  test('are busy until the handler returns: a request after the last byte goes elsewhere, the work goes on', async () => {
    const fixture = await serve()
    const recording = await fixture.pid('/record')
    expect(await fixture.pid('/pid')).not.toBe(recording)
    await until(() => fixture.lines.some((line) => line.text.includes('"recorded"')))
  })

  test('beyond the limit are refused with 429 as on the platform', async () => {
    const fixture = await serve({}, { concurrency: 2 })
    const answers = await Promise.all(Array.from({ length: 4 }, () => call(`${fixture.url}/slow`)))
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 429, 429])
    const refused = answers.find((answer) => answer.status === 429)
    expect(refused?.headers['x-amzn-errortype']).toBe('TooManyRequestsException')
    expect(JSON.parse(refused?.bytes.toString() ?? '')).toEqual({
      Reason: 'ConcurrentInvocationLimitExceeded',
      Type: 'User',
      message: 'Rate Exceeded.',
    })
    await until(() => idle(fixture) > 0)
    expect((await call(`${fixture.url}/pid`)).status).toBe(200)
  })

  test('are replaced after a crash', async () => {
    const fixture = await serve({}, { concurrency: 1 })
    const before = await fixture.pid('/pid')
    await until(() => idle(fixture) === 1)
    expect((await call(`${fixture.url}/crash`)).status).toBe(502)
    expect(fixture.lines.some((line) => line.text.includes('Runtime exited with error: exit status 3'))).toBe(true)
    const after = await call(`${fixture.url}/pid`)
    expect(after.status).toBe(200)
    expect(after.bytes.toString()).not.toBe(before)
  })

  test('are killed at the timeout: 502 before the first byte, a cut stream after it', async () => {
    const fixture = await serve({ timeoutMs: 400 })
    const [early, late] = await Promise.all([call(`${fixture.url}/hang`), call(`${fixture.url}/hang-late`)])
    expect(early.status).toBe(502)
    expect([late.status, late.bytes.toString(), late.cut]).toEqual([200, 'half', true])
    expect(
      fixture.lines.filter((line) => line.text.includes('Task timed out after 0.40 seconds')).length,
    ).toBeGreaterThan(1)
    await until(() => fixture.pool.environments.size === 0)
  })

  test('are killed at the timeout also when the answer is out and the handler hangs', async () => {
    const fixture = await serve({ timeoutMs: 200 })
    await fixture.pid('/record')
    await until(() => fixture.pool.environments.size === 0)
    expect(fixture.lines.some((line) => line.text.includes('"recorded"'))).toBe(false)
  })

  test('end when they have been idle for long', async () => {
    const fixture = await serve({}, { idleMs: 150 })
    await fixture.pid('/pid')
    expect(fixture.pool.environments.size).toBe(1)
    await until(() => fixture.pool.environments.size === 0)
    expect(await fixture.pid('/pid')).not.toBe('')
  })

  test('that cannot start give 502 and the reason in the log', async () => {
    const fixture = await serve({ handler: 'broken.handler' })
    expect((await call(`${fixture.url}/`)).status).toBe(502)
    expect(fixture.lines.map((line) => line.text).join('\n')).toContain('Error: this module does not load')
    expect(fixture.pool.environments.size).toBe(0)
  })

  test('run new code for new requests after a replacement, and old code to its end', async () => {
    const fixture = await serve()
    const old = fixture.pid('/slow')
    await sleep(150)
    fixture.pool.replace(fixtureSpec({ env: { FROM_TEMPLATE: 'changed' } }))
    const variables = JSON.parse(await fixture.pid('/environment'))
    expect(variables.FROM_TEMPLATE).toBe('changed')
    expect(await old).toMatch(/^\d+$/)
    await until(() => fixture.pool.environments.size === 1)
  })

  test('leave no process behind when they end, and finish a record first', async () => {
    const fixture = await serve()
    const pid = Number(await fixture.pid('/record'))
    await fixture.close()
    expect(fixture.lines.some((line) => line.text.includes('"recorded"'))).toBe(true)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})
