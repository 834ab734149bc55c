package policy_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/policy"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata; read the diff")

// TestTraces plays the stories of testdata through the machine. A line that begins with # is
// prose, one that is indented is what the machine did. The others are the route and the events:
//
//	step reverse attempts=3 poll=10s retry=region,submit pause=2s factor=2 cap=10s jitter=0.5..1.5 ambiguous=next_step
//	     timeout=5m breaker=3/1m/30s:region,submit budget=10%/5 hedge=90s:forwarding hedge-poll=15s
//	deadline 30m
//	order A arrives=5s        several orders share a pool; their events begin with the name
//	A 6s refused 0 region     at 6 s after its arrival A hears that its attempt 0 was refused
//	A attempts                what is known of A's attempts
func TestTraces(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no stories", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want) {
				t.Errorf("%s tells another story now (-update rewrites it):\n%s", path, difference(string(want), got))
			}
		})
	}
}

// difference shows where two texts part.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := 0; ; i++ {
		if i == len(w) || i == len(g) || w[i] != g[i] {
			return fmt.Sprintf("line %d\nwant:\n%s\ngot:\n%s", i+1, strings.Join(w[i:min(i+6, len(w))], "\n"),
				strings.Join(g[i:min(i+6, len(g))], "\n"))
		}
	}
}

// stage is where a story plays.
type stage struct {
	t        *testing.T
	channels []string // by index
	route    policy.Route
	pool     *policy.Pool
	shared   *sharing
	orders   map[string]*watch
	named    bool
}

// play runs a story and returns it with what the machine does.
func play(t *testing.T, story string) string {
	s := &stage{t: t, orders: map[string]*watch{}}
	var out strings.Builder
	for line := range strings.Lines(story) {
		if strings.HasPrefix(line, " ") {
			continue
		}
		out.WriteString(line)
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		for _, action := range s.line(line) {
			out.WriteString("    " + action + "\n")
		}
	}
	return out.String()
}

// line carries out one line of a story.
func (s *stage) line(line string) []string {
	words := strings.Fields(line)
	switch words[0] {
	case "step":
		s.route.Steps = append(s.route.Steps, s.step(words[1:]))
		return nil
	case "deadline":
		s.route.Deadline = s.duration(words[1])
		return nil
	case "order":
		s.named = true
		s.begin(words[1], s.duration(strings.TrimPrefix(words[2], "arrives=")))
		return nil
	}
	name := ""
	if s.named {
		name, words = words[0], words[1:]
	} else if s.orders[""] == nil {
		s.begin("", 0)
	}
	a := s.orders[name]
	if a == nil {
		s.t.Fatalf("%q: there is no order %q", line, name)
	}
	if words[0] == "attempts" {
		return s.attempts(&a.machine)
	}
	e := s.event(words)
	actions := a.step(s.t, e)
	var said []string
	for i := range actions {
		said = append(said, s.say(&a.machine, &actions[i]))
	}
	if said == nil {
		said = []string{"nothing"}
	}
	return said
}

func (s *stage) begin(name string, arrival time.Duration) {
	if s.pool == nil {
		s.pool, s.shared = policy.NewPool(len(s.channels)), newSharing()
	}
	a := &watch{}
	a.begin(&s.route, s.pool, s.shared, arrival)
	s.orders[name] = a
}

// step reads a channel and key=value pairs.
func (s *stage) step(words []string) policy.Step {
	step := policy.Step{Channel: s.channel(words[0]), Backoff: policy.Backoff{Low: 1, High: 1}}
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "attempts":
			step.Attempts = int(s.number(value))
		case "poll":
			step.Poll = s.duration(value)
		case "pause":
			step.Backoff.Base = s.duration(value)
		case "factor":
			step.Backoff.Growth, step.Backoff.Factor = policy.ExponentialBackoff, s.number(value)
		case "cap":
			step.Backoff.Cap = s.duration(value)
		case "jitter":
			low, high, _ := strings.Cut(value, "..")
			step.Backoff.Low, step.Backoff.High = s.number(low), s.number(high)
		case "retry":
			step.RetryOn = s.reasons(value)
		case "timeout":
			step.Timeout = s.duration(value)
		case "breaker":
			limits, on, _ := strings.Cut(value, ":")
			parts := strings.Split(limits, "/")
			step.Breaker = policy.Breaker{Failures: int(s.number(parts[0])), Window: s.duration(parts[1]),
				Open: s.duration(parts[2]), On: s.reasons(on)}
		case "budget":
			share, burst, _ := strings.Cut(value, "%/")
			step.Budget = policy.Budget{Share: int64(s.number(share) * 1e7), Burst: int(s.number(burst))}
		case "hedge":
			after, second, _ := strings.Cut(value, ":")
			step.Hedge.After, step.Hedge.Channel = s.duration(after), s.channel(second)
		case "hedge-poll":
			step.Hedge.Poll = s.duration(value)
		case "ambiguous":
			step.OnAmbiguous = policy.OnAmbiguous(s.index(policy.OnAmbiguousNames, value))
		default:
			s.t.Fatalf("a step has no %q", key)
		}
	}
	return step
}

// channel is the index of a channel, which is a new one where it isn't known.
func (s *stage) channel(name string) int {
	if i := slices.Index(s.channels, name); i >= 0 {
		return i
	}
	s.channels = append(s.channels, name)
	return len(s.channels) - 1
}

func (s *stage) reasons(names string) policy.ReasonSet {
	var set policy.ReasonSet
	for name := range strings.SplitSeq(names, ",") {
		set |= policy.SetOf(s.reason(name))
	}
	return set
}

// kinds are the words for events.
var kinds = map[string]policy.EventKind{
	"start": policy.Start, "wake": policy.Wake, "accepted": policy.Accepted, "refused": policy.Refused,
	"lost": policy.Lost, "completed": policy.Completed,
	"failed": policy.Failed, "fetched": policy.Fetched, "fetch-failed": policy.FetchFailed, "rejected": policy.Rejected,
	"stalled":  policy.Stalled,
	"unbought": policy.Unbought, "called": policy.Called,
}

// event reads a time, what happened, to which attempt, and details.
func (s *stage) event(words []string) policy.Event {
	e := policy.Event{At: s.duration(words[0])}
	kind, ok := kinds[words[1]]
	if !ok {
		s.t.Fatalf("there is no event %q", words[1])
	}
	e.Kind = kind
	words = words[2:]
	if kind > policy.Wake && kind < policy.Called {
		e.Attempt = int32(s.number(words[0]))
		words = words[1:]
	}
	for _, word := range words {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "jitter":
			e.Jitter = s.number(value)
		case "retry-after":
			e.RetryAfter = s.duration(value)
		case "billed":
			e.Billed = true
		default:
			e.Reason = s.reason(word)
		}
	}
	return e
}

// say puts an action into words.
func (s *stage) say(m *policy.Machine, a *policy.Action) string {
	switch a.Kind {
	case policy.Submit:
		said := fmt.Sprintf("submit attempt %d to %s", a.Attempt, s.channels[a.Channel])
		if m.Attempts()[a.Attempt].Hedge {
			said += fmt.Sprintf(" beside attempt %d", a.Attempt-1)
		}
		if a.Try > 0 {
			said += fmt.Sprintf(", %d there before", a.Try)
		}
		return said
	case policy.Poll:
		if a.Every == 0 {
			return fmt.Sprintf("poll attempt %d from %v, told at once", a.Attempt, short(a.At))
		}
		return fmt.Sprintf("poll attempt %d at %v and every %v", a.Attempt, short(a.At), short(a.Every))
	case policy.Fetch:
		return fmt.Sprintf("fetch attempt %d at %v", a.Attempt, short(a.At))
	case policy.WakeAt:
		return fmt.Sprintf("wake at %v", short(a.At))
	case policy.Settle:
		return fmt.Sprintf("settle attempt %d from %v", a.Attempt, short(a.At))
	}
	result, _ := m.Finished()
	if result.Delivered {
		return fmt.Sprintf("finish at %v: delivered", short(a.At))
	}
	return fmt.Sprintf("finish at %v: undelivered, %v", short(a.At), result.Reason)
}

// attempts describes what is known of an order's attempts.
func (s *stage) attempts(m *policy.Machine) []string {
	var said []string
	for i, a := range m.Attempts() {
		line := fmt.Sprintf("%d: step %d, %s, from %v to %v: %v", i, a.Step, s.channels[a.Channel], short(a.Started),
			short(a.Ended), a.Outcome)
		if a.Reason != channel.NoReason {
			line += " (" + a.Reason.String() + ")"
		}
		u := a.Usage(channel.Clip{})
		for _, fact := range []struct {
			word  string
			holds bool
		}{{"accepted", u.Accepted}, {"a clip was made", u.Made}, {"billed though failed", u.BilledFailure},
			{"charged as lost", u.Lost}, {"not settled", !a.Settled}} {
			if fact.holds {
				line += ", " + fact.word
			}
		}
		said = append(said, line)
	}
	if m.Settled() {
		said = append(said, "all settled")
	}
	return said
}

// short writes 30m for 30m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}

func (s *stage) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *stage) number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *stage) reason(name string) channel.Reason {
	r, known := channel.ReasonOf(name)
	if !known {
		s.t.Fatalf("%q is no reason", name)
	}
	return r
}

func (s *stage) index(names []string, name string) int {
	i := slices.Index(names, name)
	if i < 0 {
		s.t.Fatalf("there is no %q in %q", name, names)
	}
	return i
}
