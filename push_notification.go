package rongcloud

import "fmt"

// PushNotification is what a push of [PushService.Send] shows.
type PushNotification struct {
	Title string // at most 50 characters
	Text  string // may be omitted only if both IOSText and AndroidText are set

	// Texts that devices of one system show instead of Title and Text.
	IOSTitle      string
	IOSText       string
	AndroidText   string
	HarmonyOSText string

	ForceShowContent bool // show the text even to recipients who hide it

	// Settings for individual systems; nil ones leave the console's settings in place.
	IOS       *IOSPushSettings
	Android   *AndroidPushSettings
	HarmonyOS *HarmonyOSPushSettings
}

// UserPushNotification is what a push of [PushService.SendToUsers] shows.
type UserPushNotification struct {
	Title         string // at most 50 characters
	Text          string // required
	HarmonyOSText string // instead of Text on HarmonyOS

	// Settings for individual systems; nil ones leave the console's settings in place.
	IOS       *IOSPushSettings
	Android   *AndroidPushSettings
	HarmonyOS *HarmonyOSPushSettings
}

// CustomPushNotification is what a push of [PushService.SendCustom] shows.
type CustomPushNotification struct {
	Title         string // at most 50 characters
	Text          string // required
	IOSTitle      string // instead of Title on iOS
	HarmonyOSText string // instead of Text on HarmonyOS

	// Settings for individual systems; nil ones leave the console's settings in place.
	IOS       *IOSPushSettings
	Android   *AndroidPushSettings
	HarmonyOS *HarmonyOSPushSettings
}

// IOSPushSettings holds a push's settings for Apple devices.
type IOSPushSettings struct {
	// Whether to wake the app silently.
	ContentAvailable bool `json:"-"`
	// The badge, up to 9999; 0 clears it, nil keeps the current one.
	Badge *int `json:"badge,omitempty"`
	// Groups notifications with the same ID.
	ThreadID string `json:"thread-id,omitempty"`
	// Merges notifications with the same ID.
	CollapseID string `json:"apns-collapse-id,omitempty"`
	// The app's own kind of rich push; lets the app change the content.
	Category string `json:"category,omitempty"`
	// For a rich push; requires Category.
	RichMediaURL string `json:"richMediaUri,omitempty"`
	// For iOS 15 and later; active if empty.
	InterruptionLevel InterruptionLevel `json:"interruption-level,omitempty"`
	// The app's own data.
	Extras map[string]any `json:"extras,omitempty"`
}

// AndroidPushSettings holds a push's settings for Android devices, by the vendor of their push
// service.
type AndroidPushSettings struct {
	Huawei *HuaweiPush       `json:"hw,omitempty"`
	Honor  *HonorPush        `json:"honor,omitempty"`
	Xiaomi *XiaomiPush       `json:"mi,omitempty"`
	OPPO   *OPPOPushSettings `json:"oppo,omitempty"`
	VIVO   *VIVOPush         `json:"vivo,omitempty"`
	FCM    *FCMPush          `json:"fcm,omitempty"`
	Extras map[string]any    `json:"extras,omitempty"` // the app's own data
}

// OPPOPushSettings holds the settings for OPPO devices. Those for a message's push, [OPPOPush], are
// a subset.
type OPPOPushSettings struct {
	ChannelID   string          `json:"channelId,omitempty"`
	Category    string          `json:"category,omitempty"` // required with NotifyLevel
	NotifyLevel OPPONotifyLevel `json:"notify_level,omitempty"`
}

// OPPONotifyLevel says where an OPPO device shows a notification.
type OPPONotifyLevel int

// OPPO's notification levels.
const (
	OPPONotifyBar        OPPONotifyLevel = 1
	OPPONotifyLockScreen OPPONotifyLevel = 2  // in the notification bar too
	OPPONotifyBanner     OPPONotifyLevel = 16 // in all places, with vibration and sound
)

// String returns the level in words.
func (l OPPONotifyLevel) String() string {
	switch l {
	case OPPONotifyBar:
		return "bar"
	case OPPONotifyLockScreen:
		return "bar and lock screen"
	case OPPONotifyBanner:
		return "bar, lock screen and banner"
	}
	return fmt.Sprintf("OPPONotifyLevel(%d)", int(l))
}

// HarmonyOSPushSettings holds a push's settings for HarmonyOS devices.
type HarmonyOSPushSettings struct {
	HarmonyOS *HarmonyOSPush `json:"ohos,omitempty"`
	Extras    map[string]any `json:"extras,omitempty"` // the app's own data
}

// notificationBody is a notification as encoded in all three kinds of pushes.
type notificationBody struct {
	Title       string         `json:"title,omitempty"`
	Alert       string         `json:"alert,omitempty"`
	PushContent string         `json:"pushContent,omitempty"`
	ForceShow   int            `json:"forceShowPushContent,omitempty"`
	IOS         *iosBody       `json:"ios,omitempty"`
	Android     *androidBody   `json:"android,omitempty"`
	HarmonyOS   *harmonyOSBody `json:"harmonyOS,omitempty"`
}

type iosBody struct {
	Title            string `json:"title,omitempty"`
	Alert            string `json:"alert,omitempty"`
	ContentAvailable int    `json:"contentAvailable,omitempty"`
	*IOSPushSettings
}

type androidBody struct {
	Alert string `json:"alert,omitempty"`
	*AndroidPushSettings
}

type harmonyOSBody struct {
	Alert string `json:"alert,omitempty"`
	*HarmonyOSPushSettings
}

func (n *PushNotification) body() (notificationBody, error) {
	if n.Text == "" && (n.IOSText == "" || n.AndroidText == "") {
		return notificationBody{}, refuseWire("notification", "Text is required, unless IOSText and AndroidText are set")
	}
	return n.unchecked(), nil
}

func (n *UserPushNotification) body() (notificationBody, error) {
	if n.Text == "" {
		return notificationBody{}, refuseWire("notification", "Text is required")
	}
	all := PushNotification{Title: n.Title, HarmonyOSText: n.HarmonyOSText, IOS: n.IOS, Android: n.Android, HarmonyOS: n.HarmonyOS}
	body := all.unchecked()
	body.PushContent = n.Text
	return body, nil
}

func (n *CustomPushNotification) body() (notificationBody, error) {
	if n.Text == "" {
		return notificationBody{}, refuseWire("notification", "Text is required")
	}
	all := PushNotification{
		Title: n.Title, Text: n.Text, IOSTitle: n.IOSTitle, HarmonyOSText: n.HarmonyOSText,
		IOS: n.IOS, Android: n.Android, HarmonyOS: n.HarmonyOS,
	}
	return all.unchecked(), nil
}

func (n *PushNotification) unchecked() notificationBody {
	body := notificationBody{Title: n.Title, Alert: n.Text}
	if n.ForceShowContent {
		body.ForceShow = 1
	}
	if n.IOS != nil || n.IOSTitle != "" || n.IOSText != "" {
		body.IOS = &iosBody{Title: n.IOSTitle, Alert: n.IOSText, IOSPushSettings: n.IOS}
		if n.IOS != nil && n.IOS.ContentAvailable {
			body.IOS.ContentAvailable = 1
		}
	}
	if n.Android != nil || n.AndroidText != "" {
		body.Android = &androidBody{n.AndroidText, n.Android}
	}
	if n.HarmonyOS != nil || n.HarmonyOSText != "" {
		body.HarmonyOS = &harmonyOSBody{n.HarmonyOSText, n.HarmonyOS}
	}
	return body
}
