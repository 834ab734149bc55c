package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario/document"
	"channelbench/internal/world"
)

const videoExample = `{ name = "short", share = "100%", seconds = 8, resolution = "720p" }`

// DefaultDeadline is when an order ends where a scenario states no deadline, and promises nothing later: a job that
// never ends would hold a bench up.
const DefaultDeadline = time.Hour

func (r *reader) workload(n *document.Node) Workload {
	t := r.table(n, `[workload]`)
	defer t.close()
	w := Workload{
		OrdersPerMonth: need(t, "orders_per_month", "orders_per_month = 20_000", integer(1, 1_000_000_000)),
		GrowthPerMonth: read(t, "growth_per_month", 0, (*reader).share),
		Arrivals:       Arrivals{Process: "poisson"},
		Promise:        read(t, "promise", 0, (*reader).positiveDuration),
		Deadline:       read(t, "deadline", 0, (*reader).positiveDuration),
	}
	if n := t.get("arrivals"); n != nil {
		w.Arrivals = r.arrivals(n)
	}
	stated := n.Fields()["orders_per_month"]
	if recorded := len(w.Arrivals.Trace); recorded > 0 && recorded != w.OrdersPerMonth && stated != nil && !stated.Bad {
		r.Fail(stated, fmt.Sprintf("write %d, which is what the trace has", recorded),
			"%s has %s, and orders_per_month is %d", w.Arrivals.File, count(recorded, "arrival"), w.OrdersPerMonth)
	}
	w.Videos = need(t, "videos", "a table [[workload.videos]] with name, share, seconds and resolution",
		list("[[workload.videos]]", (*reader).video))
	if videos := n.Find("videos"); videos.Name == "videos" && !videos.Bad {
		r.checkVideos(videos, w.Videos)
	}
	if w.Deadline == 0 {
		w.Deadline = max(DefaultDeadline, w.Promise)
	}
	if w.Deadline < w.Promise {
		r.Fail(n.Find("deadline"), "make the deadline the longer of the two, or leave it out",
			"the deadline of %s is before the promise of %s", Duration(w.Deadline), Duration(w.Promise))
	}
	return w
}

func (r *reader) arrivals(n *document.Node) Arrivals {
	t := r.table(n, `{ process = "poisson" }`)
	defer t.close()
	a := Arrivals{
		Process: read(t, "process", "poisson", nameOf("poisson", "constant", "trace")),
		File:    read(t, "file", "", (*reader).text),
		Profile: read(t, "profile", nil, list("24 weights, one for each hour", decimal(0, 1e9))),
	}
	if a.Process == "trace" && a.File == "" {
		t.missing("file", `file = "arrivals.txt"`)
	}
	if a.Process != "trace" && a.File != "" {
		r.FailKey(n.Find("file"), `write process = "trace", or leave the file out`,
			"a file of arrivals is only read with process = \"trace\"")
	}
	if a.Process == "trace" && a.File != "" {
		a.Trace = r.trace(n.Find("file"), a.File)
	}
	if profile := n.Find("profile"); profile != n && !profile.Bad {
		r.checkProfile(profile, a)
	}
	return a
}

// trace reads a file of arrivals: seconds since the start of the month, in any order.
func (r *reader) trace(n *document.Node, path string) []time.Duration {
	var trace []time.Duration
	for _, seconds := range r.measured(n, path) {
		if seconds >= world.Month.Seconds() {
			r.Fail(n, "offsets are seconds since the start of the month, below 2592000",
				"%s has an arrival after %s s, and a month has 30 days", path, document.Number(seconds))
			return nil
		}
		trace = append(trace, time.Duration(seconds*float64(time.Second)))
	}
	slices.Sort(trace)
	return trace
}

func (r *reader) checkProfile(n *document.Node, a Arrivals) {
	sum := 0.0
	for _, w := range a.Profile {
		sum += w
	}
	switch {
	case len(a.Profile) != 24:
		r.Fail(n, "write 24 weights, one for each hour of the day", "profile has %s", count(len(a.Profile), "weight"))
	case sum == 0:
		r.Fail(n, "give at least one hour a weight above 0", "all weights of the profile are 0")
	case a.Process == "trace":
		r.FailKey(n, "leave it out: the trace says when orders come", "a profile cannot be combined with a trace")
	}
}

// count writes a number and its noun: "1 weight", "3 weights".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (r *reader) video(n *document.Node) (Video, bool) {
	t := r.table(n, videoExample)
	defer t.close()
	v := Video{
		Name:  need(t, "name", `name = "short"`, (*reader).name),
		Share: need(t, "share", `share = "100%"`, (*reader).billionths),
		Clip: channel.Clip{
			Seconds:    need(t, "seconds", "seconds = 8", integer(1, 3600)),
			Resolution: need(t, "resolution", `resolution = "720p"`, (*reader).resolution),
			Aspect:     read(t, "aspect", "16:9", (*reader).word),
			Audio:      read(t, "audio", channel.AnyAudio, (*reader).audio),
		},
		Fit: read(t, "fit", channel.Exact, oneOf[channel.Fit](channel.Fits)),
	}
	return v, !n.Bad
}

// audio reads whether a video has sound.
func (r *reader) audio(n *document.Node) (channel.Audio, bool) {
	switch n.Value {
	case true:
		return channel.Audible, true
	case false:
		return channel.Silent, true
	}
	r.wrongType(n, "true or false", "audio = true, or leave it out where it makes no difference")
	return channel.AnyAudio, false
}

// checkVideos checks what no video shows alone: names are unique, shares sum to 100 %.
func (r *reader) checkVideos(n *document.Node, videos []Video) {
	seen := map[string]bool{}
	var sum money.Billionths
	var terms []string
	for i, v := range videos {
		if seen[v.Name] {
			r.Fail(n.Find(i, "name"), "give each video a name of its own", "a video named %q stands above", v.Name)
		}
		seen[v.Name] = true
		if v.Share == 0 {
			r.Fail(n.Find(i, "share"), "leave the video out", "no order is for %q: its share is 0%%", v.Name)
		}
		// Shares far beyond the whole are cut, so that the sum cannot overflow.
		sum += min(v.Share, 1000*money.Whole)
		terms = append(terms, v.Share.String())
	}
	switch {
	case len(videos) == 0:
		r.Fail(n, "add "+videoExample, "the workload has no videos")
	case sum != money.Whole && len(videos) == 1:
		r.Fail(n.Find(0, "share"), `write "100%", or add the other videos`, "the share of the only video is %v, not 100%%",
			sum)
	case sum != money.Whole:
		r.Fail(n.Find(len(videos)-1, "share"), strings.Join(terms, " + ")+" = "+sum.String(),
			"the shares of the videos sum to %v, not 100%%", sum)
	}
}

// fastest is the shortest and its name; false where there is none.
type fastest struct {
	of     string
	median time.Duration
	known  bool
}

func (f *fastest) see(of string, median time.Duration) {
	if !f.known || median < f.median {
		*f = fastest{of, median, true}
	}
}
