package rongcloud

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type order struct {
	Number int `json:"number"`
}

func (order) ObjectName() string { return "app:order" }

type voucher struct {
	Code string `json:"code"`
}

func (*voucher) ObjectName() string { return "app:voucher" }

type named struct{ Name string }

func (n named) ObjectName() string { return n.Name }

func TestContentAs(t *testing.T) {
	t.Parallel()
	hello := TextMessage{Content: "hello"}
	for _, content := range []MessageContent{
		hello, &hello, RawContent{"RC:TxtMsg", `{"content":"hello"}`}, &RawContent{"RC:TxtMsg", `{"content":"hello"}`},
	} {
		value, err := ContentAs[TextMessage](content)
		require.NoError(t, err)
		require.Equal(t, hello, value)
		pointer, err := ContentAs[*TextMessage](content)
		require.NoError(t, err)
		require.Equal(t, &hello, pointer)
		_, err = ContentAs[ImageMessage](content)
		require.ErrorIs(t, err, ErrOtherType)
		require.NotErrorIs(t, err, ErrUndecodable)
		same, err := ContentAs[MessageContent](content)
		require.NoError(t, err)
		require.Equal(t, content, same)
	}

	o, err := ContentAs[order](RawContent{"app:order", `{"number":7}`})
	require.NoError(t, err)
	require.Equal(t, order{7}, o)
	v, err := ContentAs[*voucher](RawContent{"app:voucher", `{"code":"x"}`})
	require.NoError(t, err)
	require.Equal(t, &voucher{"x"}, v)
	raw, err := ContentAs[RawContent](RawContent{"app:order", "x"})
	require.NoError(t, err)
	require.Equal(t, RawContent{"app:order", "x"}, raw)
	lenient, err := ContentAs[FileMessage](RawContent{"RC:FileMsg", `{"name":"a","size":"12"}`})
	require.NoError(t, err)
	require.Equal(t, int64(12), lenient.Size, "read as DecodeContent does")

	for _, content := range []MessageContent{nil, (*TextMessage)(nil), (*RawContent)(nil), named{"app:order"}, RawContent{}, RawContent{Name: "app:other"}} {
		_, err := ContentAs[order](content)
		require.ErrorIs(t, err, ErrOtherType)
	}
	_, err = ContentAs[named](RawContent{})
	require.ErrorIs(t, err, ErrOtherType, "a type without a fixed name")

	for _, body := range []string{"", "x", "null", `{"number":"casino"}`, `[1]`, `{"number":1}x`} {
		_, err := ContentAs[order](RawContent{"app:order", body})
		require.ErrorIs(t, err, ErrUndecodable, body)
		require.NotErrorIs(t, err, ErrOtherType)
		require.NotContains(t, err.Error(), "casino", "no error quotes a body")
	}
	broken, err := DecodeContent("RC:TxtMsg", []byte(`casino`))
	require.ErrorIs(t, err, ErrUndecodable)
	require.NotContains(t, err.Error(), "casino")
	_, err = ContentAs[TextMessage](broken)
	require.ErrorIs(t, err, ErrUndecodable, "a body that DecodeContent has handed back")
}

func TestContentBehindByteOrderMark(t *testing.T) {
	t.Parallel()
	content, err := DecodeContent("RC:TxtMsg", []byte("\ufeff{\"content\":\"hi\"}"))
	require.NoError(t, err)
	require.Equal(t, TextMessage{Content: "hi"}, content)
	text, err := ContentAs[TextMessage](RawContent{"RC:TxtMsg", "\ufeff{\"content\":\"hi\"}"})
	require.NoError(t, err)
	require.Equal(t, TextMessage{Content: "hi"}, text)
	own, err := ContentAs[contentOfApp](RawContent{"app:own", "\ufeff{\"a\":\"hi\"}"})
	require.NoError(t, err)
	require.Equal(t, contentOfApp{A: "hi"}, own)
	for _, body := range []string{"\ufeffnull", "\ufeff", "\ufeffhi"} {
		content, err := DecodeContent("RC:TxtMsg", []byte(body))
		require.ErrorIs(t, err, ErrUndecodable)
		require.Equal(t, RawContent{"RC:TxtMsg", body}, content, "what cannot be read stays as it came")
		_, err = ContentAs[contentOfApp](RawContent{"app:own", body})
		require.ErrorIs(t, err, ErrUndecodable)
	}
}
