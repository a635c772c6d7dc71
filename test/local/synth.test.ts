import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isStale, synthesize } from '../../infra/local/synth.ts'
import { type Folder, temporaryFolder } from './assembly.ts'

let folder: Folder
beforeEach(() => {
  folder = temporaryFolder()
  put('lambda/stream.ts', '', 100)
  put('package.json', '{"type":"module"}', 100)
})
afterEach(() => folder.remove())

function put(name: string, text: string, seconds: number): void {
  const path = join(folder.path, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  utimesSync(path, seconds, seconds)
}

const cdkOut = () => join(folder.path, 'cdk.out')

describe('the cloud assembly', () => {
  test.each([
    ['there is none', undefined, true],
    ['nothing has changed since', 'lambda/stream.ts', false],
    ['a function has changed', 'lambda/gateway/relay.ts', true],
    ['the stack has changed', 'infra/constructs/url-function.ts', true],
    ['a dependency has changed', 'package-lock.json', true],
    ['only the local runtime has changed', 'infra/local/start.ts', false],
    ['only a test has changed', 'test/local/synth.test.ts', false],
  ])('is built again when it must be: %s', (_case, changed, stale) => {
    if (changed) {
      put('cdk.out/manifest.json', '{}', 200)
      if (changed !== 'lambda/stream.ts') put(changed, '', 300)
    }
    expect(isStale(folder.path, cdkOut())).toBe(stale)
  })

  test('is written by the app into the folder it is given', async () => {
    put(
      'infra/app.ts',
      "import { mkdirSync, writeFileSync } from 'node:fs'\nconst out: string = process.env.CDK_OUTDIR!\nmkdirSync(out)\nwriteFileSync(out + '/manifest.json', '{}')",
      100,
    )
    await synthesize(folder.path, cdkOut())
    expect(isStale(folder.path, cdkOut())).toBe(false)
  })

  test('that fails its checks shows what the app said and is not taken for good', async () => {
    put('cdk.out/manifest.json', '{}', 200)
    put('infra/app.ts', "console.error('table.ttl must be a number'); process.exit(1)", 100)
    await expect(synthesize(folder.path, cdkOut())).rejects.toThrow('table.ttl must be a number')
    expect(existsSync(join(cdkOut(), 'manifest.json'))).toBe(false)
  })
})
