// SPDX-License-Identifier: MIT
import { type CheckOutcome, defineCheck } from 'sluice';
import { decodeBytes } from '../dialogue/bytes.js';
import { syntaxProblems } from '../dialogue/script.js';
import { onConnection } from '../probe-connection.js';
import { readAnswer } from './answer.js';
import { readLine } from './read-line.js';

export default defineCheck({
  name: 'agent',
  description: "Asks an agent on the member how it is: the words are those of HAProxy's agent-check.",
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      send: {
        type: 'string',
        minLength: 1,
        description: 'Bytes to send first; %0D%0A-style bytes allowed. Without it the agent speaks unasked.',
      },
    },
  },
  validate: ({ send }) => (send === undefined ? [] : syntaxProblems(['send'], () => decodeBytes(send))),
  create(context, { send }) {
    const question = send === undefined ? null : decodeBytes(send);
    return {
      probe: (target, signal): Promise<CheckOutcome> =>
        onConnection(context, target, signal, undefined, async ({ socket, signal, transcript }) => {
          const line = await readLine(socket, question, signal, transcript);
          return typeof line === 'string' ? readAnswer(line) : line;
        }),
    };
  },
});
