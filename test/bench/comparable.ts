import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { measureGrowth } from './growth.ts'
import { measureInProcess } from './in-process.ts'
import type { Row } from './report.ts'

/** On two free cores it takes a quarter of a minute; where it takes this long nothing can be compared. */
const limitMs = 300_000

/**
 * What `--check` leaves out, by section and name. Everything but the first is measured from outside a process, where
 * the clock and the scheduler take part: first tokens, starts and memory of one machine say little about another's.
 */
const unstable = [
  // 0.1 to 0.3 µs a frame, which is copying bytes: a busy neighbour slows that by more than it slows JSON.
  { section: 'in-process', name: /^relay ., 16 a chunk/ },
  // Not a matter of speed; its budget holds at every build.
  { section: 'bundle', name: /./ },
  { section: 'end-to-end', name: /./ },
  { section: 'cold-start', name: /./ },
  { section: 'memory', name: /./ },
] as const

function isStable({ section, name }: Row): boolean {
  return !unstable.some((each) => each.section === section && each.name.test(name))
}

/** The rows that can be compared with a baseline: processor time in one process, relative to other work of that process. */
async function measureComparable(): Promise<Row[]> {
  return [...(await measureInProcess('check')), ...(await measureGrowth(true))].filter(isStable)
}

/** The same in a process of its own: what the compiler once decided in one it keeps, and so would every further attempt. */
export async function measureApart(): Promise<Row[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url)], { timeout: limitMs })
  return JSON.parse(stdout) as Row[]
}

if (import.meta.main) process.stdout.write(JSON.stringify(await measureComparable()))
