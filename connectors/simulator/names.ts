import type { Chance } from './chance.js';

const SURNAMES = [...'陈林黄张吴李郑王刘苏蔡杨许谢江赖罗高叶曾'];
const GIVEN_MALE = [...'伟强磊洋勇军杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆'];
const GIVEN_FEMALE = [...'芳娜敏静丽娟艳霞秀玲桂英丹萍红梅雪婷慧颖洁琳晶倩莹'];
const GIVEN_NEWBORN = [...'子浩宇轩梓涵欣怡诗雨思晨嘉一诺沐宸奕辰若汐艺瑶景行'];

export type Sex = '1' | '2';

/** A random surname. */
export const surname = (chance: Chance): string => chance.pick(SURNAMES);

export function adultGivenName(chance: Chance, sex: Sex): string {
  const characters = sex === '1' ? GIVEN_MALE : GIVEN_FEMALE;
  return chance.fraction() < 0.3 ? chance.pick(characters) : chance.pick(characters) + chance.pick(characters);
}

export const newbornGivenName = (chance: Chance): string => chance.pick(GIVEN_NEWBORN) + chance.pick(GIVEN_NEWBORN);

const BRANDS = ['闽江', '榕城', '三坊', '鼓山', '左海', '海峡', '福茶', '乌石', '罗星', '晋阳', '长安', '东湖'];
const TRADES: Readonly<Record<string, readonly string[]>> = {
  F51: ['贸易', '茶业', '水产批发'],
  F52: ['百货', '便利店', '药房'],
  H62: ['餐饮', '小吃', '茶饮'],
  I65: ['信息技术', '软件', '数据服务'],
  C13: ['食品', '粮油加工'],
  E50: ['装饰工程', '建筑装修'],
  O80: ['汽车维修', '电器维修'],
};

export interface Trade {
  /** Class of GB/T 4754. */
  industryCode: string;
  name: string;
}

export function trade(chance: Chance): Trade {
  const industryCode = chance.pick(Object.keys(TRADES));
  return { industryCode, name: chance.pick(TRADES[industryCode]!) };
}

export const businessName = (chance: Chance, { name }: Trade): string =>
  `福州${chance.pick(BRANDS)}${chance.pick(SURNAMES)}记${name}有限公司`;
