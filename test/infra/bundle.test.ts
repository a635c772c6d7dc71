import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Metafile } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bundle, bundleFunction, type EntryName, entryPoints, maxEntryBytes } from '../../infra/bundle.ts'

const run = promisify(execFile)
const names = Object.keys(entryPoints) as EntryName[]
const fixture = { name: 'lazy', entry: 'test/infra/fixtures/lazy-entry.ts' }

let parent: string
const bundles = new Map<string, Bundle>()

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sluice-bundle-'))
  const built = [...names.map((name) => ({ name, entry: entryPoints[name] })), fixture]
  for (const options of built) bundles.set(options.name, await bundleFunction({ ...options, parent }))
})

afterAll(() => rm(parent, { recursive: true, force: true }))

function bundleOf(name: string): Bundle {
  const bundle = bundles.get(name)
  if (bundle === undefined) throw new Error(`${name} was not built`)
  return bundle
}

/** The least that a function needs to start. Nothing answers at the endpoint. */
const functionEnv = {
  SLUICE_TABLE: 'table',
  SLUICE_SECRET_ID: 'secret',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
}

/** Every file of a folder, by its path inside it. */
async function readFolder(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const contents = files.sort().map(async (file) => [file.slice(directory.length + 1), await readFile(file, 'utf8')])
  return Object.fromEntries(await Promise.all(contents))
}

/** Calls the fixture's handler in a Node of its own, as Lambda does; gives what it printed. */
async function callFixture(event: string, ...options: string[]): Promise<string> {
  const url = pathToFileURL(join(bundleOf(fixture.name).directory, 'lazy.mjs'))
  const script = `const { handler } = await import(${JSON.stringify(url.href)})
    console.log(await handler(${event}).catch((error) => error.stack))`
  return (await run(process.execPath, [...options, '--input-type=module', '--eval', script])).stdout
}

describe.each(names)('the bundle of the %s function', (name) => {
  test('loads at most 100 KB before the first request', () => {
    expect(bundleOf(name).entryBytes).toBeGreaterThan(0)
    expect(bundleOf(name).entryBytes).toBeLessThanOrEqual(maxEntryBytes)
    expect(maxEntryBytes).toBe(100_000)
  })

  test('loads neither the AWS SDK nor zod nor prices before the first request', () => {
    expect(bundleOf(name).entryInputs).toContain(entryPoints[name])
    const heavy = /node_modules\/(@aws-sdk|@smithy|@pydantic|zod)\//
    expect(bundleOf(name).entryInputs.filter((input) => heavy.test(input))).toEqual([])
  })

  test('opens three files at most before the first request', () => {
    expect(bundleOf(name).entryFiles).toBeLessThanOrEqual(3)
  })

  test('starts without undici, which an ES import of node:http would load', async () => {
    const url = pathToFileURL(join(bundleOf(name).directory, `${name}.mjs`))
    const script = `globalThis.awslambda = { streamifyResponse: (handler) => handler }
      await import(${JSON.stringify(url.href)})
      const loaded = (part) => process.moduleLoadList.some((module) => module.endsWith(part))
      process.stdout.write(JSON.stringify({ http: loaded(' http'), undici: loaded('undici/undici') }))
      process.exit()`
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { env: functionEnv })
    // Before it stand the log lines of a secret that cannot be read.
    expect(JSON.parse(stdout.split('\n').at(-1) ?? '')).toEqual({ http: true, undici: false })
  })

  test('takes Node’s own modules without reading all their exports', async () => {
    const files = await readFolder(bundleOf(name).directory)
    const code = Object.entries(files).filter(([file]) => file.endsWith('.mjs'))
    const imports = code.filter(([, text]) => /\bfrom ?["']node:|\bimport ?["']node:/.test(text))
    expect(imports.map(([file]) => file)).toEqual([])
  })

  test('ships ES modules, each with a source map beside it, and nothing else', async () => {
    const files = await readFolder(bundleOf(name).directory)
    const modules = Object.keys(files).filter((file) => file.endsWith('.mjs'))
    expect(modules).toContain(`${name}.mjs`)
    expect(Object.keys(files).sort()).toEqual(modules.flatMap((file) => [file, `${file}.map`]).sort())
    for (const file of modules) {
      const map = `${file.slice(file.lastIndexOf('/') + 1)}.map`
      expect(files[file]).toMatch(new RegExp(`//# sourceMappingURL=${map.replaceAll('.', '\\.')}\\s*$`))
    }
  })

  test('is the same, byte for byte, wherever it is built', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'sluice-elsewhere-'))
    const again = await bundleFunction({ name, entry: entryPoints[name], parent: elsewhere })
    const files = await readFolder(again.directory)
    await rm(elsewhere, { recursive: true })
    expect(files).toEqual(await readFolder(bundleOf(name).directory))
    expect(Object.values(files).filter((text) => text.includes(process.cwd()))).toEqual([])
  })

  test('has its metafile beside its folder, not in it', async () => {
    const metafile = JSON.parse(await readFile(bundleOf(name).metafile, 'utf8'))
    expect(Object.keys(metafile.inputs)).toContain(entryPoints[name])
    expect(bundleOf(name).metafile).toBe(join(parent, `${name}.meta.json`))
  })
})

test.each(['openai-chat', 'anthropic-messages', 'openai-responses'])(
  '%s is one file beside the entry',
  async (format) => {
    const { outputs } = JSON.parse(await readFile(bundleOf('stream').metafile, 'utf8')) as Metafile
    const links = (file: string) =>
      (outputs[file]?.imports ?? []).filter(({ kind }) => kind === 'import-statement').map(({ path }) => path)
    const path = Object.keys(outputs).find((file) => outputs[file]?.entryPoint === `lambda/formats/${format}/index.ts`)
    const entry = links('bundle/stream.mjs').flatMap((file) => [file, ...links(file)])
    expect(path).toMatch(/chunks\//)
    expect(links(path ?? '').filter((file) => !entry.includes(file))).toEqual([])
  },
)

test.each(['stream', 'buffer'])(
  '%s loads the formats as it starts, and a secret that hangs holds it up for a second',
  async (name) => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const url = pathToFileURL(join(bundleOf(name).directory, `${name}.mjs`))
    const script = `import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    globalThis.awslambda = { streamifyResponse: (handler) => handler }
    await import(${JSON.stringify(url.href)})
    process.stdout.write(JSON.stringify(loaded))
    process.exit()`
    const env = { ...functionEnv, AWS_ENDPOINT_URL: endpoint }
    // A log line would spoil the JSON: after five seconds the attempt to read the secret ends with one.
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { env })
    silent.closeAllConnections()
    silent.close()
    const chunks = (JSON.parse(stdout) as string[]).flatMap(
      (file) => /chunks\/([a-z-]+)-[A-Z0-9]+\.mjs$/.exec(file)?.[1] ?? [],
    )
    const named = chunks.filter((chunk) => chunk !== 'chunk')
    expect(named.sort()).toEqual(['anthropic-messages', 'openai-chat', 'openai-responses'])
  },
)

test('a dynamic import becomes a chunk that the entry does not count', async () => {
  const { directory, entryInputs } = bundleOf(fixture.name)
  expect(entryInputs).toEqual([fixture.entry])
  expect((await readdir(join(directory, 'chunks'))).filter((file) => file.endsWith('.mjs'))).not.toEqual([])
})

test('a CommonJS package can require Node’s modules from inside the bundle', async () => {
  expect(await callFixture('{}')).toBe('example.com\n')
})

test('a stack trace names the source file and line', async () => {
  const stack = await callFixture('{ fail: true }', '--enable-source-maps')
  expect(stack).toMatch(/asked to fail\n.*lazy-entry\.ts:3/)
})

test('packages take no room in the source maps, and neither does the text of sources', async () => {
  const files = await readFolder(bundleOf(fixture.name).directory)
  const [chunk] = Object.keys(files).filter(
    (file) => file.startsWith('chunks/') && files[`${file}.map`]?.includes('aws4'),
  )
  const map = JSON.parse(files[`${chunk}.map`] ?? '{}')
  expect(map.sources.some((source: string) => source.endsWith('fixtures/lazy-part.ts'))).toBe(true)
  expect(map.sourcesContent).toBeUndefined()
  // Mapped as usual, the mappings alone are as long as the code.
  expect(map.mappings.length).toBeLessThan((files[chunk ?? '']?.length ?? 0) / 4)
})

test('a file left from an earlier build does not ship', async () => {
  const stale = await mkdtemp(join(tmpdir(), 'sluice-stale-'))
  const { directory } = await bundleFunction({ ...fixture, parent: stale })
  await writeFile(join(directory, 'stale.mjs'), '')
  await bundleFunction({ ...fixture, parent: stale })
  const files = Object.keys(await readFolder(directory))
  await rm(stale, { recursive: true })
  expect(files).toContain('lazy.mjs')
  expect(files).not.toContain('stale.mjs')
})

test('an entry over the limit fails, names the largest files and writes nothing', async () => {
  const build = bundleFunction({ ...fixture, name: 'heavy', parent, maxBytes: 100 })
  await expect(build).rejects.toThrow(
    /lazy-entry\.ts: \d+ bytes load at start, 100 are allowed.*\n +\d+ {2}test\/infra/,
  )
  expect(await readdir(parent)).not.toContain('heavy')
})

test('a module that is imported statically and lazily fails, since chance would decide what the bundle is', async () => {
  const build = bundleFunction({ name: 'both', entry: 'test/infra/fixtures/both-ways-entry.ts', parent })
  await expect(build).rejects.toThrow('./lazy-part.ts is imported statically and by import()')
})
