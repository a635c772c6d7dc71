import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { entryInOneChunk, plainBuiltins, unmappedPackages } from './bundle-plugins.ts'
import { usagePage } from './page-plugin.ts'

/** The functions and their source files, relative to the project. The key is the bundle's name: `<key>.handler`. */
export const entryPoints = {
  stream: 'lambda/stream.ts',
  buffer: 'lambda/buffer.ts',
  usage: 'lambda/usage.ts',
} as const satisfies Record<string, string>

export type EntryName = keyof typeof entryPoints

export interface BundleOptions {
  /** The bundle's name: the handler is `<name>.handler`. */
  name: string
  /** Source file, relative to the project. */
  entry: string
  /** Absolute folder in which the bundle's own folder is made. */
  parent: string
  /** Bytes the entry may have; `maxEntryBytes` unless told. */
  maxBytes?: number
}

/**
 * Bytes of minified code that load before the first request: the entry and what it imports statically.
 * Cold start grows with it. Beyond it the build fails; `import()` moves code into a chunk of its own.
 */
export const maxEntryBytes = 100_000

/** One function's code on disk, and what a cold start loads of it. */
export interface Bundle {
  name: string
  /** Absolute folder that becomes the Lambda asset: `<name>.mjs`, `chunks/`, and their source maps. */
  directory: string
  /** esbuild's metafile beside that folder, so that it does not ship: drop it on esbuild.github.io/analyze. */
  metafile: string
  /** Minified bytes of the entry and its static imports, without source maps. */
  entryBytes: number
  /** How many files those bytes are in. */
  entryFiles: number
  /** Source files in those bytes, relative to the project. */
  entryInputs: string[]
}

/** A bundle that must not be deployed; the message says which and what to do. */
export class BundleError extends Error {
  override readonly name = 'BundleError'
}

const project = fileURLToPath(new URL('..', import.meta.url))

/** Where esbuild believes it writes. Source maps are relative to it, so no path of this machine changes an asset's hash. */
const virtualFolder = 'bundle'

const buildOptions = {
  absWorkingDir: project,
  outdir: virtualFolder,
  write: false,
  metafile: true,
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  // Stack traces need the positions only; the sources would double what ships.
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'silent',
} as const satisfies BuildOptions

/**
 * Builds one function into `<parent>/<name>/`, which is emptied first, so that nothing stale ships.
 * A folder a function rather than a shared one: with one entry all its static imports are in one file (and a stub and
 * esbuild's helpers), and a change to one function does not redeploy the others.
 * The same sources give the same bytes, wherever they are built.
 * @throws BundleError when the entry is larger than `maxBytes`; esbuild's own error when the sources do not build
 */
export async function bundleFunction({
  name,
  entry,
  parent,
  maxBytes = maxEntryBytes,
}: BundleOptions): Promise<Bundle> {
  const plugins = [unmappedPackages, usagePage, plainBuiltins, entryInOneChunk(join(project, entry))]
  const result = await build({ ...buildOptions, entryPoints: { [name]: entry }, plugins })
  const size = measureEntry(result.metafile, `${virtualFolder}/${name}.mjs`)
  if (size.bytes > maxBytes) throw new BundleError(describeOversize(entry, size, maxBytes))

  const directory = join(parent, name)
  const metafile = join(parent, `${name}.meta.json`)
  await rm(directory, { recursive: true, force: true })
  for (const file of result.outputFiles) {
    const path = join(directory, relative(join(project, virtualFolder), file.path))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, file.contents)
  }
  await writeFile(metafile, JSON.stringify(result.metafile))
  const entryInputs = [...size.inputs.keys()].sort()
  return { name, directory, metafile, entryBytes: size.bytes, entryFiles: size.files, entryInputs }
}

interface EntrySize {
  bytes: number
  files: number
  /** Minified bytes a source file. */
  inputs: Map<string, number>
}

/** Sums a chunk and all that it imports statically, each chunk once. */
function measureEntry(metafile: Metafile, entry: string): EntrySize {
  const size: EntrySize = { bytes: 0, files: 0, inputs: new Map() }
  const seen = new Set<string>()
  const waiting = [entry]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const output = metafile.outputs[path]
    if (seen.has(path) || output === undefined) continue
    seen.add(path)
    size.bytes += output.bytes
    size.files++
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) size.inputs.set(input, bytesInOutput)
    waiting.push(...output.imports.filter((link) => link.kind === 'import-statement').map((link) => link.path))
  }
  return size
}

function describeOversize(entry: string, size: EntrySize, maxBytes: number): string {
  const largest = [...size.inputs].sort(([, a], [, b]) => b - a).slice(0, 5)
  const list = largest.map(([input, bytes]) => `  ${String(bytes).padStart(8)}  ${input}`).join('\n')
  return `${entry}: ${size.bytes} bytes load at start, ${maxBytes} are allowed. Import the largest lazily:\n${list}`
}
