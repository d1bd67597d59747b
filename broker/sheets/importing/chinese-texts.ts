/** Texts of a report in English, with `{}` for what a line fills in, and in Chinese. Programs read the code and the field. */
const TEXTS: readonly (readonly [english: string, chinese: string])[] = [
  ['is missing', '缺少该项内容'],
  ['is missing, and so is exempt', '缺少风险评估，也没有免除的理由'],
  ['must have at least one item', '至少应有一个信息项'],
  ['must have an identifier', '应有一个信息项为主键'],
  ['is required', '为必填项'],
  ['is no whole number', '不是整数'],
  ['{} is no value of the column', '{} 不是该列允许的值'],
  ['{} is no value of the property', '{} 不是该属性允许的值'],
  ['the cell has a byte that cannot be read', '单元格含有无法识别的字节'],
  ['the cell shows an error', '单元格是错误值'],
  ['the cell has a formula without a stored value', '单元格的公式没有存储的结果'],
  ['the cell is not a number', '单元格不是数值'],
  ['the cell has a day that a sheet cannot show', '单元格的日期超出表格的范围'],
  ['the cell has a time without a day in a format with one', '单元格只有时间没有日期，而其格式含日期'],
  ['the cell has the day 1900-02-29, which never was', '单元格的日期 1900-02-29 不存在'],
  ['secret data is not shared over this bus', '涉密数据不得通过本总线共享'],
  ['core data is not shared over this bus', '核心数据不得通过本总线共享'],
  ['stands in the entry already', '在该条目中重复出现'],
  ['is a second identifier of the entry', '该条目已有另一个主键'],
  [
    'is no valid name: a letter, then letters, digits and _, 64 at most',
    '不是有效的名称：应以字母开头，由字母、数字和下划线组成，最多 64 个字符',
  ],
  ['the item has no name', '信息项没有名称'],
  ['the item has no type', '信息项没有数据类型'],
  ['the row has the key of row {} again', '与第 {} 行是同一条目'],
  ['the row has no key', '该行没有说明属于哪一条目'],
  ['the row has no key, and no row above it has one', '该行及其上方各行都没有说明属于哪一条目'],
  ['no entry of the file has this key', '文件中没有对应的条目'],
  ['the row has a byte that cannot be read', '该行含有无法识别的字节'],
  [
    'says another code than row {} of the same key: two entries need two keys',
    '与第 {} 行的代码不一致，而两行属于同一条目：两个条目的名称不能相同',
  ],
  ['says something else than an earlier row of the entry', '与该条目前面行的内容不一致'],
  ['the entry has {} problems more', '该条目还有 {} 个问题'],
  ['the entry is too large', '该条目过大'],
  ['the entry has more than {} items', '该条目的信息项超过 {} 个'],
  ['names another party than {}, for which the file is imported', '填写的部门不是本次导入的部门 {}'],
  ['is of another party than {}, for which the file is imported', '不属于本次导入的部门 {}'],
  ['names a condition, and the data is shared unconditionally', '无条件共享的数据不应填写共享条件'],
  ['the file has more than 100,000 rows: nothing of it is laid down', '文件超过 100,000 行，未导入任何内容'],
  ['has no code that names the entry', '没有填写区分条目的代码'],
  ['another entry of the file has this code', '文件中另一条目已使用该代码'],
  ['makes no id of an entry', '无法由此生成条目的标识'],
  ['makes the id of another entry, {}', '由此生成的标识属于另一条目 {}'],
  ['the dataset has no identifier', '数据集没有标识'],
  ['the dataset has no title', '数据集没有标题'],
  ['is no id of an entry, <party>.<entry>', '不是条目的标识，应为 <party>.<entry>'],
  ['another dataset of the file has this identifier', '文件中另一数据集已使用该标识'],
];

const FILLED: readonly (readonly [start: string, end: string, chinese: string])[] = TEXTS.filter(([english]) =>
  english.includes('{}'),
).map(([english, chinese]) => {
  const [start = '', end = ''] = english.split('{}');
  return [start, end, chinese];
});
const WHOLE: ReadonlyMap<string, string> = new Map(TEXTS);

/** The text of a line in Chinese; undefined for one that the catalog refuses a draft with. */
export function chineseText(english: string): string | undefined {
  const whole = WHOLE.get(english);
  if (whole !== undefined) return whole;
  for (const [start, end, chinese] of FILLED) {
    if (english.length < start.length + end.length || !english.startsWith(start) || !english.endsWith(end)) continue;
    const filled = english.slice(start.length, english.length - end.length);
    return chinese.replace('{}', () => filled);
  }
  return undefined;
}
