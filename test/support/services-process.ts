import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Services } from './services.ts'

export interface ServicesProcess {
  services: Services
  /** Ends everything it had started. */
  close(): Promise<void>
}

/**
 * Starts `services.ts` in a plain Node process, as `npm start` would run.
 * @param settings variables over those every gateway of the run has
 * @throws with what the process said, if it ends before it is ready
 */
export async function startServices(settings: Record<string, string> = {}): Promise<ServicesProcess> {
  const child = fork(fileURLToPath(new URL('services.ts', import.meta.url)), [JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  })
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-5000)
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const services = await new Promise<Services>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Services))
    child.once('error', reject)
    void exited.then(() => reject(new Error(`the services did not start:\n${complaint}`)))
  })
  return {
    services,
    async close() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
