import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Lambda gives a function memory / 1769 of a core; https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const megabytesOfCore = 1_769
/** Microseconds in which a share must be used; beyond it the kernel stops the group until the next period. */
const periodUs = 20_000

/** A control group that gets the share of a core that a function of some memory size has. */
export interface CpuShare {
  add(pid: number): void
  /** Only after every process in it has ended. */
  remove(): void
}

/** Where control groups are and how they are told; version 2 and version 1 of the kernel's interface. */
const interfaces = [
  {
    root: '/sys/fs/cgroup',
    mark: 'cgroup.controllers',
    quota: (us: number): Record<string, string> => ({ 'cpu.max': `${us} ${periodUs}` }),
  },
  {
    root: '/sys/fs/cgroup/cpu',
    mark: 'cpu.cfs_quota_us',
    quota: (us: number): Record<string, string> => ({
      'cpu.cfs_period_us': String(periodUs),
      'cpu.cfs_quota_us': String(us),
    }),
  },
]

/** @returns why it cannot be done, where the machine does not let us make control groups */
export function createCpuShare(memoryMb: number): CpuShare | string {
  const found = interfaces.find(({ root, mark }) => existsSync(join(root, mark)))
  if (!found) return 'this machine has no control groups'
  const folder = join(found.root, `sluice-bench-${process.pid}-${memoryMb}`)
  const remove = () => rmdirSync(folder)
  try {
    mkdirSync(folder)
  } catch (error) {
    return `no control group can be made here: ${(error as Error).message}`
  }
  try {
    const quotaUs = Math.round((periodUs * memoryMb) / megabytesOfCore)
    for (const [file, text] of Object.entries(found.quota(quotaUs))) writeFileSync(join(folder, file), text)
  } catch (error) {
    remove()
    return `the share of a control group cannot be set here: ${(error as Error).message}`
  }
  return { add: (pid) => writeFileSync(join(folder, 'cgroup.procs'), String(pid)), remove }
}
