package rongcloud

// PushOptions customizes the push notification of a message. Nil vendor settings leave the
// console's settings in place. The server ignores all of this in a message with DisablePush.
type PushOptions struct {
	Title            string // at most 50 characters; replaces the name of the sender or group
	TemplateID       string // a push template in the console, with title and text in the recipient's language
	ForceShowContent bool   // show the text even to recipients who hide it

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
	ChannelID  string         `json:"channelId,omitempty"`  // notification channel
	Importance PushImportance `json:"importance,omitempty"` // normal if empty
	ImageURL   string         `json:"image,omitempty"`      // https URL of an icon under 512 KB
	Category   string         `json:"category,omitempty"`   // Huawei's message category in upper case, such as IM
}

// HonorPush holds the settings for Honor devices.
type HonorPush struct {
	Importance PushImportance `json:"importance,omitempty"`
	ImageURL   string         `json:"image,omitempty"` // https URL of an icon under 512 KB; not shown with low importance
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
	Category       string             `json:"category,omitempty"` // second-level class, such as IM; must fit Classification
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
	ChannelID   string `json:"channelId,omitempty"`
	CollapseKey string `json:"collapse_key,omitempty"` // a notification replaces an earlier one with the same key
	ImageURL    string `json:"imageUrl,omitempty"`     // URL of an image up to 1 MB

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
	ThreadID          string            `json:"thread-id,omitempty"`        // groups notifications
	CollapseID        string            `json:"apns-collapse-id,omitempty"` // merges notifications with the same ID
	Category          string            `json:"category,omitempty"`         // the app's own kind of rich push; the object name of the message if empty
	RichMediaURL      string            `json:"richMediaUri,omitempty"`     // for a rich push; requires Category
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
