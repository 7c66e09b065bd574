import t from 'tap';
import { loadRegions } from '../../lib/data/load.ts';
import { placeOf, regionKey } from '../../lib/core/region.ts';

const regions = loadRegions('ru');
const names = (text: string) => placeOf(text, regions).regions;

/** Zones of every region, by the offsets of compliance: Moscow time for all that are not named. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'Europe/Kaliningrad': ['Калининградская область'],
  'Europe/Samara': ['Самарская область', 'Удмуртская Республика'],
  'Europe/Astrakhan': ['Астраханская область'],
  'Europe/Saratov': ['Саратовская область'],
  'Europe/Ulyanovsk': ['Ульяновская область'],
  'Asia/Yekaterinburg': [
    'Республика Башкортостан',
    'Пермский край',
    'Курганская область',
    'Оренбургская область',
    'Свердловская область',
    'Тюменская область',
    'Челябинская область',
    'Ханты-Мансийский автономный округ — Югра',
    'Ямало-Ненецкий автономный округ',
  ],
  'Asia/Omsk': ['Омская область'],
  'Asia/Barnaul': ['Республика Алтай', 'Алтайский край'],
  'Asia/Novosibirsk': ['Новосибирская область'],
  'Asia/Tomsk': ['Томская область'],
  'Asia/Novokuznetsk': ['Кемеровская область — Кузбасс'],
  'Asia/Krasnoyarsk': ['Красноярский край', 'Республика Хакасия', 'Республика Тыва'],
  'Asia/Irkutsk': ['Иркутская область', 'Республика Бурятия'],
  'Asia/Chita': ['Забайкальский край'],
  'Asia/Yakutsk': ['Амурская область'],
  'Asia/Vladivostok': ['Приморский край', 'Хабаровский край', 'Еврейская автономная область'],
  'Asia/Magadan': ['Магаданская область'],
  'Asia/Sakhalin': ['Сахалинская область'],
  'Asia/Kamchatka': ['Камчатский край'],
  'Asia/Anadyr': ['Чукотский автономный округ'],
};
const MOSCOW_TIME = ['Europe/Moscow', 'Europe/Simferopol', 'Europe/Kirov', 'Europe/Volgograd'];
const YAKUTIA = ['Asia/Yakutsk', 'Asia/Khandyga', 'Asia/Vladivostok', 'Asia/Ust-Nera', 'Asia/Srednekolymsk'];

void t.test('there are 89 regions, and each has the zone its clocks keep; Yakutia alone spans several', async (t) => {
  const all = [...new Set(Object.values(regions))];
  t.equal(all.length, 89);
  for (const { name, zones } of all) {
    const elsewhere = Object.keys(ELSEWHERE).filter((zone) => ELSEWHERE[zone]?.includes(name));
    if (name === 'Республика Саха (Якутия)') t.strictSame(zones, YAKUTIA);
    else if (elsewhere.length > 0) t.strictSame(zones, elsewhere, name);
    else t.ok(zones.length === 1 && MOSCOW_TIME.includes(zones[0] ?? ''), `${name} keeps Moscow time: ${zones.join()}`);
  }
  t.strictSame(
    Object.values(ELSEWHERE)
      .flat()
      .filter((name) => !all.some((region) => region.name === name)),
    [],
  );
});

void t.test('each region is found as the register spells it, in full and cut short', async (t) => {
  for (const { name } of new Set(Object.values(regions))) {
    const spellings = [
      name,
      name.replace('—', '-'),
      name.replace(' — ', '-'),
      name.toUpperCase(),
      name.replace('область', 'обл.').replace('автономный округ', 'АО').replace('край', 'кр.'),
      name.replace(/\((.*)\)/, '/$1/'),
      name.replace(/^(Республика) (\S+)$/, '$2 респ.'),
      name.replace(/^(\S+) (Республика)$/, '$2 $1'),
      /^(Москва|Санкт-Петербург|Севастополь)$/.test(name) ? `Город ${name}` : name,
    ];
    for (const spelling of spellings) t.strictSame(names(spelling), [name], spelling);
  }
});

void t.test('places as the register writes them, in any order', async (t) => {
  const table: readonly (readonly [text: string, regions: readonly string[]])[] = [
    ['Город Москва, Московская область', ['Москва', 'Московская область']],
    ['Московская область, Город Москва', ['Москва', 'Московская область']],
    ['г. Москва * Московская область', ['Москва', 'Московская область']],
    ['г. Москва и Московская область', ['Москва', 'Московская область']],
    ['Республика Крым и г. Севастополь', ['Республика Крым', 'Севастополь']],
    ['Город Санкт-Петербург, Ленинградская область', ['Ленинградская область', 'Санкт-Петербург']],
    ['г. Санкт - Петербург', ['Санкт-Петербург']],
    ['Архангельская область, Ненецкий автономный округ', ['Архангельская область', 'Ненецкий автономный округ']],
    ['Ханты - Мансийский - Югра АО', ['Ханты-Мансийский автономный округ — Югра']],
    ['Ханты-Мансийский Автономный округ - Югра АО', ['Ханты-Мансийский автономный округ — Югра']],
    ['Республика Саха /Якутия/', ['Республика Саха (Якутия)']],
    ['Республика Татарстан (Татарстан)', ['Республика Татарстан']],
    ['Чувашская Республика - Чувашия', ['Чувашская Республика']],
    ['Кемеровская область - Кузбасс обл.', ['Кемеровская область — Кузбасс']],
    ['Республика Северная Осетия - Алания', ['Республика Северная Осетия — Алания']],
    ['Республика Кабардино-Балкарская', ['Кабардино-Балкарская Республика']],
    ['Еврейская автономная обл.', ['Еврейская автономная область']],
    ['Корякский округ|Камчатский край', ['Камчатский край']],
    ['г. Улан-Удэ|г.о. город Улан-Удэ|Республика Бурятия', ['Республика Бурятия']],
    ['г. Нижний Тагил, Свердловская область', ['Свердловская область']],
    [
      'р-н Вилюйский|Республика Саха /Якутия/, г. Нижний Тагил|Свердловская обл.',
      ['Республика Саха (Якутия)', 'Свердловская область'],
    ],
  ];
  for (const [text, expected] of table) {
    t.strictSame(placeOf(text, regions), { regions: [...expected].sort(), unknown: null }, text);
  }
});

void t.test('the whole country, alone or beside a region, is the whole country and no unknown place', async (t) => {
  for (const text of ['Российская Федерация', 'РОССИЙСКАЯ ФЕДЕРАЦИЯ', 'Омская область, Российская Федерация']) {
    t.strictSame(placeOf(text, regions), { regions: [], unknown: null }, text);
  }
});

void t.test('a part nobody knows makes the place the whole country, and is named', async (t) => {
  for (const [text, unknown] of [
    ['Город Байконур', 'Город Байконур'],
    ['Атлантида', 'Атлантида'],
    ['Омская область, Атлантида', 'Атлантида'],
    ['Омская область, г. Тара', 'г. Тара'],
    ['г. Тара, Атлантида, Омская область', 'г. Тара'],
    ['г. Тара', 'г. Тара'],
    ['-', '-'],
    ['', ''],
  ] as const) {
    t.strictSame(placeOf(text, regions), { regions: [], unknown }, text);
  }
});

void t.test('a key keeps regions apart that differ in one word', async (t) => {
  for (const [one, other] of [
    ['Республика Алтай', 'Алтайский край'],
    ['Москва', 'Московская область'],
    ['Ненецкий АО', 'Ямало-Ненецкий АО'],
    ['Республика Коми', 'Коми-Пермяцкий округ'],
  ] as const) {
    t.not(regionKey(one), regionKey(other), `${one}, ${other}`);
  }
});
