// SPDX-License-Identifier: MIT
/** The option `probe` of the tcp check: its schema, and what it can't be used with. */
import type { OptionProblem } from 'sluice';

export const probeOption = {
  type: 'string',
  enum: ['connect', 'syn'],
  description:
    'connect (default): the system connects; syn: a bare SYN is sent from a raw socket, and the answer is all that is looked at. Cheaper by half; needs Linux 5.12 and the rights CAP_NET_RAW and CAP_NET_ADMIN.',
} as const;

/** `wants` is what needs a connection, if anything does. */
export function probeProblems(
  probe: 'connect' | 'syn' | undefined,
  handshake: 'half' | 'full' | undefined,
  wants: string | null,
): readonly OptionProblem[] {
  if (probe !== 'syn') return [];
  const needy = wants ?? (handshake === 'full' ? 'handshake: full' : null);
  if (needy === null) return [];
  return [
    {
      path: ['probe'],
      message: `a bare SYN leaves no connection for \`${needy}\``,
      hint: 'use `probe: connect`, or leave it out',
    },
  ];
}
