import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { AnyPrincipal, ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { expect, test } from 'vitest'
import { createApp } from '../../infra/assembly.ts'
import { config } from '../../infra/config.ts'
import { synthesize } from './synth.ts'

const run = promisify(execFile)

test('cdk-nag finds nothing that is not waived, and each waiver has a reason', async () => {
  const { app, stack, remove } = await synthesize()
  await remove()
  const waivers = stack.node
    .findAll()
    .flatMap((node) => node.node.metadata.filter((entry) => entry.type.includes('acknowledged')))
  const reasons = waivers.flatMap((entry) => Object.values(entry.data as Record<string, string>))
  expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([])
  expect(new ServerlessChecks(app).validateScope(app).violations).toEqual([])
  expect(reasons).not.toEqual([])
  expect(Math.min(...reasons.map((reason) => reason.length))).toBeGreaterThan(40)
})

test('a violation of cdk-nag fails the synthesis', async () => {
  const outdir = await mkdtemp(join(tmpdir(), 'sluice-nag-'))
  const app = await createApp({ config, outdir })
  new Role(app.node.findChild('Sluice'), 'Bad', {
    assumedBy: new AnyPrincipal(),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')],
  })
  expect(() => app.synth()).toThrow(/AwsSolutions-IAM4/)
  await rm(outdir, { recursive: true })
})

test('`node infra/app.ts` alone writes cdk.out in the current folder, without credentials or region', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-app-'))
  const app = fileURLToPath(new URL('../../infra/app.ts', import.meta.url))
  await run(process.execPath, [app], { cwd: folder, env: { PATH: process.env.PATH, HOME: folder } })
  const manifest = JSON.parse(await readFile(join(folder, 'cdk.out/manifest.json'), 'utf8'))
  const assets = JSON.parse(await readFile(join(folder, 'cdk.out/Sluice.assets.json'), 'utf8'))
  const packaged = Object.keys(assets.files).map((hash) => `asset.${hash}`)
  const files = await readdir(join(folder, 'cdk.out'))
  await rm(folder, { recursive: true })
  expect(manifest.artifacts.Sluice.properties.templateFile).toBe('Sluice.template.json')
  expect(files).toContain('Sluice.template.json')
  expect(files.filter((file) => packaged.includes(file))).toHaveLength(3)
})
