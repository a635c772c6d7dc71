import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A process of its own: in this one the test runner listens for rejections too. */
function rejectIn(entry: 'createDeps' | 'createUsageDeps', module: string) {
  const program = `
    import { ${entry} } from './${module}'
    ${entry}()
    void Promise.reject(new TypeError('nobody awaits this'))
    setTimeout(() => { console.log('still here'); process.exit() }, 50)
  `
  const env = {
    PATH: process.env.PATH ?? '',
    SLUICE_TABLE: 'table',
    SLUICE_SECRET_ID: 'secret',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    // Nobody listens on port 1 of loopback.
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  }
  return spawnSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: root, env, encoding: 'utf8' })
}

test.each([
  ['createDeps', 'lambda/deps.ts'],
  ['createUsageDeps', 'lambda/usage/deps.ts'],
] as const)('a rejection that nobody awaits is a log line, and the environment lives on: %s', (entry, module) => {
  const { stdout, stderr } = rejectIn(entry, module)
  expect(stdout.split('\n'), stderr).toContain('still here')
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  expect(lines.map((line) => JSON.parse(line))).toContainEqual({
    level: 'error',
    time: expect.any(String),
    message: 'a promise was rejected and nobody awaited it',
    error: 'TypeError: nobody awaits this',
  })
})
