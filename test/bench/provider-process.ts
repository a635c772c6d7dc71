import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Closable } from '../../infra/local/server.ts'

export interface ProviderProcess extends Closable {
  /** `http://127.0.0.1:port` */
  url: string
}

/** Starts the bench's provider and waits until it listens. */
export async function startProvider(): Promise<ProviderProcess> {
  const file = fileURLToPath(new URL('./provider.ts', import.meta.url))
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const [line] = (await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), exited])) as unknown[]
  if (typeof line !== 'string') throw new Error('the provider of the bench did not start')
  return {
    url: line.trim(),
    close: async () => {
      child.kill()
      await exited
    },
  }
}
