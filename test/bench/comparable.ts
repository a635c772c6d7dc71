import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { measureGrowth } from './growth.ts'
import { measureInProcess } from './in-process.ts'
import type { Row } from './report.ts'

/** It takes a quarter of a minute of a core; on cores shared by twenty programs it took four. Beyond this it has failed. */
const limitMs = 600_000

/**
 * Left out although it is processor time of one process: 0.1 to 0.3 µs a frame, which is copying bytes. A busy neighbour
 * slows that by more than it slows JSON.
 */
const unstable = /^relay ., 16 a chunk/

/**
 * The rows that can be compared with a baseline: processor time in one process, relative to other work of that process.
 * First tokens, processes, starts and memory are not: the clock, the scheduler and the machine take part in them.
 */
async function measureComparable(): Promise<Row[]> {
  const rows = [...(await measureInProcess('check')), ...(await measureGrowth('check'))]
  return rows.filter(({ name }) => !unstable.test(name))
}

/** The same in a process of its own: what the compiler once decided in one it keeps, and so would every further attempt. */
export async function measureApart(): Promise<Row[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url)], { timeout: limitMs })
  return JSON.parse(stdout) as Row[]
}

if (import.meta.main) process.stdout.write(JSON.stringify(await measureComparable()))
