// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { closeByReset, defineCheck } from 'sluice';

export default defineCheck({
  name: 'banner',
  description: 'The member speaks first, and says a certain word.',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: { word: { type: 'string', default: 'ready', description: 'The word.' } },
  },
  create: (context, { word }) => ({
    async probe(target, signal) {
      try {
        const socket = await context.connect({ ...target, signal });
        try {
          const [said] = await once(socket, 'data', { signal });
          return String(said).includes(word)
            ? { verdict: 'pass', reason: `it says ${word}` }
            : { verdict: 'fail', kind: 'mismatch', reason: `it does not say ${word}` };
        } finally {
          closeByReset(socket);
        }
      } catch (error) {
        if (signal.aborted) return { verdict: 'fail', kind: 'timeout', reason: 'it says nothing' };
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === 'ECONNREFUSED')
          return { verdict: 'fail', kind: 'refused', reason: 'connection refused' };
        return { verdict: 'inconclusive', reason: message };
      }
    },
  }),
});
