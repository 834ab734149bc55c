package mockchannel

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"channelbench/bench/dialect"
	"channelbench/bench/mockchannel/mocktest"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
)

// TestAClipFromOrderToOblivion follows a clip on channels that are asked about it, ten times faster than life.
func TestAClipFromOrderToOblivion(t *testing.T) {
	for _, at := range []int{forwarding, reverse} {
		synctest.Test(t, func(t *testing.T) {
			s := opened(t,
				marketed(t, func(s *scenario.Scenario) { s.Channels[at].SubmitTakes = &scenario.Takes{Median: 20 * time.Second} }),
				Options{Speed: 10, PollAfter: 5 * time.Second})
			b := buys(t, s, at)
			began := time.Now()
			j := b.accepted("a cat")
			if took := time.Since(began); took != 2*time.Second {
				t.Errorf("the submit took %v, want 2s", took)
			}
			if p := b.poll(j); p.State != dialect.InProgress || p.PollAfter != 500*time.Millisecond {
				t.Errorf("at once: %+v", p)
			}
			if _, status := b.fetch(j); status != http.StatusBadRequest {
				t.Errorf("the clip is there before it is made: status %d", status)
			}
			time.Sleep(10*time.Second - time.Nanosecond)
			if p := b.poll(j); p.State != dialect.InProgress {
				t.Errorf("a nanosecond before: %+v", p)
			}
			time.Sleep(time.Nanosecond)
			p := b.poll(j)
			if p.State != dialect.Completed || p.CostKnown {
				t.Errorf("when it is ready: %+v", p)
			}
			f, _ := b.fetch(p.Job)
			if flaw := f.Unusable(short); flaw != "" {
				t.Errorf("the clip: %s", flaw)
			}
			time.Sleep(6*time.Minute - time.Nanosecond)
			if p := b.poll(j); p.State != dialect.Completed {
				t.Errorf("before it expires: %+v", p)
			}
			time.Sleep(time.Nanosecond)
			if p := b.poll(j); p.State != dialect.Gone {
				t.Errorf("after it expired: %+v", p)
			}
			if _, status := b.fetch(j); status != http.StatusNotFound {
				t.Errorf("an expired clip: status %d", status)
			}
			if shelf := &s.sellers[at].shelf; len(shelf.byID)+len(shelf.ended)+len(shelf.running) > 0 {
				t.Error("an expired job is remembered")
			}
			if k := b.book(s, at); k.Made != 1 || k.Fetched != 1 || k.Charged != []money.Micros{800_000, 120_000}[at] {
				t.Errorf("the book: %+v", k)
			}
		})
	}
}

// TestASynchronousChannelAnswersWithTheClip holds the connection until the clip is made.
func TestASynchronousChannelAnswersWithTheClip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, nil), Options{Speed: 4, TellCost: true})
		b := buys(t, s, synchronous)
		began := time.Now()
		a := b.order("a cat", short)
		if took := time.Since(began); took != 25*time.Second {
			t.Errorf("it took %v, want 25s", took)
		}
		if a.Verdict != dialect.Accepted || a.Progress.State != dialect.Completed || a.Progress.Cost != 800_000 ||
			!a.Progress.CostKnown {
			t.Fatalf("got %+v", a)
		}
		if f, _ := b.fetch(a.Progress.Job); f.Unusable(short) != "" {
			t.Errorf("the clip: %s", f.Unusable(short))
		}
	})
}

// TestRefusals has each kind of refusal happen for sure, and take its time.
func TestRefusals(t *testing.T) {
	takes := &scenario.Takes{Median: 6 * time.Second}
	certain := scenario.Error{Rate: 1, Takes: takes}
	for reason, edit := range map[channel.Reason]func(*scenario.Errors){
		channel.Moderation: func(e *scenario.Errors) { e.By[channel.Moderation] = certain },
		channel.Region:     func(e *scenario.Errors) { e.By[channel.Region] = certain },
		channel.Submit:     func(e *scenario.Errors) { e.By[channel.Submit] = certain },
	} {
		for at := range 3 {
			synctest.Test(t, func(t *testing.T) {
				s := opened(t, marketed(t, func(s *scenario.Scenario) { edit(&s.Channels[at].Errors) }), Options{Speed: 2})
				b := buys(t, s, at)
				began := time.Now()
				a := b.order("a cat", short)
				if a.Verdict != dialect.Refused || a.Reason != reason || time.Since(began) != 3*time.Second {
					t.Errorf("%v on %s: %+v after %v", reason, s.sellers[at].channel.Name, a, time.Since(began))
				}
				if (reason == channel.Region) != (len(a.Country) == 2) {
					t.Errorf("%v on %s: country %q", reason, s.sellers[at].channel.Name, a.Country)
				}
				if k := b.book(s, at); k.Refused[reason] != 1 || k.Charged != 0 {
					t.Errorf("the book: %+v", k)
				}
			})
		}
	}
}

// TestCountriesOfRegionErrorsVary by draw.
func TestCountriesOfRegionErrorsVary(t *testing.T) {
	s := opened(t, marketed(t, func(s *scenario.Scenario) { s.Channels[reverse].Errors.By[channel.Region].Rate = 1 }),
		Options{})
	seen := map[string]bool{}
	for range 200 {
		seen[buys(t, s, reverse).order("a cat", short).Country] = true
	}
	if len(seen) != len(countries) {
		t.Errorf("countries %v", seen)
	}
}

// TestLostAnswers are lost in every way; about half of their jobs run, and those are charged.
func TestLostAnswers(t *testing.T) {
	for at := range 3 {
		synctest.Test(t, func(t *testing.T) {
			s := opened(t, marketed(t, func(s *scenario.Scenario) { s.Channels[at].Errors.By[channel.Lost].Rate = 1 }),
				Options{})
			b := buys(t, s, at)
			ways := map[string]int{}
			for range 300 {
				a := b.order("a cat", short)
				if a.Verdict != dialect.Lost {
					t.Fatalf("%+v", a)
				}
				ways[a.Message]++
			}
			if len(ways) != 3 {
				t.Errorf("ways %v", ways)
			}
			time.Sleep(100 * time.Second)
			k := b.book(s, at)
			if k.Lost != 300 || k.LostRan < 100 || k.LostRan > 200 || k.Made != k.LostRan {
				t.Errorf("the book: %+v", k)
			}
			if each := []money.Micros{800_000, 120_000, 800_000}[at]; k.Charged != each*money.Micros(k.LostRan) {
				t.Errorf("charged %v for %d jobs", k.Charged, k.LostRan)
			}
		})
	}
}

// TestFailedJobs fail after their full time, and are billed as the channel says.
func TestFailedJobs(t *testing.T) {
	tests := []struct {
		name         string
		share        float64
		billed       channel.Billed
		early, final money.Micros
	}{
		{"on success", 0, channel.OnSuccess, 0, 0},
		{"on success, failures billed", 1, channel.OnSuccess, 0, 800_000},
		{"on accept", 0, channel.OnAccept, 800_000, 800_000},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := opened(t, marketed(t, func(s *scenario.Scenario) {
				c := &s.Channels[forwarding]
				c.Errors.By[channel.Job], c.Price.Billed = scenario.Error{Rate: 1, Billed: test.share}, test.billed
			}), Options{TellCost: true})
			b := buys(t, s, forwarding)
			j := b.accepted("a cat")
			if k := b.book(s, forwarding); k.Charged != test.early || k.Running != 1 {
				t.Errorf("%s: while it runs: %+v", test.name, k)
			}
			time.Sleep(100 * time.Second)
			if p := b.poll(j); p.State != dialect.Failed || p.Reason != channel.Job || p.Cost != test.final || !p.CostKnown {
				t.Errorf("%s: %+v", test.name, p)
			}
			if _, status := b.fetch(j); status != http.StatusNotFound {
				t.Errorf("%s: a failed job's clip: status %d", test.name, status)
			}
			if k := b.book(s, forwarding); k.Charged != test.final || k.Failed != 1 || k.FailedBilled != int(test.share) {
				t.Errorf("%s: in the end: %+v", test.name, k)
			}
		})
	}
}

// TestUnusableClipsAreNotWhatWasOrdered at any length.
func TestUnusableClipsAreNotWhatWasOrdered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) { s.Channels[forwarding].Errors.By[channel.BadClip].Rate = 1 }),
			Options{})
		b := buys(t, s, forwarding)
		for _, seconds := range []int{1, 8, 12, 30, 60} {
			clip := channel.Clip{Seconds: seconds, Resolution: "720p", Aspect: "9:16"}
			a := b.order("a cat", clip)
			time.Sleep(100 * time.Second)
			if f, _ := b.fetch(a.Progress.Job); f.Flaw != "" || f.Unusable(clip) == "" {
				t.Errorf("%d s: flaw %q, unusable %q", seconds, f.Flaw, f.Unusable(clip))
			}
		}
		if k := b.book(s, forwarding); k.Unusable != 5 || k.Charged != 11_100_000 {
			t.Errorf("the book: %+v", k)
		}
	})
}

// TestDownloadsFailAsDrawn and can be tried again.
func TestDownloadsFailAsDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) { s.Channels[reverse].Errors.By[channel.Download].Rate = 0.5 }),
			Options{})
		b := buys(t, s, reverse)
		j := b.accepted("a cat")
		time.Sleep(100 * time.Second)
		failed := 0
		for range 200 {
			if _, status := b.fetch(j); status == http.StatusGatewayTimeout {
				failed++
			}
		}
		k := b.book(s, reverse)
		if failed < 70 || failed > 130 || k.FetchFailed != failed || k.Fetched != 200-failed || k.Charged != 120_000 {
			t.Errorf("%d failed; the book: %+v", failed, k)
		}
	})
}

// TestRequestsPerMinute counts any sixty seconds, and Retry-After is when there is room again.
func TestRequestsPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) { s.Channels[forwarding].Limits.RequestsPerMinute = 3 }),
			Options{Speed: 10})
		b := buys(t, s, forwarding)
		for range 3 {
			b.accepted("a cat")
			time.Sleep(time.Second)
		}
		for round := range 4 {
			a := b.order("a cat", short)
			if want := []time.Duration{3 * time.Second, time.Second, time.Second,
				4 * time.Second}[round]; a.Reason != channel.RateLimited || a.RetryAfter != want {
				t.Fatalf("round %d: %v, retry after %v, want %v", round, a.Reason, a.RetryAfter, want)
			}
			time.Sleep(a.RetryAfter - time.Nanosecond)
			if a := b.order("a cat", short); a.Reason != channel.RateLimited {
				t.Errorf("round %d: there is room too early", round)
			}
			time.Sleep(time.Nanosecond)
			b.accepted("a cat")
		}
		if k := b.book(s, forwarding); k.Refused[channel.RateLimited] != 8 || k.Accepted != 7 {
			t.Errorf("the book: %+v", k)
		}
	})
}

// TestConcurrentJobs are limited, those that nobody knows of included.
func TestConcurrentJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) { s.Channels[forwarding].Limits.Concurrent = 2 }),
			Options{Speed: 10})
		b := buys(t, s, forwarding)
		b.accepted("a cat")
		time.Sleep(4 * time.Second)
		b.accepted("a dog")
		a := b.order("a cow", short)
		if a.Reason != channel.RateLimited || a.RetryAfter != 6*time.Second {
			t.Errorf("%v, retry after %v", a.Reason, a.RetryAfter)
		}
		time.Sleep(a.RetryAfter)
		b.accepted("a cow")
	})
}

// TestJobsWaitForASlot where the channel lets them, and take so much longer.
func TestJobsWaitForASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) {
			s.Channels[forwarding].Limits = scenario.Limits{Concurrent: 1,
				Queue: 1}
		}), Options{Speed: 10})
		b := buys(t, s, forwarding)
		b.accepted("a cat")
		time.Sleep(4 * time.Second)
		j := b.accepted("a dog")
		if a := b.order("a cow", short); a.Reason != channel.RateLimited || a.RetryAfter != 6*time.Second {
			t.Errorf("%v, retry after %v", a.Reason, a.RetryAfter)
		}
		time.Sleep(16*time.Second - time.Nanosecond)
		if p := b.poll(j); p.State == dialect.Completed {
			t.Error("the second job doesn't wait for the first")
		}
		time.Sleep(time.Nanosecond)
		if p := b.poll(j); p.State != dialect.Completed {
			t.Errorf("after its wait: %+v", p)
		}
	})
}

// TestModerationIsBoundToThePrompt on all channels; the higher rate contains the lower.
func TestModerationIsBoundToThePrompt(t *testing.T) {
	s := opened(t, marketed(t, func(s *scenario.Scenario) {
		s.Channels[forwarding].Errors.By[channel.Moderation].Rate = 0.3
		s.Channels[reverse].Errors.By[channel.Moderation].Rate = 0.3
		s.Channels[synchronous].Errors.By[channel.Moderation].Rate = 0.6
	}), Options{Speed: 1e6})
	blocked := 0
	for n := range 200 {
		prompt := fmt.Sprintf("cat %d", n)
		first := buys(t, s, forwarding).order(prompt, short).Reason
		for range 3 {
			if r := buys(t, s, reverse).order(prompt, short).Reason; r != first {
				t.Fatalf("%q: %v on one channel, %v on the other", prompt, first, r)
			}
		}
		if first == channel.Moderation {
			blocked++
			if r := buys(t, s, synchronous).order(prompt, short).Reason; r != first {
				t.Fatalf("%q passes where more is blocked", prompt)
			}
		}
	}
	if blocked < 35 || blocked > 85 {
		t.Errorf("%d of 200 prompts blocked, want about 60", blocked)
	}
}

// TestOwnFaults are told from what the channel does, and cost nothing.
func TestOwnFaults(t *testing.T) {
	s := opened(t, marketed(t, nil), Options{
		Secrets: map[string]dialect.Secret{"forwarding": dialect.NewSecret("sk-right"),
			"reverse": dialect.NewSecret("sk-right")},
		Balances: map[string]money.Micros{"reverse": 250_000, "sync": 0},
	})
	for _, at := range []int{forwarding, reverse} {
		b := buys(t, s, at)
		if a := b.order("a cat", short); a.Verdict != dialect.OurFault || a.Fault != dialect.BadKey {
			t.Errorf("a wrong key: %+v", a)
		}
		b.target.Key = dialect.Secret{}
		if a := b.order("a cat", short); a.Fault != dialect.BadKey {
			t.Errorf("no key: %+v", a)
		}
		b.target.Key = dialect.NewSecret("sk-right")
		j := b.accepted("a cat")
		b.target.Key = dialect.NewSecret("sk-wrong")
		if p := b.poll(j); p.Fault != dialect.BadKey {
			t.Errorf("a poll with a wrong key: %+v", p)
		}
		if _, status := b.fetch(j); status != http.StatusUnauthorized {
			t.Errorf("a fetch with a wrong key: %d", status)
		}
	}
	b := buys(t, s, reverse)
	b.target.Key = dialect.NewSecret("sk-right")
	b.accepted("$0.12 of $0.25 are taken, as much is held")
	if a := b.order("more than is left", short); a.Fault != dialect.NoBalance {
		t.Errorf("the account is spent: %+v", a)
	}
	if a := buys(t, s, synchronous).order("a cat", short); a.Fault != dialect.NoBalance {
		t.Errorf("the account is empty: %+v", a)
	}
	a := b.order("a cat", channel.Clip{Seconds: 4, Resolution: "720p"})
	if a.Fault != dialect.BadRequest || !strings.Contains(a.Message, "Supported values are: '8', '12'") {
		t.Errorf("a length that isn't made: %+v", a)
	}
	if a := b.order("a cat", channel.Clip{Seconds: 8, Resolution: "1080p"}); a.Verdict != dialect.OurFault {
		// Flat per call, so any resolution has a price; the account is empty.
		t.Errorf("another resolution: %+v", a)
	}
	b.target.Model = "sora-3"
	if a := b.order("a cat", short); a.Fault != dialect.BadRequest || !strings.Contains(a.Message, "sora-2") {
		t.Errorf("another model: %+v", a)
	}
	if k := b.book(s, reverse); k.Faults != [4]int{0, 1, 2, 2} || k.Accepted != 2 {
		t.Errorf("the book: %+v", k)
	}
	f := buys(t, s, forwarding)
	f.target.Key = dialect.NewSecret("sk-right")
	if a := f.order("a cat", channel.Clip{Seconds: 8, Resolution: "1080p"}); a.Fault != dialect.BadRequest {
		t.Errorf("a resolution without a price: %+v", a)
	}
}

// TestOrdersSayNothingOfAudio: what the workload has is made, and has the price of the workload's clip; so has a clip
// whose price depends on its aspect.
func TestOrdersSayNothingOfAudio(t *testing.T) {
	s := marketed(t, func(s *scenario.Scenario) {
		s.Workload.Videos[0].Clip.Audio, s.Workload.Videos[1].Clip.Audio = channel.Silent, channel.Audible
		square := s.Workload.Videos[0]
		square.Name, square.Clip.Aspect = "square", "1:1"
		s.Workload.Videos = append(s.Workload.Videos, square)
		s.Channels[forwarding].Price.Units = map[string]money.Micros{"720p": 100_000, "720p+audio": 150_000}
	})
	c, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	m := newMenu(&s.Channels[forwarding], &c.Model.Channels[forwarding])
	for _, want := range s.Workload.Videos {
		asked := want.Clip
		asked.Audio = channel.AnyAudio
		if got, ok := m.job(m.asked(asked)); !ok || got.Clip != want.Clip {
			t.Errorf("%v %s: made is %v %s", want.Clip, want.Clip.Aspect, got.Clip, got.Clip.Aspect)
		}
	}
}

// TestOrdersMayLeaveThingsOut or use words of the channel's own.
func TestOrdersMayLeaveThingsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, func(s *scenario.Scenario) { s.Channels[synchronous].Price = s.Channels[reverse].Price }),
			Options{})
		b := buys(t, s, synchronous)
		for _, c := range []channel.Clip{{Seconds: 8}, {Seconds: 8, Resolution: "hd"}, {Seconds: 5, Resolution: "1280x720"},
			{Resolution: "720p", Aspect: "9:16"}} {
			a := b.order("a cat", c)
			if a.Progress.State != dialect.Completed {
				t.Fatalf("%v: %+v", c, a)
			}
			want := channel.Clip{Seconds: max(c.Seconds, 5), Resolution: "720p", Aspect: c.Aspect}
			if c.Seconds == 0 {
				want.Seconds = 8
			}
			if f, _ := b.fetch(a.Progress.Job); f.Unusable(want) != "" {
				t.Errorf("%v: %s", c, f.Unusable(want))
			}
		}
	})
}

// TestFilmsAreBounded, and a film that can't be made is an error.
func TestFilmsAreBounded(t *testing.T) {
	f := films{made: map[channel.Clip][]byte{}}
	for n := range 3 * mostFilms {
		if _, err := f.of(channel.Clip{Seconds: n + 1, Resolution: "16x16"}); err != nil || len(f.made) > mostFilms {
			t.Fatalf("%d films, %v", len(f.made), err)
		}
	}
	if _, err := f.of(channel.Clip{Seconds: 1e6, Resolution: "720p"}); err == nil {
		t.Error("a film of eleven days is made")
	}
}

// TestAClientThatHangsUpHasOrdered all the same.
func TestAClientThatHangsUpHasOrdered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, marketed(t, nil), Options{})
		b := buys(t, s, synchronous)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, err := b.dialect.Submit(b.target, dialect.Order{Clip: short, Prompt: "a cat"})
		if err != nil {
			t.Fatal(err)
		}
		if response, err := mocktest.Transport(s.Handler()).RoundTrip(r.WithContext(ctx)); err != context.DeadlineExceeded {
			t.Errorf("got %v, %v", response, err)
		}
		time.Sleep(99 * time.Second)
		if k := b.book(s, synchronous); k.Made != 1 || k.Fetched != 0 || k.Charged != 800_000 {
			t.Errorf("the book: %+v", k)
		}
	})
}

// TestUnknownThings are answered in the words that clients know.
func TestUnknownThings(t *testing.T) {
	s := opened(t, marketed(t, nil), Options{})
	b := buys(t, s, forwarding)
	if p := b.poll(dialect.Job{ID: "video_0"}); p.State != dialect.Gone {
		t.Errorf("an unknown job: %+v", p)
	}
	b.target.BaseURL = "http://mock.example/forward/v1"
	if a := b.order("a cat", short); a.Fault != dialect.BadRequest ||
		!strings.Contains(a.Message, "/forwarding/v1, /reverse/v1") {
		t.Errorf("an unknown channel: %+v", a)
	}
	b.target.BaseURL = "http://mock.example/forwarding/v2"
	if a := b.order("a cat", short); a.Fault != dialect.BadRequest {
		t.Errorf("an unknown path of a channel: %+v", a)
	}
}

// TestNamesOfChannelsMayHoldSpaces and whatever else scenarios allow.
func TestNamesOfChannelsMayHoldSpaces(t *testing.T) {
	for at := range 3 {
		s := opened(t, marketed(t, func(s *scenario.Scenario) { s.Channels[at].Name = "Kanäle + co" }), Options{Speed: 5e3})
		b := buys(t, s, at)
		j := b.accepted("a cat")
		for b.poll(j).State != dialect.Completed {
			time.Sleep(time.Millisecond)
		}
		if _, status := b.fetch(b.poll(j).Job); status != http.StatusOK {
			t.Errorf("channel %d: status %d", at, status)
		}
	}
}

// TestWrongOptions are refused.
func TestWrongOptions(t *testing.T) {
	if _, err := New(marketed(t, nil), Options{Speed: -1}); err == nil {
		t.Error("a negative speed is accepted")
	}
	if _, err := New(marketed(t, func(s *scenario.Scenario) { s.Channels[0].Protocol = "smoke" }), Options{}); err == nil {
		t.Error("an unknown protocol is accepted")
	}
	if _, err := New(marketed(t, func(s *scenario.Scenario) { s.Channels[0].Protocol = "" }), Options{}); err != nil {
		t.Errorf("no protocol: %v", err)
	}
}
