import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readStack } from '../../infra/local/template.ts'
import { type Folder, fixtureTemplate, temporaryFolder, writeAssembly } from './assembly.ts'
import { handlersDir } from './support.ts'

let folder: Folder
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

describe('the stack of a cloud assembly', () => {
  test('gives every function URL with its code, size, mode and resolved variables', () => {
    writeAssembly(folder.path)
    const stack = readStack(folder.path, 'eu-central-1')
    const env = {
      SLUICE_TABLE: 'Table123',
      SLUICE_SECRET_ID: 'Secret123',
      SLUICE_TABLE_ARN: 'Table123',
      JOINED: 'arn:aws:eu-central-1',
      SLUICE_IDLE_MS: '120000',
    }
    const common = { codeDir: handlersDir, memoryMb: 256, timeoutMs: 20_000, runtime: 'nodejs24.x', env }
    expect(stack.functions).toEqual([
      { ...common, name: 'stream', handler: 'stream.handler', invokeMode: 'RESPONSE_STREAM' },
      { ...common, name: 'buffer', handler: 'buffer.handler', invokeMode: 'BUFFERED' },
    ])
    expect(stack.secretName).toBe('Secret123')
    expect(stack.table).toMatchObject({ tableName: 'Table123', ttlAttribute: 'expiresAt' })
  })

  test('gives explicit names where the template has them', () => {
    const template = fixtureTemplate()
    const table = template.Resources.Table123 as { Properties: Record<string, unknown> }
    table.Properties.TableName = 'sluice-usage'
    writeAssembly(folder.path, template)
    const stack = readStack(folder.path, 'us-east-1')
    expect(stack.table?.tableName).toBe('sluice-usage')
    expect(stack.functions[0]?.env.SLUICE_TABLE).toBe('sluice-usage')
  })

  test('names the function and the variable it cannot resolve', () => {
    writeAssembly(folder.path, fixtureTemplate({ SLUICE_QUEUE: { 'Fn::ImportValue': 'elsewhere' } }))
    expect(() => readStack(folder.path, 'us-east-1')).toThrow('StreamFunction: cannot resolve SLUICE_QUEUE locally')
  })

  test.each([
    ['no manifest', undefined, 'cannot read'],
    ['no function URL', { Resources: {}, Outputs: {} }, 'holds no stack with a function URL'],
    ['no output for a URL', { ...fixtureTemplate(), Outputs: {} }, 'no output named'],
  ])('says what is wrong with an assembly: %s', (_case, template, message) => {
    if (template) writeAssembly(folder.path, template)
    expect(() => readStack(folder.path, 'us-east-1')).toThrow(message)
  })
})
