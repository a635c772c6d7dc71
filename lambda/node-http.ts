/**
 * `node:http` and `node:https` without an `import`: an ES import reads every export of a module, and reading that of
 * `http.WebSocket` loads all of undici, 15 of the 20 ms (on a full core) that this would take of a cold start.
 * https://github.com/nodejs/node/blob/v24.x/lib/http.js
 */
export const http = process.getBuiltinModule('node:http')
export const https = process.getBuiltinModule('node:https')
