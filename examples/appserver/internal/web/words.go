package web

import (
	"cmp"
	"net/http"
	"strings"
)

// words are the texts of a language by their keys.
type words map[string]string

// Get returns a text, or the key where there is none.
func (w words) Get(key string) string { return cmp.Or(w[key], key) }

// wordsFor returns the language that somebody has chosen, or that their browser asks for.
func wordsFor(r *http.Request) words {
	if found := texts[r.FormValue("lang")]; found != nil {
		return found
	}
	if c, err := r.Cookie("lang"); err == nil && texts[c.Value] != nil {
		return texts[c.Value]
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "zh") {
		return texts["zh"]
	}
	return texts["en"]
}

var texts = map[string]words{"en": pairs(0), "zh": pairs(1)}

func pairs(language int) words {
	found := words{"lang": []string{"en", "zh"}[language], "otherLang": []string{"zh", "en"}[language]}
	for key, both := range both {
		found[key] = both[language]
	}
	return found
}

var both = map[string][2]string{
	"title":          {"Chat", "聊天"},
	"other":          {"中文", "English"},
	"name":           {"Name", "用户名"},
	"password":       {"Password", "密码"},
	"login":          {"Log in", "登录"},
	"signup":         {"Sign up", "注册"},
	"logout":         {"Log out", "退出"},
	"nameHint":       {"2 to 32 of a–z, 0–9 and _", "2 到 32 位：a–z、0–9 或 _"},
	"passwordHint":   {"at least 8 characters", "至少 8 个字符"},
	"newHere":        {"New here? Choose a name and a password, and sign up.", "新用户？填写用户名和密码后注册。"},
	"demo":           {"This is a demonstration with a RongCloud of its own. Try ann, ben or olga (who is the operator); the password of each is demo-demo.", "这是内置模拟融云的演示。可用 ann、ben 或 olga（运营）登录，密码均为 demo-demo。"},
	"live":           {"Client apps write here; this page only reads.", "消息由客户端 App 发送，此页面只读。"},
	"chats":          {"Chats", "会话"},
	"contacts":       {"Contacts", "联系人"},
	"find":           {"Find people", "查找用户"},
	"noChats":        {"No chats yet. Find somebody and invite them.", "还没有会话。先查找并邀请好友。"},
	"noContacts":     {"No contacts yet. Find somebody and invite them.", "还没有联系人。先查找并邀请好友。"},
	"choose":         {"Choose a chat", "请选择会话"},
	"write":          {"Write a message", "输入消息"},
	"send":           {"Send", "发送"},
	"back":           {"Back", "返回"},
	"online":         {"online", "在线"},
	"offline":        {"offline", "离线"},
	"members":        {"members", "成员"},
	"invite":         {"Invite", "添加好友"},
	"accept":         {"Accept", "同意"},
	"refuse":         {"Refuse", "拒绝"},
	"waiting":        {"waiting for an answer", "等待对方同意"},
	"asks":           {"asks to be your friend", "请求加你为好友"},
	"unfriend":       {"Remove friend", "删除好友"},
	"block":          {"Block", "拉黑"},
	"unblock":        {"Unblock", "取消拉黑"},
	"isBlocked":      {"blocked", "已拉黑"},
	"newGroup":       {"New group", "新建群组"},
	"groupName":      {"Name of the group", "群名称"},
	"create":         {"Create", "创建"},
	"cancel":         {"Cancel", "取消"},
	"addMember":      {"Add", "添加"},
	"removeMember":   {"Remove", "移除"},
	"quit":           {"Leave the group", "退出群组"},
	"dismiss":        {"Dismiss the group", "解散群组"},
	"details":        {"Details", "详情"},
	"recall":         {"Recall", "撤回"},
	"report":         {"Report", "举报"},
	"reportWhy":      {"What is wrong with this message?", "这条消息有什么问题？"},
	"reported":       {"Reported. An operator will look at it.", "已举报，运营人员会处理。"},
	"recalled":       {"This message was recalled.", "消息已撤回"},
	"notSent":        {"Not delivered:", "未送达："},
	"older":          {"Older messages", "更早的消息"},
	"unreadCount":    {"unread", "条未读"},
	"reconnecting":   {"The connection is lost. Trying again…", "连接已断开，正在重试…"},
	"system":         {"System", "系统"},
	"unreadable":     {"(cannot be shown)", "（无法显示）"},
	"operator":       {"Operator", "运营"},
	"toChat":         {"Back to the chat", "返回聊天"},
	"outbox":         {"Outbox", "发件箱"},
	"outboxHint":     {"What the app has decided and RongCloud must learn.", "应用已决定、需要同步给融云的操作。"},
	"oldest":         {"The oldest one waits for", "最早一条已等待"},
	"parked":         {"Parked: was it delivered?", "搁置：是否已送达？"},
	"parkedHint":     {"Nobody knows how these ended, and a repeat could arrive twice. Look in RongCloud's console or ask the recipient, then decide.", "结果未知，重发可能重复送达。请在融云控制台或向收件人核实后再决定。"},
	"noParked":       {"Nothing is parked.", "没有搁置的操作。"},
	"refusedJobs":    {"Refused by RongCloud", "被融云拒绝"},
	"noRefused":      {"Nothing was refused.", "没有被拒绝的操作。"},
	"wasDone":        {"It was delivered", "已送达"},
	"again":          {"Try again", "重试"},
	"sendAgain":      {"Send again", "重新发送"},
	"drop":           {"Give up", "放弃"},
	"reports":        {"Reports", "举报"},
	"noReports":      {"No open reports.", "没有待处理的举报。"},
	"uphold":         {"Recall, and block for an hour", "撤回并封禁一小时"},
	"leave":          {"Leave it", "忽略"},
	"by":             {"reported by", "举报人"},
	"moderation":     {"RongCloud's moderation", "融云内容审核"},
	"announce":       {"Announce to everybody", "向所有人发送公告"},
	"announced":      {"It is in the outbox.", "已放入发件箱。"},
	"metrics":        {"Metrics", "指标"},
	"state.waiting":  {"waiting", "等待"},
	"state.begun":    {"under way", "进行中"},
	"state.done":     {"done", "完成"},
	"state.parked":   {"parked", "搁置"},
	"state.refused":  {"refused", "被拒绝"},
	"state.dropped":  {"given up", "已放弃"},
	"error.name":     {"This name cannot be used.", "名称不可用。"},
	"error.password": {"The password needs 8 characters or more.", "密码至少 8 个字符。"},
	"error.taken":    {"This name is taken.", "用户名已被占用。"},
	"error.login":    {"Name or password is wrong.", "用户名或密码错误。"},
	"error.tooOften": {"Too many tries. Wait a quarter of an hour.", "尝试次数过多，请 15 分钟后再试。"},
	"error.blocked":  {"This account is blocked for now.", "账号已被暂时封禁。"},

	"error.notAllowed":      {"This is not allowed.", "不允许此操作。"},
	"error.notFound":        {"It is not there.", "不存在。"},
	"error.overtaken":       {"Later decisions have overtaken this one.", "已被之后的操作取代。"},
	"error.body":            {"The request cannot be read.", "请求无法解析。"},
	"error.session":         {"Please log in again.", "请重新登录。"},
	"error.internal":        {"Something went wrong here. Please try again.", "服务器出错，请重试。"},
	"error.live":            {"Messages are sent by the client app.", "消息需由客户端 App 发送。"},
	"error.offline":         {"You are offline.", "你已离线。"},
	"error.rejected":        {"The message is not accepted.", "消息未被接收。"},
	"moderation.word":       {"a word in it is not allowed here", "包含不允许的词语"},
	"moderation.tooFast":    {"you write too fast", "发送过于频繁"},
	"moderation.unreadable": {"the message cannot be read", "消息无法解析"},
	"Please try again.":     {"please try again", "请重试"},
}
