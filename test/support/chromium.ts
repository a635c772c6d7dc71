import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const installLimitMs = 300_000

/** Nothing but the page under test may go out, and there is no GPU. Root, as on CI machines, has no sandbox. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

export type Chromium = { kind: 'found'; path: string } | { kind: 'missing'; reason: string }

/** The system's Chromium; Debian's package is installed where it is missing and this may be done. */
export async function findChromium(): Promise<Chromium> {
  const path = places.find(isExecutable)
  if (path !== undefined) return { kind: 'found', path }
  if (process.getuid?.() !== 0) return { kind: 'missing', reason: 'no Chromium, and only root may install one' }
  if (!isExecutable('/usr/bin/apt-get'))
    return { kind: 'missing', reason: 'no Chromium, and no apt-get to install one' }
  try {
    await aptGet('update')
    await aptGet('install', '--yes', '--no-install-recommends', 'chromium')
  } catch (error) {
    return { kind: 'missing', reason: `no Chromium, and it does not install: ${String(error).slice(0, 300)}` }
  }
  return { kind: 'found', path: '/usr/bin/chromium' }
}

/** A headless browser with a new, empty profile. */
export function launch(path: string): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: flags })
}

async function aptGet(...options: string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...options], { env, timeout: installLimitMs })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // Not there, or not for us: both mean looking elsewhere.
  }
}
