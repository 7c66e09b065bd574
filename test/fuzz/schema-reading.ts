import { isDeepStrictEqual } from 'node:util';

/*
 * A second reading of the JSON Schemas in schemas/, written from the standard for the keywords they use: whether a value
 * is accepted, and what it is with the defaults filled in. The fuzz judges ajv, and what is made of it, by this.
 */

type Json = Readonly<Record<string, unknown>>;

const ABOUT = new Set(['$schema', 'title', 'description', 'default', '$defs', 'then', 'examples', '$id', '$comment']);

/** A function that fills defaults into a value, in place, and says whether the schema accepts it. */
export function readerOf(root: Json): (value: unknown) => boolean {
  return (value) => accepts(root, root, value, true);
}

function accepts(schema: unknown, root: Json, value: unknown, fills: boolean): boolean {
  if (typeof schema === 'boolean') return schema;
  const of = schema as Json;
  if (fills && isMap(value)) fill(of, value);
  return Object.entries(of).every(
    ([keyword, rule]) => ABOUT.has(keyword) || holds(keyword, rule, of, root, value, fills),
  );
}

function fill(schema: Json, value: Record<string, unknown>): void {
  for (const [name, one] of Object.entries((schema['properties'] ?? {}) as Json)) {
    const given = (one as Json)['default'];
    if (given !== undefined && !Object.hasOwn(value, name)) value[name] = structuredClone(given);
  }
}

function holds(keyword: string, rule: unknown, schema: Json, root: Json, value: unknown, fills: boolean): boolean {
  const all = (schemas: unknown, one: unknown): boolean =>
    (schemas as unknown[]).every((inner) => accepts(inner, root, one, fills));
  const fitting = (): number => (rule as unknown[]).filter((inner) => accepts(inner, root, value, false)).length;
  switch (keyword) {
    case 'type':
      return (Array.isArray(rule) ? rule : [rule]).some((type) => isOf(String(type), value));
    case 'enum':
      return (rule as unknown[]).some((one) => isDeepStrictEqual(one, value));
    case 'const':
      return isDeepStrictEqual(rule, value);
    case '$ref': {
      const name = String(rule).replace('#/$defs/', '');
      return accepts((root['$defs'] as Json)[name], root, value, fills);
    }
    case 'allOf':
      return all(rule, value);
    case 'anyOf':
      return fitting() > 0;
    case 'oneOf':
      return fitting() === 1;
    case 'if':
      return !accepts(rule, root, value, false) || accepts(schema['then'] ?? true, root, value, fills);
  }
  if (typeof value === 'string') return textHolds(keyword, rule, value);
  if (typeof value === 'number') return numberHolds(keyword, Number(rule), value);
  if (Array.isArray(value)) return listHolds(keyword, rule, schema, root, value as unknown[], fills);
  return isMap(value) ? mapHolds(keyword, rule, schema, root, value, fills) : true;
}

function textHolds(keyword: string, rule: unknown, text: string): boolean {
  if (keyword === 'pattern') return new RegExp(String(rule), 'u').test(text);
  if (keyword === 'minLength') return [...text].length >= Number(rule);
  return keyword !== 'maxLength' || [...text].length <= Number(rule);
}

function numberHolds(keyword: string, limit: number, value: number): boolean {
  if (keyword === 'minimum') return value >= limit;
  if (keyword === 'maximum') return value <= limit;
  return keyword !== 'exclusiveMinimum' || value > limit;
}

function listHolds(
  keyword: string,
  rule: unknown,
  schema: Json,
  root: Json,
  list: readonly unknown[],
  fills: boolean,
): boolean {
  const first = ((schema['prefixItems'] ?? []) as unknown[]).length;
  switch (keyword) {
    case 'items':
      return list.slice(first).every((one) => accepts(rule, root, one, fills));
    case 'prefixItems':
      return list.slice(0, first).every((one, i) => accepts((rule as unknown[])[i], root, one, fills));
    case 'minItems':
      return list.length >= Number(rule);
    case 'maxItems':
      return list.length <= Number(rule);
    case 'uniqueItems':
      return list.every((one, i) => list.slice(0, i).every((other) => !isDeepStrictEqual(one, other)));
    default:
      return true;
  }
}

function mapHolds(
  keyword: string,
  rule: unknown,
  schema: Json,
  root: Json,
  map: Readonly<Record<string, unknown>>,
  fills: boolean,
): boolean {
  const declared = (schema['properties'] ?? {}) as Json;
  switch (keyword) {
    case 'required':
      return (rule as string[]).every((name) => Object.hasOwn(map, name));
    case 'properties':
      return Object.entries(declared).every(
        ([name, one]) => !Object.hasOwn(map, name) || accepts(one, root, map[name], fills),
      );
    case 'additionalProperties':
      return Object.entries(map).every(
        ([name, one]) => Object.hasOwn(declared, name) || accepts(rule, root, one, fills),
      );
    case 'propertyNames':
      return Object.keys(map).every((name) => accepts(rule, root, name, false));
    case 'minProperties':
      return Object.keys(map).length >= Number(rule);
    case 'maxProperties':
      return Object.keys(map).length <= Number(rule);
    default:
      return true;
  }
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'number') return Number.isFinite(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  return type === 'object' ? isMap(value) : typeof value === type;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
