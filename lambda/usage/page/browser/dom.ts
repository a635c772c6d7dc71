/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

export type Child = Node | string | null

/** Attributes by name; `false` and undefined are left out, `true` is an attribute without a value. */
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * An element. Whatever is text stays text: nothing on this page is ever parsed as HTML.
 * No `style` attribute, which the page's policy forbids; `element.style.…` is allowed.
 */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(attribute, value === true ? '' : String(value))
  }
  element.append(...children.filter((child) => child !== null))
  return element
}

/** A button that does not submit anything. */
export function button(text: string, press: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const element = h('button', { type: 'button', ...attributes }, text)
  element.addEventListener('click', press)
  return element
}

/** An element of the document. @throws if it is missing or another kind of element */
export function byId<Kind extends HTMLElement>(id: string, kind: abstract new () => Kind): Kind {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new Error(`the page has no #${id}`)
  return element
}
