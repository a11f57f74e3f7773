package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/rongcloud-go/rongcloud"
)

// The program reads every variable that compose.yaml sets, and accepts its value. The documentation
// names every variable that the program reads.
func TestCompose(t *testing.T) {
	text, err := os.ReadFile("compose.yaml")
	require.NoError(t, err)
	var compose struct {
		Services map[string]struct {
			Environment map[string]string
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &compose))
	require.Len(t, compose.Services, 5)
	env := compose.Services["app1"].Environment
	require.NotEmpty(t, env)
	require.Equal(t, env, compose.Services["app2"].Environment)
	for name, value := range env {
		env[name] = regexp.MustCompile(`\$\{([A-Z_]+)(:\?|:-([^}]*))\}`).ReplaceAllStringFunc(value, func(text string) string {
			if _, otherwise, ok := strings.Cut(text, ":-"); ok {
				return strings.TrimSuffix(otherwise, "}")
			}
			return "giv/en@?"
		})
	}
	read := map[string]bool{}
	config, err := readConfig(func(name string) string {
		read[name] = true
		return env[name]
	})
	require.NoError(t, err)
	require.True(t, config.live)
	t.Setenv("PGPASSWORD", env["PGPASSWORD"])
	delete(env, "PGPASSWORD") // pgx reads it, not the program
	database, err := pgx.ParseConfig(config.database)
	require.NoError(t, err)
	require.Equal(t, []string{"postgres", "app", "app", "giv/en@?"},
		[]string{database.Host, database.User, database.Database, database.Password})
	require.Equal(t, "redis:6379", config.redis.Addr)
	require.NotEmpty(t, config.proxies, "without them, all users behind nginx share one login limit")
	for name := range env {
		require.True(t, read[name], "the program does not read %s", name)
		if strings.HasPrefix(name, "RONGCLOUD_") {
			t.Setenv(name, env[name])
		}
	}
	_, err = rongcloud.NewFromEnv()
	require.NoError(t, err)

	dockerfile, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	set := regexp.MustCompile(`(?m)^ENV ([A-Z_]+)=`).FindStringSubmatch(string(dockerfile))
	require.Len(t, set, 2)
	require.True(t, read[set[1]], set[1])
	for _, file := range []string{"../../docs/appserver.md", "../../docs/appserver_zh.md"} {
		page, err := os.ReadFile(file)
		require.NoError(t, err)
		for name := range read {
			require.Contains(t, string(page), "`"+name+"`", file)
		}
	}
}
