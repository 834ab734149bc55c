package clients

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"channelbench/bench/dialect"
	"channelbench/bench/film"
	"channelbench/bench/mockchannel"
	"channelbench/internal/channel"
	"channelbench/internal/scenario"
)

// told is what a client says of an order that came to nothing: the error's class, HTTP's status where the error has
// one, and words of its text or of what it keeps of the answer.
type told struct {
	class  string
	status int
	says   string
}

// trouble is what clients meet in one market, and what they tell of it, in the order of vendors.
var trouble = []struct {
	name   string
	errors string // of the scenario's channels; "": none
	told   []told // nil: nothing
}{
	{"all is well", "", nil},
	{"region", `region = { rate = "100%" }`, []told{
		{"BadRequestError", 400, "unsupported_country_code"},
		{"ApiError", 403, "not available in your country"},
		{"APICallError", 403, "unsupported_country_code"},
		{"BadRequestError", 400, "User location is not supported for the API use."},
		{"ApiError", 400, "User location is not supported for the API use."},
		{"ApiError", 400, "not available in your country"},
		{"BadRequestError", 400, "not available in your country"},
	}},
	{"moderation", `moderation = { rate = "100%" }`, []told{
		{"BadRequestError", 400, "moderation_blocked"},
		{"ValidationError", 422, "content_policy_violation"},
		{"APICallError", 400, "InputTextSensitiveContentDetected"},
		{"BadRequestError", 400, "blocked for safety reasons"},
		{"ApiError", 400, "PROHIBITED_CONTENT"},
		{"ApiError", 400, "blocked by our moderation system"},
		{"BadRequestError", 400, "blocked by our moderation system"},
	}},
	{"failed job", `job = { rate = "100%" }`, []told{
		{"Error", 0, "could not be generated"},
		{"ApiError", 500, "could not be generated"},
		{"_AISDKError", 0, `"status":"failed"`}, // it leaves out why
		{"Error", 0, "failed"},
		{"Error", 0, "could not be generated"},
		{"Error", 0, "could not be generated"},
		{"TaskFailedError", 0, "INTERNAL.BAD_OUTPUT"},
	}},
}

// limited is what they tell, at last, of a channel that always says 429.
var limited = []told{
	{"RateLimitError", 429, "rate_limit_exceeded"},
	{"ApiError", 429, "Too Many Requests"},
	{"APICallError", 429, "ModelAccountRpmRateLimitExceeded"},
	{"RateLimitError", 429, "quota"},
	{"ApiError", 429, "RESOURCE_EXHAUSTED"},
	{"ApiError", 429, "throttled"},
	{"RateLimitError", 429, "limit"},
}

// market is what `channelbench serve` serves: a channel for each vendor's client, all with the same trouble.
func market(t *testing.T, errors string) *mockchannel.Loopback {
	t.Helper()
	var text, steps strings.Builder
	text.WriteString("[workload]\norders_per_month = 1000\n" +
		"videos = [{ name = \"clip\", share = \"100%\", seconds = 8, resolution = \"720p\" }]\n")
	for i, v := range vendors {
		fmt.Fprintf(&text, "[channels.c%d]\nkind = \"direct\"\nprotocol = %q\nmodel = %q\nerrors = { %s }\n"+
			"price = { per_second = \"$0.10\" }\nlatency = { shape = \"constant\", base = \"30s\" }\n",
			i, v.protocol, v.model, errors)
		fmt.Fprintf(&steps, "{ channel = \"c%d\", attempts = 1 },", i)
	}
	fmt.Fprintf(&text, "[strategies.all]\nsteps = [%s]\n", steps.String())
	s, _, err := scenario.Load("market.toml", []byte(text.String()), scenario.Options{})
	if err != nil {
		t.Fatal(err)
	}
	channels, err := mockchannel.Listen(s, mockchannel.Options{Speed: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = channels.Close() })
	return channels
}

// TestVendorsClients is the vendors' own clients at our mock channels. Where all is well each orders a clip once, asks
// for it until it is made, and fetches all of it; else its user is told what went wrong.
func TestVendorsClients(t *testing.T) {
	t.Parallel()
	var errands []errand
	var markets []*mockchannel.Loopback
	for _, m := range trouble {
		channels := market(t, m.errors)
		markets = append(markets, channels)
		for i, v := range vendors {
			base := strings.TrimSuffix(channels.URLs[fmt.Sprintf("c%d", i)], "/v1")
			errands = append(errands, errand{v.client, base, v.model})
		}
	}
	here := newStreet(t)
	for _, v := range vendors {
		busy := &closed{refusal: dialect.Refusal{Reason: channel.RateLimited}}
		errands = append(errands, errand{v.client, here.house(t, v.protocol, busy, 0), v.model})
	}

	all := orders(t, errands)
	n := len(vendors)
	for m, channels := range markets {
		for i, book := range channels.Books() {
			what, got := trouble[m].name+", "+vendors[i].client, all[m*n+i]
			if book.Submits != 1 {
				t.Errorf("%s: %v", what, &book)
			}
			if trouble[m].told != nil {
				trouble[m].told[i].check(t, what, got)
				continue
			}
			if book.Made != 1 || book.Fetched != 1 || got.Error != nil {
				t.Errorf("%s: %v, and %+v", what, &book, got.Error)
				continue
			}
			footage, err := film.Read(bytes.NewReader(got.Clip), 1<<20)
			if err != nil || footage.Unusable(channel.Clip{Seconds: 8, Resolution: "720p", Aspect: "16:9"}) != "" {
				t.Errorf("%s: got %+v, %v", what, footage, err)
			}
		}
	}
	for i, want := range limited {
		want.check(t, "rate limit, "+vendors[i].client, all[len(markets)*n+i])
	}
}

// check says whether a client's user was told so.
func (want told) check(t *testing.T, what string, got received) {
	t.Helper()
	e := got.Error
	if e == nil || e.Name != want.class || e.Status != want.status || !strings.Contains(e.Message+e.Body, want.says) {
		t.Errorf("%s: told %+v, not %+v", what, e, want)
	}
}
