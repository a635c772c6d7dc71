import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { createApp } from '../../infra/assembly.ts'
import { config } from '../../infra/config.ts'
import type { Config } from '../../infra/config-schema.ts'

/** A synthesized gateway in a folder of its own. */
export interface Synthesis {
  app: App
  stack: Stack
  template: Template
  outdir: string
  remove(): Promise<void>
}

/** Synthesizes the stack as `infra/app.ts` does, with some settings changed. */
export async function synthesize(changes: Partial<Config> = {}): Promise<Synthesis> {
  const outdir = await mkdtemp(join(tmpdir(), 'sluice-synth-'))
  const app = await createApp({ config: { ...config, ...changes }, outdir })
  const stack = app.node.findChild('Sluice') as Stack
  // Template.fromStack synthesizes the app, and with it runs cdk-nag.
  return { app, stack, template: Template.fromStack(stack), outdir, remove: () => rm(outdir, { recursive: true }) }
}
