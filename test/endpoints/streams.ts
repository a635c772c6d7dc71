import { sseText, verbatim, type WireEvent } from '../support/upstream/sse-text.ts'

// What OpenAI's smaller endpoints stream, and the object each stream stands for.

export interface Recording {
  /** As the provider writes it: images carry `event:` lines, the others do not. */
  sse: string
  events: readonly WireEvent[]
}

function plain(...events: WireEvent[]): Recording {
  return { sse: sseText(events, { named: false }), events }
}

function named(...events: WireEvent[]): Recording {
  return { sse: sseText(events), events }
}

const head = { id: 'cmpl-1', object: 'text_completion', created: 1767225600, model: 'served-model' }
const completionUsage = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 }

function textChunk(text: string, finish_reason: string | null = null): object {
  return { ...head, choices: [{ text, index: 0, logprobs: null, finish_reason }] }
}

export const completion = plain(
  textChunk('Once'),
  textChunk(' upon'),
  textChunk(' a time'),
  textChunk('', 'length'),
  { ...head, choices: [], usage: completionUsage },
  verbatim('data: [DONE]\n\n'),
)
export const completionObject = {
  ...head,
  choices: [{ text: 'Once upon a time', index: 0, logprobs: null, finish_reason: 'length' }],
  usage: completionUsage,
}

/** Two pieces of audio that are no multiple of three bytes, so that each is padded by itself. */
export const audioPieces = [Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.from([0x00, 0x0d, 0x0a, 0x80, 0xc3])]
export const speech = plain(
  ...audioPieces.map((piece) => ({ type: 'speech.audio.delta', audio: piece.toString('base64') })),
  { type: 'speech.audio.done', usage: { input_tokens: 14, output_tokens: 101, total_tokens: 115 } },
)

const transcriptUsage = {
  type: 'tokens',
  input_tokens: 14,
  input_token_details: { text_tokens: 0, audio_tokens: 14 },
  output_tokens: 45,
  total_tokens: 59,
}
export const transcriptDone = { type: 'transcript.text.done', text: 'Grüß Gott.', usage: transcriptUsage }
export const transcript = plain(
  { type: 'transcript.text.delta', delta: 'Grüß' },
  { type: 'transcript.text.delta', delta: ' Gott.' },
  transcriptDone,
)
export const transcriptObject = { text: 'Grüß Gott.', usage: transcriptUsage }

const picture = {
  background: 'opaque',
  created_at: 1767225600,
  output_format: 'png',
  quality: 'low',
  size: '1024x1024',
}
const imageUsage = {
  input_tokens: 50,
  input_tokens_details: { text_tokens: 10, image_tokens: 40 },
  output_tokens: 1056,
  total_tokens: 1106,
}
const pictureBytes = Buffer.from('a picture').toString('base64')

function pictureEvents(kind: 'image_generation' | 'image_edit'): Recording {
  return named(
    { type: `${kind}.partial_image`, b64_json: 'cGFydA==', partial_image_index: 0, ...picture },
    { type: `${kind}.partial_image`, b64_json: 'cGFydDI=', partial_image_index: 1, ...picture },
    { type: `${kind}.completed`, b64_json: pictureBytes, ...picture, usage: imageUsage },
  )
}

export const generation = pictureEvents('image_generation')
export const edit = pictureEvents('image_edit')
const { created_at: created, ...pictureFields } = picture
export const imagesObject = { created, ...pictureFields, data: [{ b64_json: pictureBytes }], usage: imageUsage }

export const embeddingsObject = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.1, -0.25] }],
  model: 'served-model',
  usage: { prompt_tokens: 8, total_tokens: 8 },
}
