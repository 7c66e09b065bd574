import { nearest } from './nearest.ts';

/** One mistake in a file or a value: where, and a sentence naming what is accepted. */
export interface Problem {
  /** Null when the value came from no file. */
  readonly file: string | null;
  /** From 1; null when unknown. */
  readonly line: number | null;
  readonly column: number | null;
  /** `pbx.ari.url`, `agents[2]`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** The keys and indexes that lead to a place in a value. */
export type Path = readonly (string | number)[];

/** What a schema checker says of one mistake; the part of ajv's error that sentences are made of. */
export interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly params: Record<string, unknown>;
  readonly message?: string;
  readonly data?: unknown;
  readonly parentSchema?: Record<string, unknown>;
  readonly propertyName?: string;
}

/** A mistake told apart: where, whether the key or the value is wrong, and the sentence. */
export interface Finding {
  readonly path: Path;
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** `file:line:column: path: message`, leaving out what is unknown. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== null).join(':');
  return [place, problem.path, problem.message].filter((part) => part !== '').join(': ');
}

/** `['pbx', 'ari', 0]` → `pbx.ari[0]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );
}

/** Orders problems as a reader meets them. */
export function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** One sentence a mistake: branches of a choice, and echoes of a mistake already told, are left out. */
export function findingsOf(errors: readonly SchemaError[], value: unknown): Finding[] {
  const choices = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  return errors
    .filter((error) => error.keyword !== 'if' && error.keyword !== 'propertyNames')
    .filter((error) => !choices.some((choice) => error.schemaPath.startsWith(`${choice.schemaPath}/`)))
    .map((error) => findingOf(error, value));
}

function findingOf(error: SchemaError, value: unknown): Finding {
  const path = pathOf(error.instancePath, value);
  const { params } = error;
  const extra = params['additionalProperty'] ?? params['unevaluatedProperty'] ?? error.propertyName;
  return typeof extra === 'string'
    ? { path: [...path, extra], at: 'key', message: sentence(error) }
    : { path, at: 'value', message: sentence(error) };
}

function sentence(error: SchemaError): string {
  const schema = error.parentSchema ?? {};
  const { params } = error;
  const about = typeof schema['description'] === 'string' ? schema['description'] : null;
  const why = about === null ? '' : ` (${about})`;
  const actual = show(error.data);
  if (error.propertyName !== undefined) return `${quote(error.propertyName)} does not do as a name${why}`;
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownProperty(String(params['additionalProperty'] ?? params['unevaluatedProperty']), schema);
    case 'required': {
      const missing = String(params['missingProperty']);
      return `${quote(missing)} is missing${descriptionOf(schema, missing)}`;
    }
    case 'dependentRequired':
      return `${quote(String(params['property']))} needs ${quote(String(params['missingProperty']))} beside it`;
    case 'type':
      return wrongType(params['type'], error.data) + why;
    case 'enum':
      return oneOf(params['allowedValues'] as unknown[], error.data);
    case 'const':
      return `must be ${show(params['allowedValue'])}, not ${actual}`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `must be ${rangeOf(schema)}, not ${actual}${why}`;
    case 'multipleOf':
      return `must be a multiple of ${String(params['multipleOf'])}, not ${actual}${why}`;
    case 'pattern':
      return about === null
        ? `${actual} does not fit ${String(params['pattern'])}`
        : `${actual} does not fit: ${about}`;
    case 'format':
      return `${actual} is not a valid ${String(params['format'])}${why}`;
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return params['limit'] === 1
        ? `must not be empty${why}`
        : `is too short: ${String(params['limit'])} at least${why}`;
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return `is too long: ${String(params['limit'])} at most${why}`;
    case 'uniqueItems':
      return `items ${1 + Math.min(Number(params['i']), Number(params['j']))} and ${1 + Math.max(Number(params['i']), Number(params['j']))} are the same`;
    case 'anyOf':
    case 'oneOf':
      return about === null ? `${actual} fits none of the forms accepted` : `not accepted: ${about}`;
    default:
      return `${error.message ?? 'is not accepted'}${why}`;
  }
}

function unknownProperty(name: string, schema: Record<string, unknown>): string {
  const accepted = Object.keys(schema['properties'] ?? {});
  const near = nearest(name, accepted);
  const unknown = `unknown property ${quote(name)}`;
  if (near !== null) return `${unknown}: did you mean ${quote(near)}?`;
  return accepted.length === 0 ? unknown : `${unknown}; accepted here: ${accepted.join(', ')}`;
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'a map of properties',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'empty',
};

function wrongType(wanted: unknown, actual: unknown): string {
  const names = (Array.isArray(wanted) ? wanted : [wanted]).map((name) => TYPES[String(name)] ?? String(name));
  const quotes = wanted === 'string' && ['number', 'boolean', 'bigint'].includes(typeof actual);
  return `must be ${names.join(' or ')}, not ${show(actual)}${quotes ? ': put it in quotes' : ''}`;
}

function oneOf(allowed: readonly unknown[], actual: unknown): string {
  const near = typeof actual === 'string' ? nearest(actual, allowed.map(String)) : null;
  const list = allowed.map(String).join(', ');
  return `must be one of ${list}, not ${show(actual)}${near === null ? '' : `: did you mean ${quote(near)}?`}`;
}

function rangeOf(schema: Record<string, unknown>): string {
  const part = (inclusive: string, exclusive: string, words: readonly [string, string]): string | null => {
    if (typeof schema[inclusive] === 'number') return `${words[0]} ${schema[inclusive]}`;
    return typeof schema[exclusive] === 'number' ? `${words[1]} ${schema[exclusive]}` : null;
  };
  const low = part('minimum', 'exclusiveMinimum', ['at least', 'more than']);
  const high = part('maximum', 'exclusiveMaximum', ['at most', 'less than']);
  return [low, high].filter((part) => part !== null).join(' and ');
}

function descriptionOf(schema: Record<string, unknown>, property: string): string {
  const known = schema['properties'] as Record<string, { description?: string }> | undefined;
  const about = known?.[property]?.description;
  return about === undefined ? '' : ` (${about})`;
}

/** `/trunks/pstn/dial` → keys; a segment is an index where the value there is a list. */
function pathOf(pointer: string, value: unknown): Path {
  let here = value;
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => {
      const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
      const key = Array.isArray(here) ? Number(name) : name;
      here = typeof here === 'object' && here !== null ? (here as Record<string | number, unknown>)[key] : undefined;
      return key;
    });
}

function quote(text: string): string {
  return `“${text.length > 60 ? `${text.slice(0, 59)}…` : text}”`;
}

function show(value: unknown): string {
  // A password in an address is none of the error's business.
  if (typeof value === 'string') return quote(value.replace(/:\/\/[^\s/@]*@/g, '://***@'));
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value === undefined || value === null) return 'empty';
  return Array.isArray(value) ? 'a list' : 'a map of properties';
}
