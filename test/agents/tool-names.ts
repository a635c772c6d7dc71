import { createHash } from 'node:crypto'

/** The name of a tool for an upstream that takes 64 characters, computed without the gateway's code. */
export function shortened(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 55)}_${hash}`
}
