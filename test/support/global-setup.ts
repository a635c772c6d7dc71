import type { TestProject } from 'vitest/node'
import type { Services } from './services.ts'
import { startServices } from './services-process.ts'

declare module 'vitest' {
  interface ProvidedContext {
    services: Services
  }
}

/** Starts the services before the first acceptance test. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const { services, close } = await startServices()
  provide('services', services)
  return close
}
