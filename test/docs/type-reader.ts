// SPDX-License-Identifier: MIT
/** Names that exist in types alone, read from the source: types leave nothing behind to ask at run time. */

/** Members of an interface: properties and methods. */
export function membersOf(source: string, name: string): string[] {
  const [, body = ''] =
    new RegExp(`^export interface ${name}\\b[^{]*(?:\\{[^}]*\\}[^{]*)*?\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(
      source,
    ) ?? [];
  const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:<]/gm)].map(([, member = '']) => member);
  if (members.length === 0) throw new Error(`there is no interface ${name}`);
  return members;
}

/** The words of a union of texts. */
export function wordsOf(source: string, name: string): string[] {
  const [, body = ''] = new RegExp(`(?:type ${name} =|readonly ${name}:)([^;]*);`).exec(source) ?? [];
  const words = [...body.matchAll(/'([^']+)'/g)].map(([, word = '']) => word);
  if (words.length === 0) throw new Error(`there is no union ${name}`);
  return words;
}
