/** What the person at the terminal must know: the message says what is wrong and what to do, and is all that is shown. */
export class CliError extends Error {
  override readonly name = 'CliError'
}
