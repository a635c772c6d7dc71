import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { createApp } from '../../infra/assembly.ts'
import { bundleFunction } from '../../infra/bundle.ts'
import { config } from '../../infra/config.ts'
import { readConfig } from '../../infra/config-schema.ts'
import { type Resource, type Template, targetOf } from '../../infra/local/template-values.ts'

/** The functions the gateway is measured beside, under the names of their outputs. */
const others = { Pipe: 'test/bench/handlers/pipe.ts', Empty: 'test/bench/handlers/empty.ts' }

interface AssetManifest {
  files: Record<string, unknown>
}

/**
 * Synthesizes the gateway's own stack into `folder`, and beside its stream function the others with the same memory,
 * variables and bundling, so that a difference between them is a difference of code.
 * @param upstream base URL the pipe posts to
 */
export async function synthesize(folder: string, upstream: string): Promise<void> {
  const app = await createApp({ config: readConfig(config), outdir: folder })
  const stack = app.synth().getStackByName(config.stackName)
  const template = await readJson<Template>(stack.templateFullPath)
  const assetsFile = join(folder, `${stack.id}.assets.json`)
  const assets = await readJson<AssetManifest>(assetsFile)
  for (const [name, entry] of Object.entries(others)) {
    const bundle = await bundleFunction({ name: name.toLowerCase(), entry, parent: join(folder, 'bundle') })
    assets.files[`bench-${name}`] = { source: { path: relative(folder, bundle.directory) } }
    addLikeStream(template, name, upstream)
  }
  await writeFile(stack.templateFullPath, JSON.stringify(template))
  await writeFile(assetsFile, JSON.stringify(assets))
}

/** A copy of the stream function and its URL, with other code. */
function addLikeStream(template: Template, name: string, upstream: string): void {
  const url = resource(template, targetOf(template.Outputs?.StreamUrl?.Value))
  const original = resource(template, targetOf(url.Properties?.TargetFunctionArn))
  const environment = original.Properties?.Environment as { Variables: Record<string, unknown> }
  template.Resources[`${name}Function`] = {
    ...original,
    Properties: {
      ...original.Properties,
      Code: { S3Key: `bench-${name}.zip` },
      Handler: `${name.toLowerCase()}.handler`,
      Environment: { Variables: { ...environment.Variables, SLUICE_BENCH_UPSTREAM: upstream } },
    },
  }
  template.Resources[`${name}Url`] = {
    ...url,
    Properties: { ...url.Properties, TargetFunctionArn: { 'Fn::GetAtt': [`${name}Function`, 'Arn'] } },
  }
  template.Outputs = { ...template.Outputs, [`${name}Url`]: { Value: { 'Fn::GetAtt': [`${name}Url`, 'FunctionUrl'] } } }
}

function resource(template: Template, id: string | undefined): Resource {
  const found = template.Resources[id ?? '']
  if (!found) throw new Error(`the template has no resource ${id}`)
  return found
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T
}
