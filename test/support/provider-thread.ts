import { parentPort } from 'node:worker_threads'
import { startFakeProvider } from './fake-provider.ts'

// The fake provider in a thread of its own, which goes on sending while the thread that started it is busy.

const provider = await startFakeProvider()
parentPort?.postMessage(provider.url)
