import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const folder = fileURLToPath(new URL('../lambda/usage/page/', import.meta.url))

/** Browsers of spring 2023 and later. */
const browsers = ['chrome112', 'edge112', 'firefox113', 'safari16.4']

/** uPlot's licence asks for it, and its own comment is none that a minifier keeps. */
const notice = '/*! uPlot, MIT License, Copyright (c) 2022 Leon Sorokin, https://github.com/leeoniya/uPlot */'

/**
 * Gives the module `sluice:usage-page`: the usage page's document, script and style as texts. So the page is code of the
 * function like any other, and needs no file beside it at run time and nobody's server in the browser.
 */
export const usagePage: Plugin = {
  name: 'usage-page',
  setup(plugin) {
    plugin.onResolve({ filter: /^sluice:usage-page$/ }, () => ({ path: 'usage-page', namespace: 'sluice' }))
    plugin.onLoad({ filter: /^usage-page$/, namespace: 'sluice' }, async () => ({
      contents: JSON.stringify(await buildPage()),
      loader: 'json',
    }))
  },
}

async function buildPage(): Promise<{ html: string; style: string; script: string }> {
  const html = await readFile(join(folder, 'page.html'), 'utf8')
  const result = await build({
    absWorkingDir: folder,
    entryPoints: ['browser/main.ts', 'page.css'],
    outdir: 'page',
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: browsers,
    mainFields: ['module', 'main'],
    legalComments: 'none',
    banner: { js: notice },
    charset: 'utf8',
    logLevel: 'silent',
  })
  const textOf = (suffix: string) => result.outputFiles.find(({ path }) => path.endsWith(suffix))?.text.trim() ?? ''
  return { html, style: inTag('style', textOf('.css')), script: inTag('script', textOf('.js')) }
}

/** esbuild escapes what would end the tag; if it ever did not, the page must not be built. */
function inTag(tag: string, text: string): string {
  if (text === '' || new RegExp(`</${tag}|<!--`, 'i').test(text)) throw new Error(`no ${tag} that can be inlined`)
  return text
}
