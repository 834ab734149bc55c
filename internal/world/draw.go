package world

import (
	"slices"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
)

// Key names one order; all its draws come from it.
type Key uint64

// purpose is what a uniform is drawn for.
type purpose uint64

// The purposes of an order come first, then those of one attempt on one channel.
const (
	forClass purpose = iota
	forModeration
	forRegionMix
	forRegion
	forSubmit
	forAmbiguous
	forJob
	forBilled
	forUnusable
	forTakes
	forService
	forJitter
	forDownload // the last: fetch n of an attempt is forDownload + n
)

// What is drawn for trouble is numbered from the end, out of the way of the fetches. Outages and
// regimes go on for a month, the others are of an order's attempt.
const (
	forRefusal purpose = 1<<16 - 1 - iota
	forExit
	forOutage
	forRegime
	forCountry
)

// purposes are what the errors of each reason are drawn for. Those that came later are numbered below the trouble.
var purposes = func() (all [channel.NumReasons]purpose) {
	for r := range channel.NumReasons {
		all[r] = 1<<16 - 17 - purpose(r)
	}
	all[channel.Submit], all[channel.Lost], all[channel.Job], all[channel.BadClip] = forSubmit, forAmbiguous, forJob,
		forUnusable
	return all
}()

// splitMix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, with Stafford's constants).
func splitMix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

const golden = 0x9e3779b97f4a7c15

// Key returns the key of an order, both counted from 0. Order −1 is kept for the arrivals, −2 for
// what goes on for the whole month.
func (m *Model) Key(month, order int) Key {
	return Key(splitMix(splitMix(splitMix(m.Seed+golden)+uint64(month+1)*golden) + uint64(order+1)*golden))
}

// uniform returns the key's uniform in (0, 1) for a purpose, a channel and a try on it.
func (k Key) uniform(p purpose, ch, try int) float64 {
	index := uint64(p) | uint64(try)<<16 | uint64(ch+1)<<24
	return float64(splitMix(uint64(k)+index*golden)>>12)*0x1p-52 + 0x1p-53
}

// process returns the key of what goes on for a whole month, by number.
func (m *Model) process(month int, p purpose, n int) Key {
	return Key(splitMix(uint64(m.Key(month, -2)) + (uint64(p)|uint64(n+1)<<24)*golden))
}

// nth returns the n-th uniform in (0, 1) of a sequence.
func (k Key) nth(n int) float64 {
	return float64(splitMix(uint64(k)+uint64(n)*golden)>>12)*0x1p-52 + 0x1p-53
}

// Class draws the order's class.
func (m *Model) Class(k Key) int {
	u := k.uniform(forClass, -1, 0)
	class := 0
	for i := range len(m.Classes) - 1 {
		if u -= m.Classes[i].Share; u >= 0 { // without a branch: nothing foretells a class
			class = i + 1
		}
	}
	return class
}

// Fate is what one attempt would meet, drawn before it starts.
type Fate struct {
	Outcome    channel.Outcome // Refused, Ambiguous, Failed, Unusable or Delivered
	Reason     channel.Reason
	Answered   time.Duration // from the submit to its answer, or to giving up on it
	Service    time.Duration // from acceptance to ready or failed
	RetryAfter time.Duration // RateLimited only: the pause that the channel asks for
	Billed     bool          // Failed only
}

// Attempt draws the fate of the try-th attempt, counted from 0, of an order on a channel where
// orders are independent. The channel must make the class.
func (m *Model) Attempt(k Key, ch, class, try int) Fate {
	e := &m.Channels[ch].Errors
	if e.moderated(k) {
		return k.refusal(channel.Moderation, e.By[channel.Moderation].Takes, ch, try)
	}
	if rate := e.regionRate(k, ch); rate > 0 && k.uniform(forRegion, ch, try) < rate {
		return k.refusal(channel.Region, e.By[channel.Region].Takes, ch, try)
	}
	return m.afterRegion(k, ch, class, try)
}

func (e *Errors) moderated(k Key) bool {
	return e.By[channel.Moderation].Rate > 0 && k.uniform(forModeration, -1, 0) < e.By[channel.Moderation].Rate
}

// byLuck are the errors that an attempt meets by its own luck alone, once it has passed moderation and region.
var byLuck = slices.DeleteFunc(slices.Clone(channel.Errors), func(r channel.Reason) bool {
	return r == channel.Moderation || r == channel.Region || r.Phase() == channel.Fetching
})

// afterRegion draws what an attempt meets that has passed moderation and region.
func (m *Model) afterRegion(k Key, ch, class, try int) Fate {
	c := &m.Channels[ch]
	f := Fate{Outcome: channel.Delivered}
	for _, r := range byLuck {
		if rate := c.Errors.By[r].Rate; rate > 0 && k.uniform(purposes[r], ch, try) < rate {
			f.Outcome, f.Reason = r.Phase().Outcome(), r
			break
		}
	}
	if f.Outcome == channel.Refused || f.Outcome == channel.Ambiguous {
		f.Answered = k.takes(c.Errors.By[f.Reason].Takes, ch, try)
		return f
	}
	f.Answered = k.takes(c.SubmitTakes, ch, try)
	f.Service = sample(c.Jobs[class].Service, k.uniform(forService, ch, try))
	f.Billed = f.Outcome == channel.Failed && c.Errors.billed(k, f.Reason, ch, try)
	return f
}

// billed draws whether a failed job is billed.
func (e *Errors) billed(k Key, r channel.Reason, ch, try int) bool {
	return e.By[r].Billed > 0 && k.uniform(forBilled, ch, try) < e.By[r].Billed
}

// Fetch draws whether the n-th fetch, counted from 0, of an attempt's clip fails.
func (m *Model) Fetch(k Key, ch, try, n int) (fails bool) {
	rate := m.Channels[ch].Errors.By[channel.Download].Rate
	return rate > 0 && k.uniform(forDownload+purpose(n), ch, try) < rate
}

// Jitter draws the uniform for the pause after an attempt.
func (m *Model) Jitter(k Key, ch, try int) float64 { return k.uniform(forJitter, ch, try) }

func (e *Errors) regionRate(k Key, ch int) float64 {
	if e.RegionMix == nil {
		return e.By[channel.Region].Rate
	}
	u := k.uniform(forRegionMix, ch, 0)
	last := len(e.RegionMix) - 1
	for i := range last {
		if u -= e.RegionMix[i].Weight; u < 0 {
			return e.RegionMix[i].Rate
		}
	}
	return e.RegionMix[last].Rate
}

func (k Key) refusal(r channel.Reason, takes dist.Distribution, ch, try int) Fate {
	return Fate{Outcome: channel.Refused, Reason: r, Answered: k.takes(takes, ch, try)}
}

func (k Key) takes(d dist.Distribution, ch, try int) time.Duration {
	if d == nil {
		return 0
	}
	return sample(d, k.uniform(forTakes, ch, try))
}

// longest keeps sums of a few durations far from overflow.
const longest = 10 * 365 * 24 * time.Hour

// sample turns a uniform into a duration, to the nanosecond.
func sample(d dist.Distribution, u float64) time.Duration {
	return time.Duration(min(d.Quantile(u)*float64(time.Second), float64(longest)))
}
