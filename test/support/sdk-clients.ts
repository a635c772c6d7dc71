import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { inject } from 'vitest'

/** The two URLs, as a user pastes them into an SDK. */
export type Url = 'stream' | 'buffer'
export const urls: readonly Url[] = ['stream', 'buffer']

function baseOf(url: Url): string {
  const { streamUrl, bufferUrl } = inject('services').gateways.normal
  return (url === 'stream' ? streamUrl : bufferUrl).replace(/\/$/, '')
}

/** OpenAI's SDK calls the base what ends in `/v1`. */
export function openai(url: Url): OpenAI {
  return new OpenAI({ apiKey: inject('services').gatewayKey, baseURL: `${baseOf(url)}/v1`, maxRetries: 0 })
}

/** Anthropic's SDK adds `/v1` itself. */
export function anthropic(url: Url): Anthropic {
  return new Anthropic({ apiKey: inject('services').gatewayKey, baseURL: baseOf(url), maxRetries: 0 })
}
