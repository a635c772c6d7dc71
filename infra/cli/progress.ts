const intervalMs = 200

/**
 * One line on stderr that is written over, if a person looks on; nothing else. `done` takes it away.
 */
export function startProgress(stream: NodeJS.WriteStream = process.stderr) {
  let last = 0
  return {
    show(text: string): void {
      const now = Date.now()
      if (!stream.isTTY || now - last < intervalMs) return
      last = now
      stream.write(`\r\u001b[K${text}`)
    },
    done(): void {
      if (stream.isTTY) stream.write('\r\u001b[K')
    },
  }
}
