package dialect

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// Requests that can't be built.
var (
	errKey     = errors.New("the key holds a character that no header may")
	errNoID    = errors.New("the channel named no job to ask about")
	errNoToken = errors.New("orders bear no token in this protocol")
	errNoPlace = errors.New("the channel named neither a job nor the place of its clip")
)

// scheme is how a dialect shows its key.
type scheme struct {
	header, prefix string
	sign           func(t Target) (string, error) // what stands for the key; nil: the key itself
	signer         func(shown string) string      // the key that it stands for; "": none
}

var (
	bearer = scheme{header: "Authorization", prefix: "Bearer "}
	bare   = scheme{header: "Authorization"}
)

// show puts the key into a request's header.
func (s scheme) show(t Target, h http.Header) error {
	key := t.Key.Reveal()
	for _, c := range []byte(key) {
		if c < ' ' || c >= 0x7f {
			return errKey
		}
	}
	if key == "" {
		return nil
	}
	if s.sign != nil {
		var err error
		if key, err = s.sign(t); err != nil {
			return err
		}
	}
	h.Set(s.header, s.prefix+key)
	return nil
}

// shown is the key that a request shows.
func (s scheme) shown(h http.Header) string {
	key, found := strings.CutPrefix(h.Get(s.header), s.prefix)
	switch {
	case !found:
		return ""
	case s.signer != nil:
		return s.signer(key)
	}
	return key
}

// base is the channel's address.
func (t Target) base() (*url.URL, error) {
	u, err := url.Parse(t.BaseURL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		// The address isn't quoted: people paste keys into it.
		return nil, errors.New("base_url is no address such as https://api.example.com/v1")
	}
	return u, nil
}

// request builds a request to a place below the channel's address, with the key. Elements of the
// path are escaped.
func (t Target) request(s scheme, method string, body []byte, path ...string) (*http.Request, error) {
	base, err := t.base()
	if err != nil {
		return nil, err
	}
	for i := range path {
		path[i] = url.PathEscape(path[i])
	}
	return t.to(s, method, base.JoinPath(path...), body)
}

// to builds a request to the channel's own host, with the key. The key isn't quoted in errors.
func (t Target) to(s scheme, method string, u *url.URL, body []byte) (*http.Request, error) {
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	r, err := http.NewRequest(method, u.String(), content)
	if err != nil {
		return nil, err
	}
	// Without GetBody neither a redirect nor the transport can send an order twice.
	r.GetBody = nil
	r.Header.Set("Accept", "application/json")
	for name, value := range t.Headers {
		r.Header.Set(name, value)
	}
	if err := s.show(t, r.Header); err != nil {
		return nil, err
	}
	return r, nil
}

// poll asks about a job where the channel says, if that is its own host, else at {base}/videos/{id}.
func (t Target) poll(s scheme, j Job) (*http.Request, error) {
	if r, err := t.pollThere(s, j); r != nil || err != nil {
		return r, err
	}
	if j.ID == "" {
		return nil, errNoID
	}
	return t.request(s, http.MethodGet, nil, "videos", j.ID)
}

// pollThere asks about a job where the channel says; nil where it says nothing, or another host.
func (t Target) pollThere(s scheme, j Job) (*http.Request, error) {
	base, err := t.base()
	if err != nil || j.PollURL == "" {
		return nil, err
	}
	place, err := base.Parse(j.PollURL)
	if err != nil || !sameHost(base, place) {
		return nil, nil
	}
	return t.to(s, http.MethodGet, place, nil)
}

// fetch asks for a clip where the channel says, if that is an allowed host, else at
// {base}/videos/{id}/content. Only the channel's own host sees the key.
func (t Target) fetch(s scheme, j Job) (*http.Request, error) {
	r, err := t.fetchThere(s, j)
	if err == nil || j.ID == "" {
		return r, err
	}
	return t.clip(t.request(s, http.MethodGet, nil, "videos", j.ID, "content"))
}

// fetchThere asks for a clip where the channel says, if that is an allowed host.
func (t Target) fetchThere(s scheme, j Job) (*http.Request, error) {
	if j.ContentURL == "" {
		return nil, errNoPlace
	}
	place, own, err := t.download(j.ContentURL)
	switch {
	case err != nil:
		return nil, err
	case own:
		return t.clip(t.to(s, http.MethodGet, place, nil))
	}
	return t.clip(Target{}.to(bare, http.MethodGet, place, nil))
}

func (t Target) clip(r *http.Request, err error) (*http.Request, error) {
	if err == nil {
		r.Header.Set("Accept", "video/mp4, */*;q=0.5")
	}
	return r, err
}

// download is the address of a finished clip, if it may be fetched from there; own says that it is the channel's host.
func (t Target) download(place string) (u *url.URL, own bool, err error) {
	base, err := t.base()
	if err != nil {
		return nil, false, err
	}
	u, err = base.Parse(place)
	if err != nil || u.User != nil {
		return nil, false, errors.New("the clip's address is none")
	}
	if sameHost(base, u) {
		return u, true, nil
	}
	if t.Allows == nil {
		err = errors.New("clips are fetched from no host but the channel's own")
	} else {
		err = t.Allows(u)
	}
	if err != nil {
		return nil, false, fmt.Errorf("the clip is at %.100q, from where download_hosts doesn't let it be fetched: %w",
			u.Host, err)
	}
	return u, false, nil
}

// sameHost compares hosts with their ports, of which a scheme has its usual one.
func sameHost(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	usual := map[string]string{"https": "443", "http": "80"}
	return cmp.Or(u.Port(), usual[u.Scheme])
}

// field is one field of a form.
type field struct{ name, value string }

// form encodes fields as multipart/form-data. The boundary comes from the content, which therefore can't
// hold it, and the same order makes the same bytes.
func form(fields []field) (body []byte, contentType string) {
	sum := sha256.New()
	for _, f := range fields {
		fmt.Fprintf(sum, "%d:%s%d:%s", len(f.name), f.name, len(f.value), f.value)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	// Writing to memory and a boundary of hexadecimal digits can't fail.
	_ = w.SetBoundary(hex.EncodeToString(sum.Sum(nil)[:15]))
	for _, f := range fields {
		_ = w.WriteField(f.name, f.value)
	}
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}
