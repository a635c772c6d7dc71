import { join } from 'node:path'
import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import cdk from '../cdk.json' with { type: 'json' }
import { bundleFunction, entryPoints } from './bundle.ts'
import type { Config } from './config-schema.ts'
import { SluiceStack } from './sluice-stack.ts'

export interface AssemblyOptions {
  config: Config
  /** Folder of the cloud assembly; the bundles are built into its `bundle/`. */
  outdir: string
}

/**
 * Builds the functions and the app around them. `synth()` on it writes the assembly, and throws if cdk-nag finds anything
 * that is not waived beside its construct.
 * @throws BundleError when an entry is too large
 */
export async function createApp({ config, outdir }: AssemblyOptions): Promise<App> {
  const parent = join(outdir, 'bundle')
  const [stream, buffer, usage] = await Promise.all([
    bundleFunction({ name: 'stream', entry: entryPoints.stream, parent }),
    bundleFunction({ name: 'buffer', entry: entryPoints.buffer, parent }),
    bundleFunction({ name: 'usage', entry: entryPoints.usage, parent }),
  ])
  // The CLI passes cdk.json's feature flags itself; without it they come from here, so both write the same template.
  const app = new App({ outdir, context: cdk.context, analyticsReporting: false })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
  new SluiceStack(app, 'Sluice', { config, bundles: { stream, buffer, usage } })
  return app
}
