/** Headers people write over a phone, whatever the sheet is about. */
export const PHONE_HEADERS: readonly string[] = [
  'телефон',
  'тел',
  'моб',
  'мобильный',
  'мобильный телефон',
  'контакт',
  'номер',
  'номер телефона',
];

/** Headers over a remark. */
export const NOTE_HEADERS: readonly string[] = ['примечание', 'комментарий'];

/** Headers over the channel a row came by. */
export const SOURCE_HEADERS: readonly string[] = ['источник', 'канал'];
