/** Entries on one sheet, their items on another. What stands in `renamed` is the column of guide-2017 that each one stands for. */
export const TWO_SHEETS = `
profile: two-sheets
entries: { sheet: 目录, headerRows: 1, key: 目录名称, id: { from: 目录编码 } }
items: { sheet: 信息项, headerRows: 1, join: 目录名称 }
renamed: { 目录名称: 信息资源名称, 目录编码: 信息资源代码, 共享属性: 共享类型, 英文名称: 信息项英文名称 }
columns:
  所属系统: { field: profile.system }
`;
