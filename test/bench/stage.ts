import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EnvironmentReport, type LocalFunction, type LocalGateway, startLocal } from '../../infra/local/gateway.ts'
import type { Closable } from '../../infra/local/server.ts'
import { closeClient } from './client.ts'
import { synthesize } from './deployment.ts'
import { startProvider } from './provider-process.ts'

/** The local runtime with the gateway, a bare pipe and an empty function in it, and a provider behind them. */
export interface Stage extends Closable {
  gateway: LocalGateway
  providerUrl: string
  /** The assembly that everything runs from. */
  cdkOut: string
  /** @throws when there is no such function */
  fn(name: string): LocalFunction
  /** What went wrong in the functions, for the message when a measurement fails. */
  errors: string[]
}

/** Provider ids by the one format each of them speaks. */
export const providerIds = {
  'openai-chat': 'chat',
  'anthropic-messages': 'messages',
  'openai-responses': 'responses',
} as const

/** @param settings variables of the local runtime and its functions, over the bench's own */
export async function startStage(settings: Record<string, string> = {}): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  const cdkOut = join(folder, 'cdk.out')
  const provider = await startProvider()
  const errors: string[] = []
  try {
    await synthesize(cdkOut, provider.url)
    const gateway = await startLocal({
      cdkOut,
      dataDir: join(folder, 'data'),
      env: { SLUICE_KEY: 'sk-bench', SLUICE_PROVIDERS: JSON.stringify(providerSettings(provider.url)), ...settings },
      log: ({ source, text }) => {
        if (!text.startsWith(`{"level":"info"`)) errors.push(`${source}: ${text}`)
      },
    })
    const close = async () => {
      closeClient()
      await gateway.close()
      await provider.close()
      await rm(folder, { recursive: true, force: true })
    }
    return { gateway, providerUrl: provider.url, cdkOut, fn: (name) => find(gateway, name), errors, close }
  } catch (error) {
    await provider.close()
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** The bench's provider as three, each of which speaks one format. */
export function providerSettings(url: string): object[] {
  const entry = (format: keyof typeof providerIds, baseUrl: string) => ({
    id: providerIds[format],
    formats: [format],
    baseUrl,
    apiKey: 'bench',
  })
  return [entry('openai-chat', `${url}/v1`), entry('anthropic-messages', url), entry('openai-responses', `${url}/v1`)]
}

function find(gateway: LocalGateway, name: string): LocalFunction {
  const found = gateway.functions.find((each) => each.name === name)
  if (!found) throw new Error(`there is no function ${name}`)
  return found
}

/**
 * Waits until a function has written its record and asks for work again, and says what its one environment has used.
 * @throws when it takes longer than 5 s, or a second environment was needed
 */
export async function settled(fn: LocalFunction): Promise<EnvironmentReport> {
  const deadline = performance.now() + 5_000
  while (performance.now() < deadline) {
    const [environment, ...others] = fn.environments()
    if (environment?.phase === 'idle' && others.length === 0) return environment
    await sleep(1)
  }
  throw new Error(`${fn.name} did not come to rest: ${JSON.stringify(fn.environments())}`)
}
