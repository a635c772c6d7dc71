import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { inject } from 'vitest'
import type { GatewayName } from './services.ts'

/** The two URLs, as a user pastes them into an SDK. */
export type Url = 'stream' | 'buffer'
export const urls: readonly Url[] = ['stream', 'buffer']

function baseOf(url: Url, gateway: GatewayName): string {
  const { streamUrl, bufferUrl } = inject('services').gateways[gateway]
  return (url === 'stream' ? streamUrl : bufferUrl).replace(/\/$/, '')
}

/** OpenAI's SDK calls the base what ends in `/v1`. */
export function openai(url: Url, gateway: GatewayName = 'normal'): OpenAI {
  return new OpenAI({ apiKey: inject('services').gatewayKey, baseURL: `${baseOf(url, gateway)}/v1`, maxRetries: 0 })
}

/** Anthropic's SDK adds `/v1` itself. */
export function anthropic(url: Url, gateway: GatewayName = 'normal'): Anthropic {
  return new Anthropic({ apiKey: inject('services').gatewayKey, baseURL: baseOf(url, gateway), maxRetries: 0 })
}
