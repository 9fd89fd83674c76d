// What a portal needs to write to have visitors log in, see their certificates and renew one: about this much.
import { status, certificates, login, renew, sign } from "./odc.js";

const element = (id) => document.getElementById(id);

const USES = { signing: ["签名证书", "Signing"], encryption: ["加密证书", "Encryption"] };

const STATES = {
  drafting: ["正在填写资料", "Filling in the application"],
  signing: ["正在签名", "Signing"],
  submitted: ["已提交", "Submitted"],
  reviewing: ["审核中", "Under review"],
  rejected: ["审核不通过,请按意见修改", "Sent back with remarks"],
  approved: ["审核通过", "Approved"],
  issuing: ["正在签发", "Being issued"],
  installing: ["正在安装", "Being installed"],
  installed: ["您的新证书已安装成功!", "The new certificate is installed"],
  cancelled: ["已取消", "Cancelled"],
  failed: ["未能完成", "Failed"],
};

// What `status()` says, and what the visitor can do about it.
const READINESS = {
  ready: ["证照管家已就绪", "The agent is ready"],
  extension_unreachable: [
    "未安装浏览器扩展,或扩展未获准在本网站使用。安装后请刷新页面。",
    "The extension is not installed, or not allowed on this site. Reload the page afterwards.",
  ],
  host_missing: ["浏览器扩展找不到证照管家,请安装证照管家。", "The extension finds no agent: install it."],
  agent_missing: ["证照管家没有运行,也无法启动。", "The agent does not run and cannot be started."],
  agent_too_old: ["证照管家版本过低,请更新。", "The agent is too old: update it."],
  agent_too_new: ["请重新启动浏览器。", "Restart the browser: the agent is newer."],
};

const WAITING = {
  TOKEN: ["请插入电子钥匙", "plug in the token"],
  PIN: ["请输入证书密码", "enter the PIN"],
  APPLICANT: ["请填写资料", "fill in the application"],
  REVIEW: ["等待审核", "waiting for review"],
  SMS_CODE: ["请输入短信验证码", "enter the SMS code"],
  NETWORK: ["等待网络", "waiting for the network"],
  SPACE: ["电子钥匙空间不足", "the token is full"],
};

/** Fill `parent` with the Chinese text and the English beside it; never as HTML. */
function write(parent, [chinese, english]) {
  const beside = document.createElement("span");
  beside.lang = "en";
  beside.textContent = english;
  parent.replaceChildren(chinese, " ", beside);
}

function showError(error) {
  const box = element("error");
  const [chinese, english] = [error.messageZh ?? "出错了", error.message ?? String(error)];
  write(box, [`${chinese} ${error.adviceZh ?? ""}`, `${english} ${error.advice ?? ""}`]);
  const code = document.createElement("code");
  code.textContent = error.code ?? error.name ?? "error";
  box.append(code);
  box.dataset.code = code.textContent;
  box.hidden = false;
}

function clearError() {
  element("error").hidden = true;
  delete element("error").dataset.code;
}

async function showStatus() {
  const line = element("status");
  try {
    const { state } = await status();
    line.dataset.state = state;
    write(line, READINESS[state] ?? ["证照管家未就绪", `The agent: ${state}`]);
    element("load").disabled = state !== "ready";
    element("login").disabled = state !== "ready";
    element("sign").disabled = state !== "ready";
  } catch (error) {
    line.dataset.state = error.code ?? "error";
    write(line, [error.messageZh ?? "无法连接证照管家", error.message]);
  }
}

function certificateRow(certificate) {
  const row = document.createElement("li");
  row.dataset.thumbprint = certificate.thumbprint;
  row.dataset.use = certificate.use;
  row.dataset.status = certificate.status;
  const facts = document.createElement("div");
  facts.append(titleOf(certificate), factsOf(certificate));
  row.append(facts);
  if (certificate.use === "signing") row.append(renewButton(certificate.thumbprint));
  return row;
}

function titleOf(certificate) {
  const title = document.createElement("h3");
  write(title, USES[certificate.use] ?? [certificate.use, ""]);
  const mark = document.createElement("span");
  const expired = certificate.status === "expired" || certificate.days_left < 0;
  mark.className = expired ? "mark expired" : "mark";
  const days = Math.abs(certificate.days_left);
  mark.textContent = expired ? `已过期 ${days} 天 · expired` : `剩余 ${days} 天 · days left`;
  title.append(mark);
  return title;
}

function factsOf(certificate) {
  const facts = document.createElement("p");
  const until = new Date(certificate.not_after).toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });
  facts.textContent = `${certificate.organisation} · ${certificate.uscc ?? ""} · 有效期至 until ${until}`;
  return facts;
}

function renewButton(thumbprint) {
  const button = document.createElement("button");
  button.type = "button";
  write(button, ["证照更新", "Renew"]);
  button.addEventListener("click", () => runRenewal(thumbprint, button));
  return button;
}

async function showCertificates() {
  clearError();
  const button = element("load");
  button.disabled = true;
  try {
    const found = await certificates();
    element("certificates").replaceChildren(...found.map(certificateRow));
    element("empty").hidden = found.length > 0;
    if (!found.length) write(element("empty"), ["电子钥匙上没有证书。", "There is no certificate on the token."]);
  } catch (error) {
    showError(error);
  } finally {
    button.disabled = false;
  }
}

function showProgress({ state, waiting }) {
  const line = element("renew-state");
  line.hidden = false;
  line.dataset.state = state;
  line.dataset.waiting = waiting ?? "";
  const [chinese, english] = STATES[state] ?? [state, state];
  const [why, reason] = WAITING[waiting] ?? ["", ""];
  write(line, [why ? `${chinese} · ${why}` : chinese, reason ? `${english}: ${reason}` : english]);
}

async function runRenewal(thumbprint, button) {
  clearError();
  button.disabled = true;
  try {
    const result = await renew(thumbprint, { onprogress: showProgress });
    showProgress(result);
    if (result.state === "installed") await showCertificates();
  } catch (error) {
    showError(error);
  } finally {
    button.disabled = false;
  }
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", body: JSON.stringify(body) });
  return answer.json();
}

/** The challenge is the server's, and so is the word on who has logged in. */
async function logIn() {
  clearError();
  const button = element("login");
  button.disabled = true;
  element("visitor").hidden = true;
  try {
    const { nonce } = await post("challenge");
    const token = await login(nonce);
    const { organisation, refused } = await post("login", { nonce, token });
    const line = element("visitor");
    line.hidden = false;
    line.dataset.state = refused ? "refused" : "in";
    write(line, refused ? ["服务器拒绝了登录", refused] : [`已登录: ${organisation}`, "logged in"]);
  } catch (error) {
    showError(error);
  } finally {
    button.disabled = false;
  }
}

/** One question and one PIN for the statement and all documents; the server says who has signed. */
async function signAll() {
  clearError();
  const button = element("sign");
  const list = element("signed");
  button.disabled = true;
  list.replaceChildren();
  try {
    const documents = [element("text").value, ...element("files").files];
    const signatures = await sign(documents);
    for (const [index, document] of documents.entries()) {
      const content = await base64(new Blob([document]));
      const { signature } = signatures[index];
      const { organisation, refused } = await post("signed", { content, signature });
      const line = list.appendChild(window.document.createElement("li"));
      line.dataset.state = refused ? "refused" : "signed";
      const name = document.name ?? "声明";
      write(line, refused ? [`${name}: 签名无效`, refused] : [`${name}: ${organisation} 已签署`, "signed"]);
    }
  } catch (error) {
    showError(error);
  } finally {
    button.disabled = false;
  }
}

/** A blob's bytes, by the browser's own means. */
function base64(blob) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1] ?? "");
    reader.readAsDataURL(blob);
  });
}

element("login").addEventListener("click", logIn);
element("sign").addEventListener("click", signAll);
element("load").addEventListener("click", showCertificates);
showStatus();
