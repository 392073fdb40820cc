import { closeByReset, defineCheck } from 'sluice';

// What an error says about the member. Any other says something about
// this host, and must not count against the member.
const MEMBER_FAULTS = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EHOSTUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
};

export default defineCheck({
  name: 'redis',
  description: 'PING is answered by PONG.',
  protocols: ['tcp'],
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      password: {
        type: 'string',
        minLength: 1,
        description: 'Sent by AUTH first. Default: none.',
      },
    },
  },
  validate: ({ password = '' }) =>
    /\s/.test(password)
      ? [{ path: ['password'], message: 'a password holds no spaces' }]
      : [],
  create: (context, { password }) => ({
    async probe(target, signal) {
      let socket = null;
      try {
        socket = await context.connect({ ...target, signal });
        const answer = await ask(socket, password, signal);
        return judge(answer, target.trace);
      } catch (error) {
        return outcomeOf(error, signal);
      } finally {
        if (socket !== null) closeByReset(socket);
      }
    },
  }),
});

// Resolves to all that was said up to the answer to PING.
function ask(socket, password, signal) {
  return new Promise((resolve, reject) => {
    let heard = '';
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      heard += text;
      const isWhole = /^(\+PONG|-.*)\r\n/m.test(heard);
      if (isWhole || heard.length > 1000) resolve(heard);
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (password !== undefined) socket.write(`AUTH ${password}\r\n`);
    socket.write('PING\r\n');
  });
}

function judge(answer, trace) {
  const dialogue = ['> PING', `< ${answer.trim()}`];
  const more = trace ? { details: { dialogue } } : {};
  if (/^\+PONG\r\n/m.test(answer)) {
    return { verdict: 'pass', reason: 'PONG', ...more };
  }
  const heard = answer.split('\r\n')[0] || 'nothing';
  const reason = `PING was answered by ${heard}`;
  return { verdict: 'fail', kind: 'mismatch', reason, ...more };
}

function outcomeOf(error, signal) {
  if (signal.aborted) {
    return { verdict: 'fail', kind: 'timeout', reason: 'no answer' };
  }
  const kind = MEMBER_FAULTS[error.code];
  return kind === undefined
    ? { verdict: 'inconclusive', reason: error.message }
    : { verdict: 'fail', kind, reason: error.message };
}
