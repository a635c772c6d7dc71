import { anthropic } from './anthropic.ts'
import { openai } from './openai.ts'
import type { BuiltInProvider } from './provider.ts'

/** The providers that need nothing but a key. */
export const builtInProviders = [openai, anthropic] as const satisfies readonly BuiltInProvider[]
