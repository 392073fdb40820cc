// SPDX-License-Identifier: MIT
/** Colours (ECMA-48 SGR). They only ever underline what the words say already. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

export function paint(color: boolean): Paint {
  const wrap = (on: number, off: number) => (text: string) =>
    color && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    good: wrap(32, 39),
    bad: wrap(31, 39),
    warn: wrap(33, 39),
    strong: wrap(1, 22),
    faint: wrap(2, 22),
  };
}

/** The colour of a word that names a state. */
export function stateColor(colors: Paint, state: string): (text: string) => string {
  switch (state.toLowerCase()) {
    case 'up':
    case 'pass':
    case 'enabled':
      return colors.good;
    case 'down':
    case 'fail':
      return colors.bad;
    default:
      return colors.warn;
  }
}
