import { readFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'

/** A source map of one segment, the least that esbuild does not ignore: https://github.com/evanw/esbuild/issues/4130 */
const smallestMap = Buffer.from('{"version":3,"sources":[""],"mappings":"AAAA"}').toString('base64')

/**
 * Keeps packages out of the source maps, as in https://github.com/evanw/esbuild/issues/1685.
 * Measured: the DynamoDB client's maps shrink from 652 KB to 31.
 */
export const unmappedPackages: Plugin = {
  name: 'unmapped-packages',
  setup(plugin) {
    plugin.onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      return { contents: `${source}\n//# sourceMappingURL=data:application/json;base64,${smallestMap}`, loader: 'js' }
    })
  },
}

/**
 * Takes Node's own modules by `process.getBuiltinModule`. An ES import would read every export of them, and reading
 * `http.WebSocket` loads all of undici, reading `crypto.webcrypto` all of that.
 * https://github.com/nodejs/node/blob/v24.x/lib/http.js
 */
export const plainBuiltins: Plugin = {
  name: 'plain-builtins',
  setup(plugin) {
    plugin.onResolve({ filter: /^[\w:/]+$/ }, ({ path, importer }) => {
      if (!isBuiltin(path)) return undefined
      // A module for each package that imports it: one for all would be a chunk that the entry shares with the AWS SDK.
      const owner = /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(importer)?.[1] ?? 'own'
      const id = `node:${path.replace(/^node:/, '')}`
      return { path: `${id} for ${owner}`, namespace: 'builtin', pluginData: id }
    })
    plugin.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ pluginData }) => ({
      contents: `module.exports=process.getBuiltinModule(${JSON.stringify(pluginData)})`,
      loader: 'js',
    }))
  },
}

/**
 * Makes each lazy module of ours import the entry, which has long been loaded by then. Without that link esbuild puts what
 * the entry shares with lazy modules into a chunk for each combination of them; with it all that the entry needs is
 * shared by all, so that a cold start opens three files instead of sixteen. A module that is imported in both ways is an
 * error: it may be loaded before it is known to be lazy, and then the bundle would be another one.
 * @param entry absolute path
 */
export function entryInOneChunk(entry: string): Plugin {
  const lazy = new Set<string>()
  const eager = new Set<string>()
  return {
    name: 'entry-in-one-chunk',
    setup(plugin) {
      plugin.onResolve({ filter: /^\..*\.ts$/ }, ({ kind, path, resolveDir }) => {
        const module = join(resolveDir, path)
        const [ways, others] = kind === 'dynamic-import' ? [lazy, eager] : [eager, lazy]
        ways.add(module)
        if (!others.has(module)) return undefined
        return { errors: [{ text: `${path} is imported statically and by import(): one of both, please.` }] }
      })
      plugin.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!lazy.has(path)) return undefined
        // At the end, where it moves no position of the source map.
        return { contents: `${await readFile(path, 'utf8')}\nimport ${JSON.stringify(entry)}`, loader: 'ts' }
      })
    },
  }
}
