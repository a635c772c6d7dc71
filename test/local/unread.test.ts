import { spawn } from 'node:child_process'
import type { IncomingMessage } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { functionVariables } from '../../infra/local/function-variables.ts'
import { createRuntimeApi, type RuntimeApi } from '../../infra/local/runtime-api.ts'
import { fixtureSpec, until } from './support.ts'

const runtime = fileURLToPath(import.meta.resolve('aws-lambda-ric'))
const nativeClient = fileURLToPath(new URL('../../infra/local/native-client.cjs', import.meta.url))

/** A runtime process whose answers nobody reads unless the test does. */
class Unread {
  nexts = 0
  log = ''
  readonly bodies: IncomingMessage[] = []
  #api: RuntimeApi | undefined
  #child: ReturnType<typeof spawn> | undefined

  async start(): Promise<void> {
    const ignore = () => undefined
    const handlers = { onInitError: ignore, onResult: ignore, onError: ignore }
    const onNext = () => void this.nexts++
    const onStream = (_id: string, body: IncomingMessage) => void this.bodies.push(body)
    this.#api = await createRuntimeApi({ ...handlers, onNext, onStream }, 1024)
    const spec = fixtureSpec({ handler: 'unread.handler' })
    this.#child = spawn(process.execPath, ['--require', nativeClient, runtime], {
      cwd: spec.codeDir,
      env: functionVariables(spec, this.#api.address, { region: 'us-east-1' }, {}),
    })
    this.#child.stdout?.on('data', (text: Buffer) => {
      this.log += text.toString()
    })
    await until(() => this.nexts === 1, 20_000)
  }

  async invoke(requestId: string): Promise<IncomingMessage> {
    const deadlineMs = Date.now() + 900_000
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:unread'
    const before = this.bodies.length
    this.#api?.deliver({ requestId, payload: Buffer.from('{}'), deadlineMs, traceId: 'Root=1', functionArn: arn })
    await until(() => this.bodies.length > before, 10_000)
    return this.bodies.at(-1) as IncomingMessage
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#api?.close()
  }
}

const subject = new Unread()
afterEach(() => subject.stop())

test('an answer that nobody reads is broken off when its client counts as left, and the environment goes on', async () => {
  await subject.start()
  const unread = await subject.invoke('one')
  await until(() => subject.log.includes('the client has left'), 10_000)
  await until(() => subject.nexts === 2, 5_000)
  const broken = new Promise((resolve) => unread.once('close', resolve))
  unread.on('error', () => undefined)
  unread.resume()
  await broken
  expect(unread.complete).toBe(false)

  let size = 0
  const read = await subject.invoke('two')
  for await (const chunk of read as AsyncIterable<Buffer>) size += chunk.length
  expect(read.complete).toBe(true)
  expect(size).toBeGreaterThanOrEqual(100 * 1024 * 1024)
  expect(subject.log).toContain('the client took everything')
})
