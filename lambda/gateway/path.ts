/** The path as the tables have it: without `/v1` and without a trailing slash. */
export function normalPath(path: string): string {
  return path.replace(/^\/v1(?=\/|$)/, '').replace(/(?<=.)\/+$/, '') || '/'
}
