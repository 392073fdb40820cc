// SPDX-License-Identifier: MIT
/** What of a manual page's source the tests look at. */

/** The lines of one section (`.Sh`) or subsection (`.Ss`); throws when there is none. */
export function section(page: string, title: string): string[] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line === `.Sh ${title}` || line === `.Ss ${title}`);
  if (start < 0) throw new Error(`there is no section ${title}`);
  const closing = lines[start]?.startsWith('.Sh') === true ? ['.Sh '] : ['.Sh ', '.Ss '];
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => closing.some((macro) => line.startsWith(macro)));
  return end < 0 ? rest : rest.slice(0, end);
}

/** First words of the items of one macro: `.It Ic started` gives `started` for `Ic`; `A , B` gives both. */
export function itemWords(lines: readonly string[], macro: string): string[] {
  return lines
    .filter((line) => line.startsWith(`.It ${macro} `))
    .flatMap((line) => line.slice(`.It ${macro} `.length).split(' , '))
    .map((words) => words.replace(new RegExp(`^${macro} `), '').split(' ')[0] ?? '');
}

/** Everything that a macro marks, on lines of its own and inside of others: `Fl -json`. */
export function marked(page: string, macro: string): string[] {
  const found: string[] = [];
  for (const line of page.split('\n')) {
    if (!line.startsWith('.') || line.startsWith('.\\"')) continue;
    const words = line.slice(1).split(' ');
    for (const [index, word] of words.entries()) {
      const next = words[index + 1];
      if (word === macro && next !== undefined) found.push(next.replace(/^\\&/, ''));
    }
  }
  return found;
}

/** Texts of the literal blocks, as a reader sees them. */
export function literals(page: string): string[] {
  return [...page.matchAll(/^\.Bd -literal.*\n([\s\S]*?)^\.Ed$/gm)].map(([, text = '']) => unescape(text));
}

/** Lines that `.Dl` displays. */
export function displayed(page: string): string[] {
  return [...page.matchAll(/^\.Dl (.*)$/gm)].map(([, text = '']) => unescape(text));
}

function unescape(text: string): string {
  return text
    .replaceAll(/^\\&/gm, '')
    .replaceAll(String.raw`\(dq`, '"')
    .replaceAll(String.raw`\e`, '\\');
}
