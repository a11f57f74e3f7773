package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud"
)

// secret is an App Secret. No formatting verb prints it.
type secret string

// Format hides the secret from every verb, even from those that do not call String.
func (secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "[redacted]") }

// profile is an App Key with its App Secret and the address of its API.
type profile struct {
	Name   string `json:"-"`
	Source string `json:"-"` // where the App Key comes from, in words

	AppKey     string   `json:"appKey"`
	AppSecret  secret   `json:"appSecret"`
	Region     string   `json:"region,omitempty"`
	APIURLs    []string `json:"apiUrls,omitempty"` // override those of the region
	Production bool     `json:"production,omitempty"`
}

// options returns the options of a client for the profile.
func (p profile) options() []rongcloud.Option {
	var opts []rongcloud.Option
	if p.Region != "" {
		opts = append(opts, rongcloud.WithRegion(rongcloud.Region(p.Region)))
	}
	if len(p.APIURLs) > 0 {
		opts = append(opts, rongcloud.WithBaseURL(p.APIURLs[0], p.APIURLs[1:]...))
	}
	return opts
}

// where returns the API addresses of the profile, or else its data centre.
func (p profile) where() string {
	if len(p.APIURLs) > 0 {
		return strings.Join(p.APIURLs, ", ")
	}
	return cmp.Or(strings.ToUpper(p.Region), string(rongcloud.RegionBeijing))
}

// profileFile is the content of the file that stores the profiles.
type profileFile struct {
	Current  string             `json:"current,omitempty"`
	Profiles map[string]profile `json:"profiles"`

	open string // its name if other users may read or write it, else ""
}

// The environment variables. The first four are the SDK's, with the same meaning.
const (
	envAppKey    = "RONGCLOUD_APP_KEY"
	envAppSecret = "RONGCLOUD_APP_SECRET" //nolint:gosec // the name of the variable
	envRegion    = "RONGCLOUD_REGION"
	envAPIURL    = "RONGCLOUD_API_URL"
	envProfile   = "RONGCLOUD_PROFILE"
	envConfig    = "RONGCLOUD_CONFIG"
)

// errNoPlace is returned if the user has no home directory to store profiles in.
var errNoPlace = errors.New("there is no place for profiles")

// profilePath returns the name of the file that stores the profiles.
func (a *app) profilePath() (string, error) {
	if name := a.env(envConfig); name != "" {
		return name, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("%w: %w; %s can name a file", errNoPlace, err, envConfig)
	}
	return filepath.Join(dir, "rongcloud", "profiles.json"), nil
}

func (a *app) loadProfiles() (*profileFile, error) {
	file := &profileFile{Profiles: map[string]profile{}}
	name, err := a.profilePath()
	if errors.Is(err, errNoPlace) {
		return file, nil
	}
	if err != nil {
		return nil, err
	}
	text, err := a.readProfiles(name)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) { // a home such as /dev/null
		return file, nil
	}
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(name); err == nil && runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		file.open = name
	}
	if len(bytes.TrimSpace(text)) == 0 { // a new file of mktemp, or /dev/null
		return file, nil
	}
	if err := json.Unmarshal(text, file); err != nil {
		return nil, &hintedError{fmt.Errorf("the profiles in %s cannot be read: %w", name, err), "correct the file, or remove it and log in again"}
	}
	if file.Profiles == nil {
		file.Profiles = map[string]profile{}
	}
	return file, nil
}

// readProfiles reads the file with the profiles, which may be a pipe from a password manager.
func (a *app) readProfiles(name string) ([]byte, error) {
	if a.piped != nil {
		return a.piped, nil
	}
	text, err := readNamed(a.ctx, name)
	var path *os.PathError
	if err != nil && !errors.As(err, &path) && !errors.Is(err, errInterrupted) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if info, stat := os.Stat(name); err == nil && stat == nil && !info.Mode().IsRegular() {
		a.piped = text
	}
	return text, err
}

// changeProfiles reads, changes and stores the profiles under a lock, so that processes do not
// overwrite each other's changes.
func (a *app) changeProfiles(ctx context.Context, change func(*profileFile) error) error {
	name, err := a.profilePath()
	if err != nil {
		return err
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target // replacing only the link would leave the secret in its target
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a rename would replace /dev/null
		return usagef("the profiles cannot be stored: %s is not a regular file", name)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("the profiles cannot be stored: %w", err)
	}
	unlock, err := waitForLock(ctx, name+".lock")
	if err != nil {
		return fmt.Errorf("the profiles cannot be stored: %w", err)
	}
	defer unlock()
	file, err := a.loadProfiles()
	if err != nil {
		return err
	}
	if err := change(file); err != nil {
		return err
	}
	if err := saveProfiles(name, file); err != nil {
		return fmt.Errorf("the profiles cannot be stored: %w", err)
	}
	return nil
}

// saveProfiles replaces the file with one that only its owner may read.
func saveProfiles(name string, file *profileFile) error {
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	next, err := os.CreateTemp(filepath.Dir(name), ".profiles-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = next.Write(append(text, '\n'))
	err = errors.Join(err, next.Close())
	if err == nil {
		err = os.Rename(next.Name(), name)
	}
	if err != nil {
		_ = os.Remove(next.Name())
	}
	return err
}

// profile returns the profile in use: the one named by --profile, else the App Key of the
// environment, else the one named by RONGCLOUD_PROFILE, else the current one in the file. The
// environment may override the region and the addresses of the last two.
func (a *app) profile() (profile, error) {
	ofEnv := a.profileName == "" && (a.env(envAppKey) != "" || a.env(envAppSecret) != "")
	file, err := a.loadProfiles()
	if ofEnv && errors.Is(err, os.ErrPermission) { // the App Key of the environment works without the file
		file, err = &profileFile{}, nil
	}
	if err != nil {
		return profile{}, err
	}
	if !ofEnv && file.open != "" {
		a.talk("Others can read the App Secrets in %s: chmod 600 %s", file.open, shellWord(file.open))
	}
	if a.profileName != "" {
		return file.named(a.profileName, "--profile")
	}
	if ofEnv {
		return a.profileOfEnv(file)
	}
	p := profile{}
	switch {
	case a.env(envProfile) != "":
		p, err = file.named(a.env(envProfile), envProfile)
	case file.Current != "":
		p, err = file.named(file.Current, "the profile in use")
	default:
		err = &hintedError{usagef("no App Key is known"), "rongcloud login stores one, or set " + envAppKey + " and " + envAppSecret}
	}
	if err != nil {
		return profile{}, err
	}
	a.placeFromEnv(&p)
	return p, nil
}

// profileOfEnv returns the App Key and App Secret of the environment, and never takes one of them
// from elsewhere. A key that is stored as a production key is one here, too.
func (a *app) profileOfEnv(file *profileFile) (profile, error) {
	p := profile{Source: "the environment", AppKey: a.env(envAppKey), AppSecret: secret(a.env(envAppSecret))}
	for name, value := range map[string]string{envAppKey: p.AppKey, envAppSecret: string(p.AppSecret)} {
		if value == "" {
			return profile{}, usagef("%s is empty: the environment gives App Key and App Secret together, or neither", name)
		}
	}
	for _, stored := range file.Profiles {
		p.Production = p.Production || stored.Production && stored.AppKey == p.AppKey
	}
	a.placeFromEnv(&p)
	return p, nil
}

// placeFromEnv lets the environment override the region and the API addresses.
func (a *app) placeFromEnv(p *profile) {
	if region := a.env(envRegion); region != "" {
		p.Region, p.APIURLs = region, nil
	}
	if urls := a.env(envAPIURL); urls != "" {
		p.APIURLs = strings.Split(urls, ",")
	}
}

func (f *profileFile) named(name, by string) (profile, error) {
	p, ok := f.Profiles[name]
	if !ok {
		return profile{}, usagef("%s: there is no profile %q%s", by, name, f.known())
	}
	p.Name, p.Source = name, "profile "+name
	return p, nil
}

func (f *profileFile) names() []string { return slices.Sorted(maps.Keys(f.Profiles)) }

func (f *profileFile) known() string {
	if len(f.Profiles) == 0 {
		return "; rongcloud login makes one"
	}
	return "; " + thereAre(f.names())
}

func (a *app) completeProfiles(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	file, err := a.loadProfiles()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return file.names(), cobra.ShellCompDirectiveNoFileComp
}
