/** Built by `infra/page-plugin.ts` when a function is bundled; the sources are in this folder and in `browser/`. */
declare module 'sluice:usage-page' {
  /** The document, with `<!--style-->` and `<!--script-->` where those go. */
  export const html: string
  export const style: string
  /** An ES module. */
  export const script: string
}
