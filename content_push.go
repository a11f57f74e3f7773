package rongcloud

// PushOptions customizes the push notification of a message. Nil vendor settings leave the
// console's settings in place. The server ignores all of this in a message with DisablePush.
type PushOptions struct {
	// At most 50 characters; replaces the name of the sender or group.
	Title string
	// A push template in the console, with title and text in the recipient's language.
	TemplateID string
	// Whether to show the text even to recipients who hide it.
	ForceShowContent bool

	// NotificationID is the ID of the notification on Android: a notification replaces an earlier
	// one with the same ID. It is RongCloud's pushId, which RongCloud's web client sends but no
	// page of the Server API mentions.
	NotificationID string

	Huawei    *HuaweiPush
	Honor     *HonorPush
	Xiaomi    *XiaomiPush
	OPPO      *OPPOPush
	VIVO      *VIVOPush
	FCM       *FCMPush
	APNs      *APNsPush
	HarmonyOS *HarmonyOSPush
}

// PushImportance is how much a notification may disturb the user.
type PushImportance string

// The importance levels of Huawei and Honor.
const (
	PushImportanceNormal PushImportance = "NORMAL"
	PushImportanceLow    PushImportance = "LOW"
)

// HuaweiPush holds the settings for Huawei devices.
type HuaweiPush struct {
	// The notification channel.
	ChannelID string `json:"channelId,omitempty"`
	// PushImportanceNormal if empty.
	Importance PushImportance `json:"importance,omitempty"`
	// An https URL of an icon under 512 KB.
	ImageURL string `json:"image,omitempty"`
	// Huawei's message category in upper case, such as IM.
	Category string `json:"category,omitempty"`
}

// HonorPush holds the settings for Honor devices.
type HonorPush struct {
	Importance PushImportance `json:"importance,omitempty"`
	// An https URL of an icon under 512 KB; not shown with low importance.
	ImageURL string `json:"image,omitempty"`
}

// XiaomiPush holds the settings for Xiaomi devices.
type XiaomiPush struct {
	ChannelID string `json:"channelId,omitempty"`
}

// OPPOPush holds the settings for OPPO devices.
type OPPOPush struct {
	ChannelID string `json:"channelId,omitempty"`
}

// VIVOClassification is the kind of a vivo notification.
type VIVOClassification string

// The classifications of vivo.
const (
	VIVOClassificationOperational VIVOClassification = "0"
	VIVOClassificationSystem      VIVOClassification = "1"
)

// VIVOPush holds the settings for vivo devices.
type VIVOPush struct {
	Classification VIVOClassification `json:"classification,omitempty"`
	// Second-level class, such as IM; must fit Classification.
	Category string `json:"category,omitempty"`
}

// FCMPriority says how soon Google's Firebase Cloud Messaging delivers a push.
type FCMPriority string

// The priorities of Firebase Cloud Messaging.
const (
	FCMPriorityHigh   FCMPriority = "high"   // at once, waking the device
	FCMPriorityNormal FCMPriority = "normal" // may wait while the device sleeps
)

// FCMPush holds the settings for Google's Firebase Cloud Messaging.
type FCMPush struct {
	ChannelID string `json:"channelId,omitempty"`
	// A notification replaces an earlier one with the same key.
	CollapseKey string `json:"collapse_key,omitempty"`
	// URL of an image up to 1 MB.
	ImageURL string `json:"imageUrl,omitempty"`

	// Priority is sent by RongCloud's web client with a message. No page of the Server API mentions
	// it, and no source has it for a push without a message.
	Priority FCMPriority `json:"priority,omitempty"`
}

// InterruptionLevel is how much an Apple notification may disturb the user.
type InterruptionLevel string

// Apple's interruption levels.
const (
	InterruptionPassive       InterruptionLevel = "passive"
	InterruptionActive        InterruptionLevel = "active"
	InterruptionTimeSensitive InterruptionLevel = "time-sensitive"
	InterruptionCritical      InterruptionLevel = "critical"
)

// APNsPush holds the settings for Apple devices.
type APNsPush struct {
	// Groups notifications with the same ID.
	ThreadID string `json:"thread-id,omitempty"`
	// Merges notifications with the same ID.
	CollapseID string `json:"apns-collapse-id,omitempty"`
	// The app's own kind of rich push; the object name of the message if empty.
	Category string `json:"category,omitempty"`
	// For a rich push; requires Category.
	RichMediaURL      string            `json:"richMediaUri,omitempty"`
	InterruptionLevel InterruptionLevel `json:"interruption-level,omitempty"`
}

// HarmonyOSPush holds the settings for HarmonyOS devices.
type HarmonyOSPush struct {
	Category string `json:"category,omitempty"`
	ImageURL string `json:"image,omitempty"` // https URL of an image below 25,000 pixels
}

// MarshalJSON returns the settings as messages carry them: a list with an object for each vendor
// that has any.
func (p PushOptions) MarshalJSON() ([]byte, error) {
	wire := struct {
		Title       string           `json:"title,omitempty"`
		TemplateID  string           `json:"templateId,omitempty"`
		ForceShow   int              `json:"forceShowPushContent,omitempty"`
		PushID      string           `json:"pushId,omitempty"`
		PushConfigs []map[string]any `json:"pushConfigs,omitempty"`
	}{Title: p.Title, TemplateID: p.TemplateID, PushID: p.NotificationID}
	if p.ForceShowContent {
		wire.ForceShow = 1
	}
	add := func(vendor string, settings any, present bool) {
		if present {
			wire.PushConfigs = append(wire.PushConfigs, map[string]any{vendor: settings})
		}
	}
	add("HW", p.Huawei, p.Huawei != nil)
	add("HONOR", p.Honor, p.Honor != nil)
	add("MI", p.Xiaomi, p.Xiaomi != nil)
	add("OPPO", p.OPPO, p.OPPO != nil)
	add("VIVO", p.VIVO, p.VIVO != nil)
	add("FCM", p.FCM, p.FCM != nil)
	add("APNs", p.APNs, p.APNs != nil)
	add("OHOS", p.HarmonyOS, p.HarmonyOS != nil)
	return plainJSON.Marshal(wire)
}
