import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import type { Services } from './services.ts'

declare module 'vitest' {
  interface ProvidedContext {
    services: Services
  }
}

/** Starts `services.ts` in a plain Node process, as `npm start` would run, before the first acceptance test. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const child = fork(fileURLToPath(new URL('services.ts', import.meta.url)), {
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
  provide('services', services)
  return async () => {
    if (child.connected) child.disconnect()
    await exited
  }
}
