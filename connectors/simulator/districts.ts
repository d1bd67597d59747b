export interface District {
  regionCode: string;
  name: string;
  streets: readonly string[];
}

/** Districts and counties of Fuzhou (GB/T 2260). */
export const DISTRICTS: readonly District[] = [
  { regionCode: '350102', name: '鼓楼区', streets: ['东街', '八一七北路', '五四路', '温泉路', '杨桥路'] },
  { regionCode: '350103', name: '台江区', streets: ['五一中路', '上浦路', '八一七中路', '江滨中大道'] },
  { regionCode: '350104', name: '仓山区', streets: ['上三路', '浦上大道', '金山大道', '对湖路'] },
  { regionCode: '350105', name: '马尾区', streets: ['君竹路', '罗星路', '江滨东大道'] },
  { regionCode: '350111', name: '晋安区', streets: ['福马路', '福新中路', '北二环路', '鼓山路'] },
  { regionCode: '350112', name: '长乐区', streets: ['胜利路', '郑和路', '会堂路'] },
  { regionCode: '350121', name: '闽侯县', streets: ['街心路', '学府南路', '国宾大道'] },
  { regionCode: '350122', name: '连江县', streets: ['丹凤路', '玉荷路', '马祖东路'] },
  { regionCode: '350181', name: '福清市', streets: ['清昌大道', '一拂路', '清盛大道'] },
];
