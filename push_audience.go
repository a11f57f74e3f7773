package rongcloud

// PushAudience says who gets a push of [PushService.Send]: [AudienceAll], [AudienceUsers], [AudienceTags] or
// [AudiencePackage].
type PushAudience interface{ pushAudience() }

// CustomPushAudience says who gets a push of [PushService.SendCustom]: [AudienceAll], [AudienceTags],
// [AudienceTagLogic] or [AudiencePackage].
type CustomPushAudience interface{ customPushAudience() }

// AudienceAll is everybody on the push's platforms.
type AudienceAll struct{}

// AudienceUsers are up to 1000 users, by ID and on whatever platform.
type AudienceUsers []string

// AudienceTags are the users with certain tags; see [UserTagService]. Of All and Any one may be left out.
type AudienceTags struct {
	All     []string // the user has all of these tags, at most 20
	Any     []string // the user has at least one of these tags, at most 20
	Package string   // the user has this app package too; does not matter if empty
}

// AudiencePackage is everybody who uses an app package, such as com.example.app. Web users are not reached.
type AudiencePackage string

// AudienceTagLogic are the users whom a list of conditions on their tags leaves. The conditions are worked off in order.
type AudienceTagLogic struct {
	Items   []TagCondition
	Package string // the user has this app package too; does not matter if empty
}

// TagCondition is one condition of an [AudienceTagLogic].
type TagCondition struct {
	Tags     []string
	Operator TagOperator // between the Tags; may be left out for a single one
	Not      bool        // turn the condition into its opposite
	Join     TagOperator // to the result of the conditions before; does not matter for the first
}

// TagOperator joins conditions.
type TagOperator string

// The operators between tags and between conditions.
const (
	TagAnd TagOperator = "AND"
	TagOr  TagOperator = "OR"
)

func (AudienceAll) pushAudience()     {}
func (AudienceUsers) pushAudience()   {}
func (AudienceTags) pushAudience()    {}
func (AudiencePackage) pushAudience() {}

func (AudienceAll) customPushAudience()      {}
func (AudienceTags) customPushAudience()     {}
func (AudienceTagLogic) customPushAudience() {}
func (AudiencePackage) customPushAudience()  {}

const (
	maxAudienceUsers = 1000
	maxAudienceTags  = 20
)

// audienceBody is an audience as a push carries it.
type audienceBody struct {
	Tags     []string      `json:"tag,omitempty"`
	TagsOr   []string      `json:"tag_or,omitempty"`
	TagItems []tagItemBody `json:"tagItems,omitempty"`
	UserIDs  []string      `json:"userid,omitempty"`
	Package  string        `json:"packageName,omitempty"`
	All      bool          `json:"is_to_all"`
}

type tagItemBody struct {
	Tags     []string    `json:"tags"`
	Not      bool        `json:"isNot"`
	Operator TagOperator `json:"tagsOperator"`
	Join     TagOperator `json:"itemsOperator"`
}

// audienceOf returns an audience, which is refused if it selects nobody.
func audienceOf(audience any) (body audienceBody, err error) {
	switch a := audience.(type) {
	case nil:
		err = refuse("audience", "is required")
	case AudienceAll:
		body.All = true
	case AudienceUsers:
		body.UserIDs = a
		if err = checkAudience("userid", a, maxAudienceUsers); err == nil && len(a) == 0 {
			err = refuse("audience", "userid is required: these are no users")
		}
	case AudienceTags:
		body.Tags, body.TagsOr, body.Package = a.All, a.Any, a.Package
		if err = checkAudience("tag", a.All, maxAudienceTags); err == nil {
			err = checkAudience("tag_or", a.Any, maxAudienceTags)
		}
		if err == nil && len(a.All)+len(a.Any) == 0 {
			err = refuse("audience", "tag or tag_or is required: these are no tags")
		}
	case AudiencePackage:
		body.Package = string(a)
		if a == "" {
			err = refuse("audience", "packageName is required")
		}
	case AudienceTagLogic:
		body.Package = a.Package
		body.TagItems, err = tagItems(a.Items)
	default: // a pointer, or a struct around one of the types
		err = refuse("audience", "is a %T, which is none of the types of audiences", audience)
	}
	return body, err
}

func checkAudience(key string, items []string, most int) error {
	if len(items) > most {
		return refuse("audience", "%s: %d items, at most %d are allowed", key, len(items), most)
	}
	for i, item := range items {
		if item == "" {
			return refuse("audience", "%s: item %d is empty", key, i+1)
		}
	}
	return nil
}

func tagItems(conditions []TagCondition) ([]tagItemBody, error) {
	if len(conditions) == 0 {
		return nil, refuse("audience", "tagItems is required: these are no conditions")
	}
	items := make([]tagItemBody, len(conditions))
	for i, c := range conditions {
		if c.Operator == "" && len(c.Tags) == 1 {
			c.Operator = TagAnd // between one tag and nothing
		}
		if c.Join == "" && i == 0 {
			c.Join = TagAnd // to nothing
		}
		switch {
		case len(c.Tags) == 0:
			return nil, refuse("audience", "tagItems: item %d has no tags", i+1)
		case c.Operator == "":
			return nil, refuse("audience", "tagItems: item %d lacks tagsOperator, between its tags", i+1)
		case c.Join == "":
			return nil, refuse("audience", "tagItems: item %d lacks itemsOperator, to the item before", i+1)
		}
		for _, tag := range c.Tags {
			if tag == "" {
				return nil, refuse("audience", "tagItems: item %d has an empty tag", i+1)
			}
		}
		items[i] = tagItemBody{c.Tags, c.Not, c.Operator, c.Join}
	}
	return items, nil
}
