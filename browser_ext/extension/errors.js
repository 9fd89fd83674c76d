// The errors the extension itself finds, in the shape the agent's errors have on the wire.

const WORDS = {
  __proto__: null,
  host_missing: {
    message: "The browser component of the certificate agent cannot be started on this computer.",
    message_zh: "无法启动本机证照管家的浏览器组件。",
    advice: "Install the certificate agent, or repair it with “odc-native-host install”, then try again.",
    advice_zh: "请安装证照管家,或运行“odc-native-host install”修复后再试。",
  },
  host_lost: {
    message: "The browser component of the certificate agent stopped before it answered.",
    message_zh: "证照管家的浏览器组件在答复之前停止了运行。",
    advice: "Try again.",
    advice_zh: "请重试。",
  },
  agent_lost: {
    message: "The certificate agent stopped. What it was doing goes on when it runs again.",
    message_zh: "证照管家已停止运行,再次运行后将继续办理。",
    advice: "Start the agent again and ask for the renewal's state.",
    advice_zh: "请重新启动证照管家,再查询办理进度。",
  },
  origin_not_allowed: {
    message: "This page may not use the certificate agent.",
    message_zh: "此网页不允许使用证照管家。",
    advice: "Use the portal's secure address (https).",
    advice_zh: "请使用以 https 开头的网址访问。",
  },
  consent_denied: {
    message: "Your organisation does not allow this site to use the certificate agent.",
    message_zh: "本单位不允许此网站使用证照管家。",
    advice: "Ask your administrator.",
    advice_zh: "请联系管理员。",
  },
  invalid_request: {
    message: "The page's request is not one the certificate agent understands.",
    message_zh: "证照管家无法识别网页的请求。",
    advice: "",
    advice_zh: "",
  },
  rate_limited: {
    message: "The page asks for too much at once.",
    message_zh: "网页同时发出的请求过多。",
    advice: "Wait until the requests under way are answered.",
    advice_zh: "请等待正在处理的请求完成后再试。",
  },
};

const FIELDS = ["message", "message_zh", "advice", "advice_zh"];

/** An error of the extension's own; `reason` says more where there is more to tell apart. */
export function report(code, reason = "") {
  return { code, ...WORDS[code], reason };
}

/**
 * What a page may see of an error that came from the host or the agent.
 * Only code and sentences: their details may name paths or tokens.
 */
export function forPage(error) {
  const data = error?.data;
  if (typeof data?.code !== "string") {
    return {
      code: "internal",
      message: String(error?.message ?? ""),
      message_zh: "证照管家内部出错。",
      advice: "",
      advice_zh: "",
      reason: "",
    };
  }
  const seen = { code: data.code, reason: "" };
  for (const field of FIELDS) {
    seen[field] = typeof data[field] === "string" ? data[field] : "";
  }
  return seen;
}
