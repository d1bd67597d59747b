export const HEADER =
  '信息资源名称,信息资源代码,信息资源提供方,信息资源格式,信息项名称,数据类型,数据长度,共享类型,共享条件,共享方式,更新周期,使用用途,目录层级,数据分类,数据分级,涉密属性,信息项英文名称,是否主键';
export const FIRST =
  '出生登记,306001/1,民政厅,数据库,身份证号,字符型C,18,有条件共享,卫生部门,事件流,实时,新生儿保健,部门,人口,一般,否,idNumber,是';
export const SECOND = ',,,,出生日期,日期型D,10,,,,,,,,一般,否,,否';
export const csv = (...lines: string[]): string => [HEADER, ...lines].join('\n');
export const change = (line: string, column: string, text: string): string => {
  const cells = line.split(',');
  cells[HEADER.split(',').indexOf(column)] = text;
  return cells.join(',');
};
