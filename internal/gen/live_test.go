package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLiveTable(t *testing.T) {
	t.Parallel()
	text := genChanged(t, "status: current", `status: unconfirmed
    disputes: ["settled", "Unconfirmed: what a
      repeat answers", {about: "still unconfirmed"}]`)
	endpoints, err := load(genTree(t, map[string]string{"test.yaml": text}))
	require.NoError(t, err)
	made, err := liveTable(endpoints, []code{{Code: 1009, Remedy: "enable"}, {Code: 1000, Remedy: "wait"}})
	require.NoError(t, err)
	shapes, err := shapeTable(endpoints)
	require.NoError(t, err)
	require.Contains(t, string(shapes), `"POST /test/one.json": {{Name: "list", Type: "object list", Fields: []Field{{Name: "id", Type: "string"}}}},`)
	require.Contains(t, string(made), `var openPoints = []openPoint{
	{"/test/one.json", "the endpoint as a whole is unconfirmed"},
	{"/test/one.json", "Unconfirmed: what a repeat answers"},
	{"/test/one.json", "still unconfirmed"},
}`)
	require.Contains(t, string(made), "var serviceOff = map[int]bool{\n\t1009: true,\n}\n")
}
