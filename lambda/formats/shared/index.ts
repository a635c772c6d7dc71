/**
 * Loads what formats share together with the entry: 13 KB there, that else would be chunks of their own and nine files
 * more to open at a first request.
 */
import '../../events/envelope.ts'
import '../../events/request.ts'
import './append-text.ts'
import './block-decoder.ts'
import './effort.ts'
import './logprobs.ts'
import './merge-unknown.ts'
import './object-schema.ts'
import './openai-chunks.ts'
import './openai-endpoint.ts'
import './openai-error.ts'
import './openai-event.ts'
import './openai-token-usage.ts'
import './openai-usage.ts'
import './provider-error.ts'
import './required-fields.ts'
import './tool-calls.ts'
import './whole-object.ts'
