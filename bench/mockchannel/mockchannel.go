// Package mockchannel serves fake channels that behave as a scenario says: they speak the real protocols (the mock
// halves of bench/dialect), refuse, fail, lose answers and charge as the scenario's channels do, and keep their own
// books, which a client's bill can be compared with.
//
// It deliberately makes no films worth watching and remembers nothing across restarts. It also has no source of
// randomness: fates are package world's, a function of an order's key, so that the same seed and the same order of
// arrivals meet the same luck. Nothing here runs between requests: a job's end is known when it is accepted, and books
// are brought up to date when somebody looks.
//
//	server, err := mockchannel.New(scenario, mockchannel.Options{Speed: 60})
//	http.Serve(listener, server.Handler())
//	base := mockchannel.URL("http://"+listener.Addr().String(), "reverse") // a client takes it as it is
//	// … buy clips …
//	books := server.Books()
//
// # What an attempt meets
//
// In the order of the scenario language: a missing or wrong key, an order that the channel can't make, an empty balance
// (these three are the client's fault and count as no attempt), then outages and regimes, limits, moderation, region,
// submit, ambiguous, job, unusable, download.
//
//   - Outages, regimes and exits begin in their stationary state: at the start one may be under way,
//     and then lasts for the rest of its time only. They are those of the simulator's first month. A job during
//     whose run there is an outage fails, as
//     any failed job does, after its full service time.
//   - Moderation is bound to the prompt: the same words meet the same fate on every channel. Where
//     Options.Key names an order, moderation is drawn from its key instead, as the simulator does.
//   - requests_per_minute counts the submits of any sixty seconds, refused ones too, but not those that it refuses itself.
//     Polls and fetches are not counted. concurrent is how many jobs run at once, queue how many wait.
//   - Half of the submits whose answer is lost have left a job behind that nobody knows of. It takes its place, and is
//     charged. A torn answer always has; a gateway's error page or a cut connection may not.
//   - A client that hangs up has ordered all the same.
//   - Clips and jobs are forgotten an hour after their end; asked about later, they never were.
package mockchannel

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"channelbench/bench/dialect"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
)

// Options say how the channels are served. The zero Options serve at real time, with any key.
type Options struct {
	// Speed is how many seconds of the scenario pass in one second: every wait, a Retry-After and the life of
	// a clip are so much shorter. 0 means 1.
	Speed float64
	// Seed replaces the scenario's, unless it is 0.
	Seed uint64
	// Key says which order of the simulated world a submit belongs to, and which try of it on this
	// channel, counted from 0; it then meets the fate that the simulator draws. With a negative try the
	// server counts the tries of the key by itself, and remembers them for good. Submits that are not
	// ok, and all of them without a Key, take the next key of a stream that the seed fixes. Each channel calls
	// it for one submit at a time, and waits for it.
	Key func(channel string, p dialect.Purchase) (key world.Key, try int, ok bool)
	// Secrets are the keys that channels want to see; a channel without one takes any.
	Secrets map[string]dialect.Secret
	// Balances are what accounts hold at the start; a channel without one has openingBalance.
	Balances map[string]money.Micros
	// PollAfter asks clients for so long a pause before they ask about a job, in the scenario's time. With
	// 0 they choose.
	PollAfter time.Duration
	// TellCost reports the charge in jobs that have ended, as usage.cost.
	TellCost bool
	// Markup is the share by which a channel charges more than its price says, such as 0.05, or less where it is
	// negative: in its book, in its balance and in the costs and the units that it tells. A channel without one is honest.
	Markup map[string]float64
	// Traps are ways in which a channel misbehaves as its protocol's real ones do, by the names that its dialect gives
	// them, beside those that the scenario names.
	Traps map[string][]string
	// Prepaid takes the whole price from the balance when a job is accepted, and gives back what it doesn't cost when it
	// ends.
	Prepaid bool
}

// openingBalance is what an account holds of which nothing else is said.
const openingBalance = 1_000_000_000 * money.Dollar

// clipLife is how long a finished clip can be fetched.
const clipLife = time.Hour

// Server is a scenario's channels.
type Server struct {
	sellers []*seller
	mux     *http.ServeMux
}

// New makes the channels of a scenario. Their time starts now.
func New(s *scenario.Scenario, o Options) (*Server, error) {
	if o.Speed == 0 {
		o.Speed = 1
	}
	if !(o.Speed > 0) || math.IsInf(o.Speed, 0) {
		return nil, fmt.Errorf("a speed of %v: it must be a positive number", o.Speed)
	}
	for name, share := range o.Markup {
		if !(share >= -1 && share <= 1000) {
			return nil, fmt.Errorf("channel %s: a markup of %v: it must be from -1, which makes all free, to 1000", name, share)
		}
	}
	if o.Seed == 0 {
		o.Seed = s.Seed
	}
	o.PollAfter = clock{speed: o.Speed}.real(o.PollAfter)
	plain := modelled(s)
	compiled, err := plain.Compile()
	if err != nil {
		return nil, err
	}
	server := &Server{mux: http.NewServeMux()}
	c := clock{origin: time.Now(), speed: o.Speed}
	compiled.Model.Seed = o.Seed
	for i := range s.Channels {
		if err := server.add(newSeller(s, &compiled.Model, i, c, &o)); err != nil {
			return nil, err
		}
	}
	server.mux.HandleFunc("/", server.unknown)
	return server, nil
}

// modelled is the scenario without what package world doesn't model and what no channel knows.
func modelled(s *scenario.Scenario) *scenario.Scenario {
	plain := *s
	plain.Strategies = nil
	plain.Workload.GrowthPerMonth, plain.Workload.Arrivals = 0, scenario.Arrivals{}
	return &plain
}

// add serves a channel.
func (s *Server) add(e *seller) error {
	protocol := e.channel.Protocol
	if protocol == "" {
		protocol = channel.Protocols[0]
	}
	d, known := dialect.ByName(protocol)
	if !known {
		return fmt.Errorf("channel %s: there is no protocol %q", e.channel.Name, protocol)
	}
	prefix := URL("", e.channel.Name)
	mux := http.NewServeMux()
	d.Routes(mux, prefix, e)
	if own := strings.TrimSuffix(strings.TrimSuffix(prefix, "v1")+d.Base(), "/"); own != prefix {
		d.Routes(mux, own, e) // for clients that put the vendor's own path behind the host
	}
	mux.HandleFunc("GET "+prefix+"/balance", e.tellBalance)
	mux.HandleFunc("/", s.unknown)
	s.sellers = append(s.sellers, e)
	s.mux.Handle(strings.TrimSuffix(prefix, "v1"), mux)
	return nil
}

// unknown answers requests for what isn't there, as OpenAI does, and says what is.
func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	var bases []string
	for _, e := range s.sellers {
		bases = append(bases, URL("", e.channel.Name))
	}
	reply(w, http.StatusNotFound, failure{
		Message: fmt.Sprintf("Unknown request URL: %s %.200s. The channels are at %s.", r.Method, r.URL.Path,
			strings.Join(bases, ", ")),
		Type: "invalid_request_error", Code: "unknown_url",
	})
}

// Handler serves every channel below /<its name>/v1.
func (s *Server) Handler() http.Handler { return s.mux }

// URL is the base address of a channel on a server at base, such as "http://127.0.0.1:8080".
func URL(base, channel string) string {
	return strings.TrimSuffix(base, "/") + "/" + url.PathEscape(channel) + "/v1"
}
