/** The columns of the Guide for compiling government information resource catalogues (政务信息资源目录编制指南), and those behind them. */
export const GUIDE_2017 = `
profile: guide-2017
entries: { headerRows: 1, key: 信息资源名称, id: { from: 信息资源代码 } }
items: { headerRows: 1, join: same-sheet }
order:
  - 信息资源分类
  - 类
  - 项
  - 目
  - 细目
  - 信息资源名称
  - 信息资源代码
  - 信息资源提供方
  - 信息资源提供方代码
  - 信息资源摘要
  - 信息资源格式
  - 信息资源格式分类
  - 信息项名称
  - 数据类型
  - 数据长度
columns:
  信息资源分类: { field: category }
  类: { field: category, joined: true }
  项: { field: category, joined: true }
  目: { field: category, joined: true }
  细目: { field: category, joined: true }
  信息资源名称: { field: name.zh, required: true }
  信息资源代码: { field: resourceCode }
  信息资源提供方: { field: provider, as: name }
  信息资源提供方代码: { field: provider, as: creditCode }
  信息资源摘要: { field: abstract.zh }
  信息资源格式: &format
    field: format
    map:
      电子文件: document
      "1": document
      电子表格: spreadsheet
      "2": spreadsheet
      数据库: database
      "3": database
      图形图像: image
      "4": image
      流媒体: streaming_media
      "5": streaming_media
      自描述格式: self_describing
      "6": self_describing
      服务接口: service_interface
      "7": service_interface
  信息资源格式分类: *format
  共享类型:
    field: sharingAttribute
    map: { 无条件共享: unconditional, "1": unconditional, 有条件共享: conditional, "2": conditional, 不予共享: not_shared, "3": not_shared }
  共享条件: { field: conditions.range, ifNotShared: notSharedReason }
  共享方式: &mode
    field: sharingModes
    map:
      服务接口: service_interface
      接口: service_interface
      批量交换: batch_exchange
      数据库: batch_exchange
      文件下载: file_download
      文件: file_download
      事件流: event_stream
    ignore: [共享平台, 邮件, 拷盘, 介质交换]
  共享方式类型: *mode
  开放类型: &open
    field: openToPublic
    map: { 是: yes, 无条件开放: yes, 否: no, 不予开放: no, 有条件开放: conditional }
  是否向社会开放: *open
  开放条件: { field: openConditions }
  更新周期:
    field: updateFrequency
    map:
      实时: real_time
      "1": real_time
      每日: daily
      "2": daily
      每周: weekly
      "3": weekly
      每月: monthly
      "4": monthly
      每季度: quarterly
      "5": quarterly
      每年: yearly
      "6": yearly
      每半年: half_yearly
      不定期: irregular
      不更新: none
      其他: other
  发布日期: { field: publishedAt, written: true }
  关联资源代码: { field: relatedCodes }
  使用用途: { field: conditions.purpose }
  不予共享依据:
    field: legalBasis
    map:
      法律: law
      行政法规: administrative_regulation
      国务院决定: state_council_decision
      部门规章: department_rule
      地方性法规: local_regulation
      地方政府规章: local_rule
      其他: other
  目录层级: { field: catalogLevel, map: { 国家: national, 地区: regional, 部门: department } }
  数据分类: { field: dataClass }
itemColumns:
  信息项名称: { field: title.zh }
  数据类型:
    field: type
    map:
      字符型C: string
      字符型: string
      C: string
      数值型N: decimal
      数值型: decimal
      N: decimal
      货币型Y: decimal
      货币型: decimal
      Y: decimal
      日期型D: date
      日期型: date
      D: date
      日期时间型T: datetime
      日期时间型: datetime
      T: datetime
      逻辑型L: boolean
      逻辑型: boolean
      L: boolean
      备注型M: string
      备注型: string
      M: string
      通用型G: object
      通用型: object
      G: object
      双精度型B: number
      双精度型: number
      B: number
      整型I: integer
      整型: integer
      I: integer
      浮点型F: number
      浮点型: number
      F: number
  数据长度: { field: maxLength }
  数据分级: { field: grade, map: { 一般: general, 重要: important }, refuse: [核心, 绝密, 机密, 秘密, 涉密] }
  涉密属性: &secret
    field: secret
    map: { 否: false, 非涉密: false, 不涉密: false, 无: false }
    refuse: [是, 绝密, 机密, 秘密, 涉密, 核心]
  是否涉密: *secret
  信息项英文名称: { field: name, else: pinyin }
  信息项代码: { field: itemCode }
  是否主键: { field: identifier, map: { 是: true, 否: false } }
  是否个人信息: { field: personal, map: { 否: none, 是: personal, 敏感: sensitive } }
`;
