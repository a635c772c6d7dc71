import { resolve } from 'node:path'
import { createApp } from './assembly.ts'
import { BundleError } from './bundle.ts'
import { config } from './config.ts'
import { ConfigError, readConfig } from './config-schema.ts'

// The CDK CLI names its folder in CDK_OUTDIR; without the CLI (`node infra/app.ts`, the local runtime) it is ./cdk.out.
const outdir = resolve(process.env.CDK_OUTDIR ?? 'cdk.out')

try {
  const app = await createApp({ config: readConfig(config), outdir })
  app.synth()
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof BundleError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
