/*
 * What the number plan says, written down apart from the parser: the fuzz judges by it. Codes of Russia by the plan of
 * Минцифры as known in 2026, of Kazakhstan by its notices to ITU.
 */

/** ABC codes in use. */
export const ABC = words(`
  301 302 336 341 342 343 345 346 347 349 351 352 353 365 381 382 383 384 385 388 390 391 394 395
  401 411 413 415 416 421 423 424 426 427 471 472 473 474 475 481 482 483 484 485 486 487
  491 492 493 494 495 496 498 499
  811 812 813 814 815 816 817 818 820 821 831 833 834 835 836 840 841 842 843 844 845 846 847 848
  851 855 856 857 860 861 862 863 865 866 867 869 871 872 873 877 878 879`);

/** Codes of mobile numbers in use by everybody's phones. */
export const MOBILE = words(`
  900 901 902 903 904 905 906 908 909 910 911 912 913 914 915 916 917 918 919 920 921 922 923 924 925 926 927 928 929
  931 932 933 934 936 937 938 939 950 951 952 953 958 960 961 962 963 964 965 966 967 968 969 977 978 980 981 982 983
  984 985 986 987 988 989 991 992 993 994 995 996 999`);

/** Codes of Kazakhstan's mobile numbers. */
export const KAZAKHSTAN = words('700 701 702 705 707 708 747 771 775 776 777 778');

/** Codes of Abkhazia under +7. */
export const ABKHAZIA = words('840 940');

/** Numbers of other countries: the part that is fixed, and how many digits follow. */
export const ABROAD: readonly (readonly [fixed: string, free: number])[] = [
  ['44207183', 4],
  ['121255', 5],
  ['4930901', 5],
  ['375291', 6],
  ['99890', 7],
  ['86138', 8],
  ['3906698', 5],
];

/** Emergency services as dialed in Russia. */
export const EMERGENCY = words('01 02 03 04 101 102 103 104 112');

/**
 * Whether +7 may go on with these ten digits: in use, or of a class that a gate must judge (unassigned, Kazakhstan,
 * service codes). False means that a digit is missing or one too many.
 */
export function mayFollow7(national: string): boolean {
  const code = national.slice(0, 3);
  if (/^[012569]/.test(code)) return true;
  if (code.startsWith('80')) return true;
  return code.startsWith('7') ? !code.startsWith('79') : ABC.includes(code);
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
