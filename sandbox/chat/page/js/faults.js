// The faults one can ask for with a press.

export const FAULTS = [
  { en: "HDHive is down", zh: "HDHive 宕机", service: "hdhive", kind: "status", status: 503, times: 0 },
  { en: "HDHive resets unlock", zh: "解锁时连接中断", service: "hdhive", path: "*/unlock*", kind: "reset_after" },
  { en: "HDHive 429", zh: "HDHive 限流", service: "hdhive", kind: "retry_after", status: 429, retry_after: 30 },
  { en: "Disk.Top answers HTML", zh: "Disk.Top 返回网页", service: "disktop", kind: "html", times: 0 },
  { en: "Disk.Top hangs", zh: "Disk.Top 无响应", service: "disktop", kind: "hang" },
  { en: "Upload loses a part", zh: "上传丢失分块", service: "disktop-upload", path: "/u", kind: "lose" },
  { en: "Upload breaks off", zh: "上传中断", service: "disktop-upload", path: "/u", kind: "drop", bytes: 1000000 },
  { en: "Upload is slow", zh: "上传变慢", service: "disktop-upload", path: "/u", kind: "slow", bytes: 2000000, times: 0 },
  { en: "Upload cannot be completed", zh: "合并失败", service: "disktop-upload", path: "*/complete", kind: "status", status: 502, body: { errno: "complete_failed", errmsg: "complete failed" } },
  { en: "Link check is slow", zh: "链接检测变慢", service: "linkcheck", kind: "drip", times: 0 },
  { en: "Link check cuts the stream", zh: "检测流被切断", service: "linkcheck", path: "*events*", kind: "cut" },
  { en: "TMDB 429", zh: "TMDB 限流", service: "tmdb", kind: "retry_after", status: 429, retry_after: 20 },
  { en: "TMDB bad JSON", zh: "TMDB 返回坏数据", service: "tmdb", kind: "bad_json" },
  { en: "ACGBT 429", zh: "ACGBT 限流", service: "acgbt", path: "/api/*", kind: "retry_after", status: 429, retry_after: 20 },
  { en: "ACGBT publishes, then hangs up", zh: "ACGBT 发布后断线", service: "acgbt", path: "*/publish", kind: "reset_after" },
  { en: "Telegram 429", zh: "Telegram 限流", service: "telegram", path: "*/send*", kind: "retry_after", status: 429, retry_after: 5, style: "telegram" },
  { en: "Telegram 502", zh: "Telegram 502", service: "telegram", path: "*/getUpdates", kind: "status", status: 502, times: 3 },
];
