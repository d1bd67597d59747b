const range = (month: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${month}-${String(from + index).padStart(2, '0')}`);

/** The days off and the make-up working days that the State Council General Office announced for two years. */
export const CALENDARS: readonly object[] = [
  {
    ...{ region: '000000', year: 2025, document: '国办发明电〔2024〕12号' },
    off: [
      '2025-01-01',
      ...range('2025-01', 28, 31),
      ...range('2025-02', 1, 4),
      ...range('2025-04', 4, 6),
      ...range('2025-05', 1, 5),
      '2025-05-31',
      ...range('2025-06', 1, 2),
      ...range('2025-10', 1, 8),
    ],
    on: ['2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11'],
  },
  {
    ...{ region: '000000', year: 2026, document: '国办发明电〔2025〕7号' },
    off: [
      ...range('2026-01', 1, 3),
      ...range('2026-02', 15, 23),
      ...range('2026-04', 4, 6),
      ...range('2026-05', 1, 5),
      ...range('2026-06', 19, 21),
      ...range('2026-09', 25, 27),
      ...range('2026-10', 1, 7),
    ],
    on: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'],
  },
];
