import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = new URL('../..', import.meta.url).pathname

interface Source {
  path: string
  text: string
  /** Project files as paths from the root, packages by name. */
  imports: string[]
}

const sources: Source[] = ['lambda', 'infra', 'test'].flatMap(filesBelow).map((path) => {
  const text = readFileSync(join(root, path), 'utf8')
  const named = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string)
  const imports = named.map((name) => (name.startsWith('.') ? join(dirname(path), name) : name))
  return { path, text, imports }
})
const lambda = sources.filter(({ path }) => path.startsWith('lambda/'))

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

function importing(from: Source[], wanted: (name: string) => boolean): string[] {
  return from.filter(({ imports }) => imports.some(wanted)).map(({ path }) => path)
}

describe('the import law', () => {
  test('there is something to judge', () => {
    expect(lambda.length).toBeGreaterThan(40)
  })

  test('no format imports another', () => {
    const crossing = lambda.filter(({ path, imports }) => {
      const folder = /^lambda\/formats\/([^/]+)\//.exec(path)?.[1]
      return (
        folder !== undefined &&
        imports.some((name) => {
          const other = /^lambda\/formats\/([^/]+)\//.exec(name)?.[1]
          return other !== undefined && other !== folder && other !== 'shared'
        })
      )
    })
    expect(crossing.map(({ path }) => path)).toEqual([])
  })

  test('only http/ and the entries know Lambda', () => {
    const knowing = lambda.filter(
      ({ text, imports }) => imports.includes('aws-lambda') || /\bawslambda\b/.test(text) || /\bAPIGateway/.test(text),
    )
    const allowed = /^lambda\/(http\/|(stream|buffer|usage)\.ts$)/
    expect(knowing.map(({ path }) => path).filter((path) => !allowed.test(path))).toEqual([])
  })

  test('only metrics/dynamo*, usage/dynamo*, keys/ and deps.ts know AWS', () => {
    const allowed = /^lambda\/(metrics\/(dynamo[^/]*|item)\.ts|usage\/dynamo[^/]*\.ts|keys\/|deps\.ts)/
    const knowing = importing(lambda, (name) => name.startsWith('@aws-sdk/') || name === 'aws4')
    expect(knowing.filter((path) => !allowed.test(path))).toEqual([])
  })

  test('config.ts alone reads process.env', () => {
    const reading = lambda.filter(({ text }) => text.includes('process.env')).map(({ path }) => path)
    expect(reading).toEqual(['lambda/config.ts'])
  })

  test('the function imports neither infra nor tests, and the official SDKs only as types', () => {
    expect(importing(lambda, (name) => /^(infra|test)\//.test(name))).toEqual([])
    const values = lambda.filter(({ text }) => /^import (?!type)[^'\n]*'(openai|@anthropic-ai\/sdk)/m.test(text))
    expect(values.map(({ path }) => path)).toEqual([])
  })

  test('what the plain HTTP server loads is installed without development packages', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object }
    const values = (text: string) => [
      ...text.matchAll(/^(?:import (?!type)|} |export )[^'\n]*from '([^']+)'|\bimport\('([^']+)'/gm),
    ]
    const loaded = new Set(['lambda/server.ts'])
    const packages = new Set<string>()
    for (const path of loaded) {
      for (const [, still, lazy] of values(readFileSync(join(root, path), 'utf8'))) {
        const name = still ?? lazy ?? ''
        if (name.startsWith('.')) loaded.add(join(dirname(path), name))
        else if (!name.startsWith('node:')) packages.add(/^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
      }
    }
    expect(loaded.size).toBeGreaterThan(40)
    expect([...packages]).toContain('aws4')
    expect([...packages].filter((name) => !(name in dependencies))).toEqual([])
  })

  test('events/ knows no format, no gateway and no provider', () => {
    const events = lambda.filter(({ path }) => path.startsWith('lambda/events/'))
    expect(importing(events, (name) => /^lambda\/(formats|gateway|providers|http|keys|metrics)\//.test(name))).toEqual(
      [],
    )
  })
})

test('only the page’s browser code knows the DOM', () => {
  const knowing = lambda.filter(({ text }) => /reference lib="dom"|\bwindow\.[a-z]/.test(text))
  expect(knowing.map(({ path }) => path).filter((path) => !path.startsWith('lambda/usage/page/browser/'))).toEqual([])
})

describe('sizes', () => {
  test('no file of the product has more than 300 lines', () => {
    const long = sources
      .filter(({ path }) => !path.startsWith('test/'))
      .filter(({ text }) => text.split('\n').length > 301)
      .map(({ path, text }) => `${path}: ${text.split('\n').length}`)
    expect(long).toEqual([])
  })
})
