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

/** One spelling for `Республика Татарстан`, `Татарстан респ.` and `ТАТАРСТАН`. */
export function regionKey(name: string): string {
  const words = name
    .toLowerCase()
    .replaceAll('ё', 'е')
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '' && !KIND_OF_REGION.has(word));
  return words.sort().join(' ');
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
