package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// veiled is an error with a text that is fit for logs. It can be asked what it is, but not for the
// error underneath, whose text may quote the server, which may quote the key.
type veiled struct {
	text string
	err  error
}

func (v *veiled) Error() string        { return v.text }
func (v *veiled) GoString() string     { return v.text }
func (v *veiled) Is(target error) bool { return errors.Is(v.err, target) }
func (v *veiled) As(target any) bool   { return errors.As(v.err, target) }

// maxText bounds the text of an error, in bytes.
const maxText = 300

// veil hides the text of an error behind a safe one.
func veil(r *http.Request, err error) error {
	text := reason(err)
	for _, s := range secrets(r) {
		text = strings.ReplaceAll(text, s, "***")
	}
	text = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, text)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return &veiled{text, err}
}

// quoted is what net/http quotes of what a server has said.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?`)

// reason is what an error says for people.
func reason(err error) string {
	var (
		refused  *guardError
		lookup   *net.DNSError
		host     x509.HostnameError
		signer   x509.UnknownAuthorityError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		protocol textproto.ProtocolError
	)
	switch {
	case errors.As(err, &refused):
		return refused.text
	case errors.Is(err, context.Canceled):
		return "stopped"
	case errors.As(err, &lookup):
		return "no address for " + lookup.Name + ": " + quoted.ReplaceAllString(lookup.Err, `"…"`)
	case errors.As(err, &host):
		return "the certificate is for another host than " + host.Host
	case errors.As(err, &signer):
		return "the certificate is signed by nobody whom this machine trusts"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate is out of date, or the clock here is wrong"
	case errors.As(err, &invalid):
		return "the certificate is not valid"
	case errors.As(err, &record):
		return "the server doesn't speak TLS"
	case errors.As(err, &protocol):
		return "the answer's header is not HTTP"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the answer broke off"
	case errors.Is(err, io.EOF):
		return "the connection was closed before an answer"
	}
	return quoted.ReplaceAllString(err.Error(), `"…"`)
}

// secrets are the texts of a request that no error may quote, the longest first.
func secrets(r *http.Request) []string {
	var list []string
	add := func(texts ...string) {
		for _, t := range texts {
			if len(t) >= 6 {
				list = append(list, t)
			}
		}
	}
	for _, values := range r.Header {
		for _, v := range values {
			add(v)
			add(strings.Fields(v)...)
		}
	}
	if r.URL != nil {
		add(r.URL.RawQuery)
		for _, values := range r.URL.Query() {
			add(values...)
		}
		password, _ := r.URL.User.Password()
		add(password, r.URL.User.Username())
	}
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	return list
}
