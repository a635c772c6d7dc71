/** Queries under way at once: enough to hide the way to the table, few enough for one connection pool. */
const maxAtOnce = 16

/** Like `Promise.all(inputs.map(run))` with some of them at once; results keep the order. The first failure ends it. */
export async function mapBounded<Input, Output>(
  inputs: readonly Input[],
  run: (input: Input) => Promise<Output>,
): Promise<Output[]> {
  const outputs: Output[] = new Array(inputs.length)
  const waiting = inputs.entries()
  const worker = async () => {
    for (const [index, input] of waiting) outputs[index] = await run(input)
  }
  await Promise.all(Array.from({ length: Math.min(maxAtOnce, inputs.length) }, worker))
  return outputs
}
