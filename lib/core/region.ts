/** A region of the country and the IANA zones on its territory. */
export interface Region {
  readonly name: string;
  /** ISO 3166-2, null where the standard has none. */
  readonly iso: string | null;
  readonly zones: readonly string[];
  /** Other names it goes by. */
  readonly aliases: readonly string[];
}

/** Regions by `regionKey` of each name. */
export type RegionIndex = Readonly<Record<string, Region>>;

const KIND_OF_REGION = new Set([
  ...['республика', 'респ', 'область', 'обл', 'край', 'кр', 'город', 'гор', 'г', 'федерального', 'значения'],
  ...['автономный', 'автономная', 'авт', 'округ', 'окр', 'ао', 'аобл'],
]);

/** One spelling for `Республика Татарстан`, `Татарстан респ.`, `ТАТАРСТАН` and `Республика Татарстан (Татарстан)`. */
export function regionKey(name: string): string {
  const words = name
    .toLowerCase()
    .replaceAll('ё', 'е')
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '' && !KIND_OF_REGION.has(word));
  return [...new Set(words)].sort().join(' ');
}

/** What a place of the range register says: regions by their names in the table, none for the whole country. */
export interface Place {
  readonly regions: readonly string[];
  /** The part no region answers to: then the place counts as the whole country. */
  readonly unknown: string | null;
}

const WHOLE_COUNTRY = regionKey('Российская Федерация');

/** A part of a region that the register may name before the region itself: `г. Нижний Тагил, Свердловская область`. */
const LOCALITY =
  /^(?:г|гор|город|г\.о|го|м\.р-н|м\.о|р-н|район|пос|п|пгт|рп|с|село|д|дер|деревня|ст|ст-ца|тер)[.\s]|(?:р-н|район|м\.о|г\.о)\.?$/iu;

/**
 * Reads a place as the register of numbering ranges writes it: regions in any order, each alone (`Город Москва, Московская
 * область`, `г. Москва * Московская область`) or at the end of its address (`г. Улан-Удэ|г.о. город Улан-Удэ|Республика
 * Бурятия`). A part nobody knows makes the place the whole country: the narrowest calling hours, never wrong ones.
 */
export function placeOf(text: string, regions: RegionIndex): Place {
  const parts = text
    .split(/,| \* |\sи\s/u)
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== '-');
  if (parts.length === 0) return { regions: [], unknown: text.trim() };
  const names = new Set<string>();
  let whole = false;
  let pending: string | null = null;
  for (const part of parts) {
    const subject = part.split('|').at(-1)?.trim() ?? '';
    const region = regions[regionKey(subject)];
    if (region !== undefined) {
      names.add(region.name);
      pending = null;
    } else if (regionKey(subject) === WHOLE_COUNTRY) whole = true;
    else if (pending !== null) return { regions: [], unknown: pending };
    else if (LOCALITY.test(subject)) pending = subject;
    else return { regions: [], unknown: subject };
  }
  if (pending !== null) return { regions: [], unknown: pending };
  return { regions: whole ? [] : [...names].sort(), unknown: null };
}

/** Index by every name and alias; throws when two regions answer to one name. */
export function indexRegions(regions: readonly Region[]): RegionIndex {
  const index: Record<string, Region> = Object.create(null) as Record<string, Region>;
  for (const region of regions) {
    for (const name of [region.name, ...region.aliases, ...(region.iso === null ? [] : [region.iso])]) {
      const key = regionKey(name);
      const taken = index[key];
      if (key === '' || (taken !== undefined && taken !== region)) {
        throw new Error(`regions ${taken?.name ?? '?'} and ${region.name} share the name ${name}`);
      }
      index[key] = region;
    }
  }
  return index;
}
