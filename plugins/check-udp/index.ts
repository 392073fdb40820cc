// SPDX-License-Identifier: MIT
import { type CheckOutcome, type OptionProblem, defineCheck } from 'sluice';
import { compileGlob } from '../dialogue/glob.js';
import { decodeBytes } from '../dialogue/bytes.js';
import { syntaxProblems } from '../dialogue/script.js';
import { exchange } from './exchange.js';

export default defineCheck({
  name: 'udp',
  description: 'A datagram, and the answer to it or the absence of an ICMP refusal.',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      send: {
        type: 'string',
        default: '',
        description: 'Bytes of the datagram; %0D%0A-style bytes allowed. Nothing: an empty datagram.',
      },
      expect: {
        type: 'string',
        minLength: 1,
        description:
          'Glob to find in an answer; "*" takes any. Without it the check passes when no ICMP error came within the timeout.',
      },
      closed: {
        type: 'boolean',
        default: false,
        description: 'Turns the check round: it passes when the port is refused by ICMP.',
      },
    },
  },
  validate({ send, expect, closed }) {
    const problems: OptionProblem[] = [
      ...syntaxProblems(['send'], () => decodeBytes(send)),
      ...(expect === undefined ? [] : syntaxProblems(['expect'], () => compileGlob(expect))),
    ];
    if (closed && expect !== undefined) {
      problems.push({ path: ['closed'], message: 'a closed port gives no answer to `expect`' });
    }
    return problems;
  },
  create(context, { send, expect, closed }) {
    const wanted = {
      datagram: decodeBytes(send),
      pattern: expect === undefined ? null : compileGlob(expect),
      closed,
    };
    return {
      probe: (target, signal): Promise<CheckOutcome> => exchange(context, target, signal, wanted),
    };
  },
});
