import { absentIs, integer, optional, register, text, zone } from './field.ts';
import { PHONE_HEADERS } from './headers.ts';

/** Columns of a lead base; every other column is a variable of the lead under its own name. */
export const leadRegister = register({
  name: 'lead',
  doc: 'a lead base',
  phoneHeaders: [
    ...PHONE_HEADERS,
    'mobile',
    'tel',
    'phone number',
    'контактный телефон',
    'рабочий телефон',
    'тел моб',
    'сотовый',
  ],
  key: [],
  fields: {
    name: optional(
      text({
        doc: 'name of the person',
        headers: ['имя', 'фио', 'ф и о', 'full name', 'клиент', 'контактное лицо'],
      }),
    ),
    person: optional(
      text(
        {
          doc: 'the base’s own key of the person or debtor: his numbers share it',
          headers: [
            'person_id',
            'person id',
            'debtor',
            'debtor_id',
            'id клиента',
            'код клиента',
            'должник',
            'id должника',
          ],
        },
        255,
      ),
    ),
    zone: optional(
      zone({
        doc: 'where the person is',
        headers: ['часовой пояс', 'timezone', 'time zone', 'tz', 'пояс'],
        code: 'ZONE_UNKNOWN',
      }),
    ),
    region: optional(text({ doc: 'region of the person, by its name', headers: ['регион', 'область', 'субъект рф'] })),
    priority: absentIs(() => 0, integer({ doc: 'higher goes first; 0 when not given', headers: ['приоритет'] })),
  },
});
