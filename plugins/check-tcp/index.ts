// SPDX-License-Identifier: MIT
import { type OptionProblem, type Prober, defineCheck } from 'sluice';
import { converse } from '../dialogue/converse.js';
import { compileScript, scriptProblems, scriptSchema } from '../dialogue/script.js';
import { formatMs, pass } from '../outcome.js';
import { onConnection } from '../probe-connection.js';
import { sweepHalfOpen } from './half-open.js';
import { probeOption, probeProblems } from './syn/option.js';
import { connectionOptions, tlsSwitch, tlsSwitchProblems } from '../tls/options.js';

export default defineCheck({
  name: 'tcp',
  description: 'A TCP handshake, and a scripted dialogue after it if wanted; TLS underneath if wanted.',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      handshake: {
        type: 'string',
        enum: ['half', 'full'],
        description:
          'half: the connection is given up by a reset as soon as the member has answered, without waking the service where the system can do that (default without a dialogue); full: it is established first.',
      },
      probe: probeOption,
      script: scriptSchema,
      tls: tlsSwitch,
      close: {
        type: 'boolean',
        default: false,
        description: 'Whether the member must end the connection in order (FIN) after the dialogue.',
      },
    },
  },
  validate({ handshake, probe, script, tls, close }) {
    const problems: OptionProblem[] = [...scriptProblems(script), ...tlsSwitchProblems(tls)];
    const wants =
      script !== undefined ? 'script' : tls !== undefined && tls !== false ? 'tls' : close ? 'close' : null;
    if (handshake === 'half' && wants !== null) {
      problems.push({
        path: ['handshake'],
        message: `a half handshake leaves no connection for \`${wants}\``,
        hint: 'use `handshake: full`, or leave it out',
      });
    }
    return [...problems, ...probeProblems(probe, handshake, wants)];
  },
  create(context, { handshake, probe, script: steps, tls, close }) {
    const script = compileScript(steps ?? []);
    const secure = connectionOptions(tls);
    const prober: Prober = {
      probe: (target, signal) =>
        onConnection(context, target, signal, secure, async ({ socket, tookMs, signal, transcript }) => {
          const connected = `connected${secure === undefined ? '' : ' with TLS'} in ${formatMs(tookMs)}`;
          if (script.length === 0 && !close) return pass(connected);
          const startMs = context.clock.monotonicMs();
          const wrong = await converse(socket, { script, close, signal, transcript });
          const what = script.length === 0 ? 'closed in order' : 'script matched';
          return wrong ?? pass(`${connected}, ${what} in ${formatMs(context.clock.monotonicMs() - startMs)}`);
        }),
    };
    // Loaded when it is asked for, and the kernel part with it.
    if (probe === 'syn') {
      return import('./syn/sweep.js').then(({ synSweep }) => ({ ...prober, ...synSweep(context) }));
    }
    const half = handshake !== 'full' && script.length === 0 && secure === undefined && !close;
    if (!half || process.platform !== 'linux') return prober;
    return { ...prober, probeMany: (...sweep) => sweepHalfOpen(context.clock, prober, ...sweep) };
  },
});
