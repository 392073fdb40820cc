// SPDX-License-Identifier: MIT
/** Commands and options of sluice(8), from the program that parses them. */
import type { Argument, Command, Option } from 'commander';
import { buildProgram } from '../../src/cli/program.js';
import { argument, prose, tagList } from '../mdoc.js';
import type { Regions } from '../regions.js';

export function program(): Command {
  return buildProgram({ onExit: () => undefined });
}

/** `synopsis`, `common options`, and `command NAME` for each command. */
export function commandRegions(): Regions {
  const all = program();
  const { commands } = all;
  const synopsis = commands.flatMap((command) => ['.Nm', ...usage(command)]);
  return new Map([
    ['synopsis', synopsis.join('\n')],
    ['common options', optionList(all.createHelp().visibleOptions(all)).join('\n')],
    ...commands.map((command): [string, string] => [
      `command ${command.name()}`,
      section(command).join('\n'),
    ]),
  ]);
}

function section(command: Command): string[] {
  const arguments_ = command.registeredArguments.map((each) => ({
    head: `Ar ${each.name()}`,
    body: prose(sentence(each.description)),
  }));
  const options = command.options.map((option) => ({
    head: flags(option).join(' '),
    body: prose(sentence(option.description)),
  }));
  return [
    `.Ss ${command.name()}`,
    '.Nm',
    ...usage(command),
    '.Pp',
    ...prose(sentence(command.description())),
    ...tagList([...arguments_, ...options]),
  ];
}

function optionList(options: readonly Option[]): string[] {
  return tagList(
    options.map((option) => ({ head: flags(option).join(' '), body: prose(sentence(option.description)) })),
  );
}

function usage(command: Command): string[] {
  return [
    `.Cm ${argument(command.name())}`,
    ...command.options.map((option) => `.Op ${flags(option, 'short').join(' ')}`),
    ...command.registeredArguments.map((each) => operand(each)),
  ];
}

function operand(each: Argument): string {
  return each.required ? `.Ar ${each.name()}` : `.Op Ar ${each.name()}`;
}

/** `Fl c , Fl -config Ar file`; in a synopsis the long form alone. */
function flags({ short, long, flags: text }: Option, form: 'full' | 'short' = 'full'): string[] {
  const value = /[<[]([\w-]+)[>\]]/.exec(text)?.[1];
  const names = [form === 'full' ? short : undefined, long].filter((name) => name !== undefined);
  const macros = names.map((name) => `Fl ${name.replace(/^-/, '')}`).join(' , ');
  return [macros, ...(value === undefined ? [] : [`Ar ${value}`])];
}

/** A description as a sentence; a first word such as `cluster/member` is a form to follow and stays as it is. */
function sentence(text: string): string {
  if (text === '') return '';
  const begin = /^[a-z]+\b(?!\/)/.test(text) ? text.charAt(0).toUpperCase() : text.charAt(0);
  return `${begin}${text.slice(1)}.`;
}
