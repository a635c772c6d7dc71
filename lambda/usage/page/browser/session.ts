/// <reference lib="dom" />

const name = 'sluice-key'

/** The gateway key, kept as long as the tab is open: not in a URL, not in a cookie, not for other tabs. */
export interface Session {
  key(): string | undefined
  open(key: string): void
  close(): void
}

/** In the tab's own storage, so that a reload does not ask again; in memory where the browser allows no storage. */
export function createSession(): Session {
  const storage = tabStorage()
  let key = storage?.getItem(name) ?? undefined
  return {
    key: () => key,
    open(given) {
      key = given
      storage?.setItem(name, given)
    },
    close() {
      key = undefined
      storage?.removeItem(name)
    },
  }
}

function tabStorage(): Storage | undefined {
  try {
    return window.sessionStorage
  } catch {
    return undefined // The browser's settings forbid it: reading the property already throws.
  }
}
