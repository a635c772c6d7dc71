import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { measureGrowth } from './growth.ts'
import { measureInProcess } from './in-process.ts'
import type { Row, SectionName } from './report.ts'
import { median } from './statistics.ts'

/** It takes some seconds of a core; on cores shared by twenty programs it took four minutes. Beyond this it has failed. */
const limitMs = 600_000

/**
 * Left out although it is processor time of one process: it is 0.1 to 0.3 of what JSON takes, mostly the copying of bytes,
 * and was from 0.9 to 1.8 of the library's in six processes on a busy machine.
 */
const unstable = /^relay ., 16 a chunk/

/**
 * What can be compared with a baseline: processor time in one process, relative to other work of that process. First
 * tokens, processes, starts and memory cannot: the clock, the scheduler and the machine take part in them.
 */
const measures: Partial<Record<SectionName, () => Promise<Row[]>>> = {
  'in-process': () => measureInProcess(),
  growth: () => measureGrowth('short'),
}
export const comparable = Object.keys(measures) as SectionName[]

/**
 * One section in a process of its own: what the compiler once decided in one it keeps, and so would every attempt. Of a
 * single thread: on a busy machine the compiler's own would not be done before the measuring is.
 */
export async function measureApart(section: SectionName): Promise<Row[]> {
  const command = ['--single-threaded', fileURLToPath(import.meta.url), section]
  const { stdout } = await promisify(execFile)(process.execPath, command, { timeout: limitMs })
  return JSON.parse(stdout) as Row[]
}

const processes = 3

/** Of such a section what a baseline can be held against. */
export async function measureComparable(section: SectionName): Promise<Row[]> {
  return (await measureApart(section)).filter(({ name }) => !unstable.test(name))
}

/** In-process figures of several processes, of which the middle one counts: a baseline must not be a lucky one. */
export async function measureInProcesses(): Promise<Row[]> {
  const runs: Row[][] = []
  while (runs.length < processes) runs.push(await measureApart('in-process'))
  return (runs[0] ?? []).map((row) =>
    middle(
      runs.flatMap((rows) => rows.filter(({ name }) => name === row.name)),
      row,
    ),
  )
}

function middle(rows: Row[], like: Row): Row {
  const of = (figure: (row: Row) => number | undefined) => median(rows.map((row) => figure(row) ?? Number.NaN))
  return {
    ...like,
    value: of(({ value }) => value),
    ...(like.beside && { beside: { ...like.beside, value: of(({ beside }) => beside?.value) } }),
    ...(like.ratio !== undefined && { ratio: of(({ ratio }) => ratio) }),
    ...(like.relative !== undefined && { relative: of(({ relative }) => relative) }),
  }
}

if (import.meta.main) {
  process.stdout.write(JSON.stringify(await measures[process.argv[2] as SectionName]?.()))
}
