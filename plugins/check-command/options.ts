// SPDX-License-Identifier: MIT
import type { Infer, OptionProblem } from 'sluice';

export const commandOptions = {
  type: 'object',
  additionalProperties: false,
  required: ['command'],
  properties: {
    command: {
      type: 'array',
      minItems: 1,
      items: { type: 'string' },
      description:
        'The program and its arguments; no shell is involved. A program without "/" is looked for in PATH, a relative one from the folder of the configuration.',
    },
    env: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description:
        'More environment variables; PATH, SLUICE_ADDRESS, SLUICE_PORT and SLUICE_PROTOCOL are there always.',
    },
    persistent: {
      type: 'boolean',
      default: false,
      description:
        'Keep one process running: it reads a line "ADDRESS PORT" for each probe and answers with a line "pass", "fail" or "inconclusive" and a reason.',
    },
    concurrency: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      description:
        'How many questions a persistent command is given at a time; one without this. With more than one, each line and its answer begin with the number of the question, and answers come in any order.',
    },
    weight: {
      type: 'boolean',
      default: false,
      description: 'Whether an exit status from 2 to 255 passes and sets the weight to that number less 2.',
    },
  },
} as const;

export type CommandOptions = Infer<typeof commandOptions>;

export function commandProblems({
  command,
  env,
  persistent,
  concurrency = 1,
  weight,
}: CommandOptions): OptionProblem[] {
  const problems: OptionProblem[] = [];
  if (command[0] === '') problems.push({ path: ['command', 0], message: 'the program has no name' });
  for (const [index, argument] of command.entries()) {
    if (argument.includes('\0')) {
      problems.push({ path: ['command', index], message: 'an argument must not hold a zero byte' });
    }
  }
  for (const [name, value] of Object.entries(env ?? {})) {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      problems.push({ path: ['env', name], message: `"${name}" is no name of an environment variable` });
    } else if (value.includes('\0')) {
      problems.push({ path: ['env', name], message: 'a variable must not hold a zero byte' });
    }
  }
  if (!persistent && concurrency > 1) {
    problems.push({
      path: ['concurrency'],
      message: 'only a persistent command is given questions',
      hint: 'set `persistent: true`, or leave it out',
    });
  }
  if (persistent && weight) {
    problems.push({
      path: ['weight'],
      message: 'a persistent command has no exit status to take a weight from',
    });
  }
  return problems;
}
