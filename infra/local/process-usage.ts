import { readdirSync, readFileSync } from 'node:fs'

/** What one process has used so far. Undefined where the system has no /proc. */
export interface ProcessUsage {
  rssBytes: number | undefined
  /** User and system time of all threads, milliseconds. */
  cpuMs: number | undefined
}

/** Reads memory and processor time of a running process from /proc (Linux). */
export function processUsage(pid: number): ProcessUsage {
  return { rssBytes: residentBytes(pid), cpuMs: cpuMilliseconds(pid) }
}

function residentBytes(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

/** schedstat counts nanoseconds; /proc/<pid>/stat only ticks of 10 ms. */
function cpuMilliseconds(pid: number): number | undefined {
  const threads = listProc(`/proc/${pid}/task`)
  const nanoseconds = threads.map((thread) =>
    Number(readProc(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[0] ?? 0),
  )
  return threads.length === 0 ? undefined : nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return ignoreGone(error)
  }
}

function listProc(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    return ignoreGone(error) ?? []
  }
}

/** The process or thread may have ended in between, or there is no /proc at all. */
function ignoreGone(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOENT' && code !== 'ESRCH') throw error
}
