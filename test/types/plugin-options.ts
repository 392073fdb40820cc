// SPDX-License-Identifier: MIT
/** Compiled, never run: what a plugin's author sees of the types. Each expected error must be one. */
import { type CheckOutcome, defineBackend, defineCheck, defineExtension, type Infer } from 'sluice';

type Equal<A, B> = [A, B] extends [B, A] ? true : false;
/** Flattens an intersection, so that types can be compared. */
type Flat<T> = T extends object ? { [K in keyof T]: Flat<T[K]> } : T;
declare function same<A, B>(equal: Equal<Flat<A>, Flat<B>>): void;

const pass: CheckOutcome = { verdict: 'pass', reason: 'fine' };

export const check = defineCheck({
  name: 'typed',
  options: {
    type: 'object',
    properties: {
      path: { type: 'string', default: '/' },
      method: { type: 'string', enum: ['GET', 'HEAD'], default: 'GET' },
      host: { type: 'string' },
      retries: { type: 'integer' },
      follow: { type: 'boolean', default: false },
      status: { type: 'array', items: { type: 'integer' } },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      tls: {
        anyOf: [
          { type: 'boolean' },
          {
            type: 'object',
            properties: { ca: { type: 'string' }, verify: { type: 'boolean', default: true } },
            additionalProperties: false,
          },
        ],
      },
    },
    required: ['status'],
    additionalProperties: false,
  },
  validate(options) {
    return options.retries === 13 ? [{ path: ['retries'], message: 'unlucky' }] : [];
  },
  create(context, options) {
    same<
      typeof options,
      {
        path: string;
        method: 'GET' | 'HEAD';
        follow: boolean;
        status: number[];
        host?: string;
        retries?: number;
        headers?: Record<string, string>;
        tls?: boolean | { verify: boolean; ca?: string };
      }
    >(true);
    // @ts-expect-error no such option
    void options.paht;
    // @ts-expect-error may be absent: it has neither a default nor is it required
    void options.host.length;
    // @ts-expect-error not one of the enum's words
    void (options.method === 'POST');
    // @ts-expect-error no such thing in the context
    void context.spawn;
    return { probe: async () => pass };
  },
});

defineCheck({
  name: 'no-schema-for-objects',
  // @ts-expect-error unknown keys must be refused: additionalProperties is false
  options: { type: 'object', properties: {} },
  create: () => ({ probe: async () => pass }),
});

const none = { type: 'object', properties: {}, additionalProperties: false } as const;
declare const nothing: Infer<typeof none>;
// @ts-expect-error no options, no keys
void nothing.anything;

defineCheck({
  name: 'bad-outcome',
  options: none,
  create: () => ({
    // @ts-expect-error a failure says of which kind it is
    probe: async () => ({ verdict: 'fail', reason: 'no' }),
  }),
});

// @ts-expect-error a backend says what it can do
defineBackend({ name: 'no-capabilities', options: none, create: () => Promise.reject(new Error('no')) });

// @ts-expect-error a plugin without create does nothing
defineExtension({ name: 'nothing', options: none });

defineExtension({
  name: 'taps',
  options: none,
  create({ hooks }) {
    hooks.healthChanged(({ endpoint, to }) => {
      void `${endpoint} ${to}`;
      // @ts-expect-error there is no such state
      void (to === 'sick');
    });
    hooks.adjustDesired((services) => {
      // @ts-expect-error what is lent is read-only
      services.pop();
      // @ts-expect-error to the bottom
      services[0]!.members[0]!.weight = 0;
      return services;
    });
    // @ts-expect-error a veto is a reason or null
    hooks.beforeApply(() => true);
    // @ts-expect-error only a stage orders taps
    hooks.started(() => {}, { before: 'extension/other' });
  },
});
