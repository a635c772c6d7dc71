import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from './cli-error.ts'
import { type KeyStore, keysIn, withKeys } from './key-store.ts'

/** The file that stands for the deployed secret on this machine. */
export function localSecretFile(dataDir: string): string {
  return join(dataDir, 'secret.json')
}

/** Keys in `<dataDir>/secret.json`, readable by its owner only. `npm start` serves the file as the functions' secret. */
export function createLocalStore(dataDir: string): KeyStore {
  const file = localSecretFile(dataDir)
  const place = `the file ${file}`
  return {
    place,
    list: async () => keysIn(await readOrEmpty(file), place),
    async change(edit) {
      await mkdir(dataDir, { recursive: true, mode: 0o700 })
      await replaceFile(file, async () => {
        const secret = await readOrEmpty(file)
        return withKeys(secret, edit(keysIn(secret, place)))
      })
    },
  }
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '{}'
    throw error
  }
}

/**
 * Readers see the old text or the new one, never a part. The new file is also the lock: who cannot create it would
 * overwrite what another command is about to write.
 */
async function replaceFile(file: string, makeText: () => Promise<string>): Promise<void> {
  const next = `${file}.new`
  const handle = await open(next, 'wx', 0o600).catch((error: unknown) => {
    if (!isErrno(error, 'EEXIST')) throw error
    throw new CliError(`Another command is changing ${file}. If there is none, delete ${next} and try again.`)
  })
  try {
    await handle.writeFile(await makeText())
    await handle.sync()
    await rename(next, file)
  } catch (error) {
    await rm(next, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
