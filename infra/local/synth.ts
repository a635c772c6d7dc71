import { spawn } from 'node:child_process'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What a synthesized template depends on; the local runtime and the operator's tools are not part of it. */
const SOURCES = ['lambda', 'infra', 'cdk.json', 'package.json', 'package-lock.json', 'tsconfig.json']
const NOT_SOURCES = new Set(['local', 'cli'])
const OUTPUT_LIMIT = 20_000

/** The app did not synthesize; `message` holds what it printed. */
export class SynthError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SynthError'
  }
}

/** Whether the cloud assembly is missing or older than anything it is made from. */
export function isStale(root: string, cdkOut: string): boolean {
  const built = modifiedMs(join(cdkOut, 'manifest.json'))
  return built === undefined || SOURCES.some((name) => newestMs(join(root, name)) > built)
}

/**
 * Runs the CDK app, which writes `cdkOut`.
 * @throws {SynthError}
 */
export async function synthesize(root: string, cdkOut: string): Promise<void> {
  const child = spawn(process.execPath, [join('infra', 'app.ts')], {
    cwd: root,
    env: { ...process.env, CDK_OUTDIR: cdkOut },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-OUTPUT_LIMIT)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (status === 0) return
  // A check that fails after the assembly was written must not make the next start take it for good.
  rmSync(join(cdkOut, 'manifest.json'), { force: true })
  throw new SynthError(output.trim() || `infra/app.ts ended with status ${status}`)
}

function newestMs(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats?.isDirectory()) return stats?.mtimeMs ?? 0
  const names = readdirSync(path).filter((name) => !NOT_SOURCES.has(name))
  return Math.max(0, ...names.map((name) => newestMs(join(path, name))))
}

function modifiedMs(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}
