/** One piece of a demo answer; `pauseMs` is the time before each of its deltas. */
export type DemoBlock =
  | { type: 'thinking'; text: string; signature: string; pauseMs: number }
  | { type: 'text'; text: string; pauseMs: number }
  | { type: 'tool_use'; name: string; input: unknown; pauseMs: number }

/** What one demo model says; `fails` ends the stream with an error in place of its terminal events. */
export interface DemoAnswer {
  blocks: DemoBlock[]
  stopReason: 'end_turn' | 'tool_use'
  /** Milliseconds before the first event. */
  delayMs: number
  fails?: { type: string; message: string }
}

/** What the models look at in a Messages request. */
export interface DemoQuestion {
  /** Text of the last user message, shortened. */
  text: string
  /** The request's own tools, as far as they can be called. */
  tools: { name: string; input: unknown }[]
}

const PACE_MS = 20

const DEFAULT_TOOLS = [
  { name: 'get_weather', input: { city: 'Zürich', unit: 'celsius' } },
  { name: 'get_weather', input: { city: 'Reykjavík', unit: 'celsius' } },
]

/** The demo provider's models: each shows one thing a stream can do. */
export const DEMO_MODELS = {
  text: (question) => ({ ...plain(greeting(question)), delayMs: 60 }),
  tools: (question) => ({
    blocks: [
      { type: 'text', text: 'Let me look that up in two places at once.', pauseMs: PACE_MS },
      ...toolCalls(question).map(({ name, input }): DemoBlock => ({ type: 'tool_use', name, input, pauseMs: PACE_MS })),
    ],
    stopReason: 'tool_use',
    delayMs: 60,
  }),
  reasoning: (question) => ({
    blocks: [
      {
        type: 'thinking',
        text: `The question is ${JSON.stringify(question.text)}. A demo has no knowledge, but it can show how a model's thinking travels: as blocks of its own, with a signature that must come back unchanged.`,
        signature: Buffer.from('sluice demo: a real provider signs its thinking here').toString('base64'),
        pauseMs: PACE_MS,
      },
      {
        type: 'text',
        text: 'I have thought about it. The answer is 42, and the thinking came before it.',
        pauseMs: PACE_MS,
      },
    ],
    stopReason: 'end_turn',
    delayMs: 60,
  }),
  long: () => ({
    ...plain(Array.from({ length: 100 }, (_, index) => `Line ${index + 1} of a long answer.`).join('\n'), 5),
    delayMs: 60,
  }),
  slow: (question) => ({ ...plain(`Slow, but here it is: ${question.text}`, 500), delayMs: 2000 }),
  error: () => ({
    ...plain('This sentence will not be'),
    delayMs: 60,
    fails: { type: 'overloaded_error', message: 'Overloaded (the demo model "error" always ends like this)' },
  }),
} satisfies Record<string, (question: DemoQuestion) => DemoAnswer>

export type DemoModel = keyof typeof DEMO_MODELS

export function isDemoModel(name: string): name is DemoModel {
  return Object.hasOwn(DEMO_MODELS, name)
}

function plain(text: string, pauseMs = PACE_MS): Pick<DemoAnswer, 'blocks' | 'stopReason'> {
  return { blocks: [{ type: 'text', text, pauseMs }], stopReason: 'end_turn' }
}

function greeting({ text }: DemoQuestion): string {
  return (
    `Hello from Sluice! You said: “${text}”. ` +
    'I am the built-in demo, so I know nothing, but every word reached you the way a real model’s would: ' +
    'streamed, converted to your client’s format and metered. ' +
    'Set OPENAI_API_KEY or ANTHROPIC_API_KEY and start again to talk to a real one.'
  )
}

function toolCalls({ tools }: DemoQuestion): { name: string; input: unknown }[] {
  const [first, second = first] = tools
  return first && second ? [first, second] : DEFAULT_TOOLS
}
