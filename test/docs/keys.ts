import { readFileSync } from 'node:fs';
import { code, table } from './markdown.ts';

interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly allOf?: readonly Schema[];
}

/** The tables of docs/configuration.md and the policy fields of docs/compliance.md, from the schemas. */
export const KEY_TABLES: Readonly<Record<string, () => string>> = {
  'config keys': () => keys('config'),
  'campaign keys': () => keys('campaign'),
  'policy fields': () => {
    const root = read('policy');
    return table(
      ['Field', 'Meaning'],
      Object.entries(root.properties ?? {}).map(([name, schema]) => [code(name), schema.description ?? '']),
    );
  },
};

function read(name: string): Schema {
  return JSON.parse(readFileSync(new URL(`../../schemas/${name}.json`, import.meta.url), 'utf8')) as Schema;
}

function keys(name: string): string {
  const root = read(name);
  return table(['Key', 'Value', 'Default', 'Meaning'], rows(root, root, ''));
}

/** A row for each key that holds a value; maps by name are shown as `<name>`. */
function rows(root: Schema, schema: Schema, prefix: string): string[][] {
  const children: [string, Schema, boolean][] = Object.entries(schema.properties ?? {}).map(([key, child]) => [
    key,
    child,
    schema.required?.includes(key) === true,
  ]);
  const { additionalProperties: each } = schema;
  if (typeof each === 'object') children.push(['<name>', each, false]);
  return children.flatMap(([key, written, required]) => {
    const child = resolved(root, written);
    const path = `${prefix}${key}`;
    const within = rows(root, child, `${path}.`);
    if (within.length > 0 && child.type === 'object') return within;
    return [[code(path), valueOf(child), defaultOf(written, required), child.description ?? '']];
  });
}

function resolved(root: Schema, schema: Schema): Schema {
  const name = schema.$ref?.replace('#/$defs/', '');
  return name === undefined ? schema : { ...root.$defs?.[name], ...schema };
}

function valueOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  const { minimum, exclusiveMinimum, maximum, maxLength } = schema;
  const type = { string: 'text', integer: 'whole number', boolean: 'true or false', array: 'list' }[
    String(schema.type)
  ];
  const from =
    minimum !== undefined ? String(minimum) : exclusiveMinimum !== undefined ? `more than ${exclusiveMinimum}` : '';
  const range = maximum === undefined ? '' : ` ${from} to ${maximum}`;
  const length = maxLength === undefined ? '' : `, ${maxLength} characters at most`;
  return `${type ?? (schema.type === undefined ? 'see meaning' : String(schema.type))}${range}${length}`;
}

function defaultOf(schema: Schema, required: boolean): string {
  if (required) return '**required**';
  if (schema.default === undefined) return 'none';
  return code(
    typeof schema.default === 'string' && schema.default !== '' ? schema.default : JSON.stringify(schema.default),
  );
}
