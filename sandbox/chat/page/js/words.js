// The page's own words; they follow the person's language.

const WORDS = {
  en: {
    bot: "bot", online: "online", typing: "typing", message: "Message", edited: "edited", start: "START", unblock: "UNBLOCK BOT",
    members: "{n} members", you: "You", noMessages: "No messages yet", empty: "Say hello, or press a command to begin.",
    startHint: "Press START to open the conversation.", what: "What can this bot do?",
    about: "Finds films and series, unlocks them with your points, checks share links and saves them to your drive.",
    copied: "Copied", menu: "Menu", attach: "Attach a file", send: "Send", back: "Back", theme: "Day or night", panel: "Sandbox panel",
    reply: "Reply", edit: "Edit", delete: "Delete", cancel: "Cancel", today: "Today", yesterday: "Yesterday", noAnswer: "The bot did not answer.",
    file: "File", photo: "Photo", voice: "Voice message", show: "Show more", newest: "Newest messages", searching: "Searching…", nothing: "No results",
    joined: "{name} joined the group", left: "{name} left the group", upgraded: "The group was upgraded to a supergroup", service: "Service message",
    person: "Person", points: "HDHive points", premium: "Premium", disk: "Used", drive: "Disk.Top", fillDisk: "Fill the disk", emptyDisk: "Empty the disk", bigFolder: "Folder of 10,000 files",
    newResources: "New on HDHive", newOne: "One more", newFive: "Five more", newEvery: "One every 5 minutes", noTitles: "Look at a title first; it is listed here then.",
    expireUploads: "Let uploads expire", slowUploads: "Uploads at 1 MB/s", localServer: "Local Bot API server", faults: "Faults on demand", mend: "Mend all", active: "Waiting to happen",
    ownKeys: "Own keys and logins (after /link)", key: "Copy key", login: "Copy login", tokens: "Tokens", expire: "Expire access", revoke: "Revoke grant", clock: "Clock", journal: "On the wire", clear: "Clear", block: "Block the bot", shareDies: "Let an own share die",
    reset: "Reset sandbox", once: "once", always: "until mended", quiet: "Nothing yet.", sandbox: "Sandbox", intro: "Everything here happens on this machine: no account, no network.",
    via: "via", ok: "OK", noFaults: "All services are well.", done: "Done",
  },
  zh: {
    bot: "机器人", online: "在线", typing: "正在输入", message: "输入消息", edited: "已编辑", start: "开始", unblock: "解除屏蔽",
    members: "{n} 位成员", you: "你", noMessages: "还没有消息", empty: "打个招呼，或从菜单里选一个命令。",
    startHint: "点击「开始」，开启对话。", what: "这个机器人能做什么？",
    about: "搜索影视资源，用你的积分解锁，检测分享链接，并转存到你的网盘。",
    copied: "已复制", menu: "菜单", attach: "发送文件", send: "发送", back: "返回", theme: "日间 / 夜间", panel: "沙盒面板",
    reply: "回复", edit: "编辑", delete: "删除", cancel: "取消", today: "今天", yesterday: "昨天", noAnswer: "机器人没有回应。",
    file: "文件", photo: "图片", voice: "语音消息", show: "展开", newest: "最新消息", searching: "搜索中…", nothing: "没有结果",
    joined: "{name} 加入了群组", left: "{name} 离开了群组", upgraded: "群组已升级为超级群组", service: "服务消息",
    person: "人物", points: "HDHive 积分", premium: "Premium 会员", disk: "已用", drive: "Disk.Top", fillDisk: "占满空间", emptyDisk: "清空占用", bigFolder: "一万个文件的文件夹",
    newResources: "HDHive 新资源", newOne: "新增一个", newFive: "新增五个", newEvery: "每 5 分钟新增一个", noTitles: "先打开一个影视条目，它就会出现在这里。",
    expireUploads: "使上传任务过期", slowUploads: "上传限速 1 MB/s", localServer: "本地 Bot API 服务器", faults: "制造故障", mend: "全部恢复", active: "待发生",
    ownKeys: "自己的密钥和账号（配合 /link）", key: "复制密钥", login: "复制账号", tokens: "令牌", expire: "使令牌过期", revoke: "撤销授权", clock: "时钟", journal: "网络流水", clear: "清空", block: "屏蔽机器人", shareDies: "让一个分享失效",
    reset: "重置沙盒", once: "一次", always: "直到恢复", quiet: "暂无内容。", sandbox: "沙盒", intro: "一切都在本机发生：无需账号，无需联网。",
    via: "来自", ok: "好", noFaults: "所有服务运行正常。", done: "已完成",
  },
};

let language = "en";

export function speak(person) {
  language = (person.language_code || "").startsWith("zh") ? "zh" : "en";
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

export function t(key, values = {}) {
  return (WORDS[language][key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const locale = () => (language === "zh" ? "zh-CN" : "en-GB");

export function clockTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", hour12: false });
}

export function day(seconds) {
  const date = new Date(seconds * 1000);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  return date.toLocaleDateString(locale(), { day: "numeric", month: "long" });
}

export const length = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

export function bytes(size) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let step = 0;
  for (; size >= 1024 && step < 4; step += 1) size /= 1024;
  return `${size.toFixed(size < 10 && step ? 1 : 0)} ${units[step]}`;
}
