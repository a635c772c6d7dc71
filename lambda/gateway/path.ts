/**
 * The path as the tables have it: without `/v1` and without a trailing slash. A deployed URL ends in a slash, to which a
 * base is appended as it is: `//v1/responses`.
 */
export function normalPath(path: string): string {
  return path.replace(/^\/*(v1(?=\/|$)\/*)?/, '/').replace(/(?<=.)\/+$/, '')
}
