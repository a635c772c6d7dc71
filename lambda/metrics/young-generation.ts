import { setFlagsFromString } from 'node:v8'

/** From the size a young environment has to any bound a platform sets: V8 stops there by itself. */
const growthFactor = 32

/**
 * V8 doubles its young generation whenever as much has survived as it holds, up to the bound that the platform sets by the
 * memory size. With a gateway's traffic the last doubling comes after thousands of requests and looks like a leak. From now
 * on it grows to its bound in one step instead. For when an environment has loaded all its code, and its first client has
 * the answer: the fresh pages would cost a cold start some 30 ms of a core. A V8 that does not know the flag says so in one
 * line of the log, and all goes on as before.
 */
export function growYoungGenerationAtOnce(): void {
  setFlagsFromString(`--semi-space-growth-factor=${growthFactor}`)
}
