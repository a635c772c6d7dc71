import { codec as anthropicMessages } from '../../lambda/formats/anthropic-messages/index.ts'
import type { Codec, FormatId } from '../../lambda/formats/codec.ts'
import { codec as openaiChat } from '../../lambda/formats/openai-chat/index.ts'
import { codec as openaiResponses } from '../../lambda/formats/openai-responses/index.ts'

/** The product loads a format when it is needed; in-process tools and tests have all of them at hand. */
export const codecs = {
  'openai-chat': openaiChat,
  'anthropic-messages': anthropicMessages,
  'openai-responses': openaiResponses,
} as const satisfies Record<FormatId, Codec>
