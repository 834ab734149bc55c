package scenario

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/policy"
	"channelbench/internal/scenario/document"
)

// checker holds the parts of a scenario against each other. A part that is wrong in itself is
// left alone: what else would be said about it is mostly a consequence.
type checker struct {
	*reader
	root *document.Node
	s    *Scenario
}

func (r *reader) check(root *document.Node, s *Scenario) {
	c := &checker{r, root, s}
	c.checkNames()
	c.checkLabels()
	c.checkRates()
	for i := range s.Channels {
		c.checkPrices(&s.Channels[i])
		c.checkLatency(&s.Channels[i])
		c.checkAge(&s.Channels[i])
		c.checkUnit(i)
	}
	for i := range s.Workload.Videos {
		c.checkAudio(&s.Workload.Videos[i], i)
		c.checkVideo(&s.Workload.Videos[i], i)
	}
	for i := range s.Strategies {
		c.checkStrategy(&s.Strategies[i])
	}
	c.checkDecision()
	c.checkTimes()
	c.checkTrouble()
	c.checkPlausible()
}

// sound returns the node at a path, or nil where it is absent or a problem was found in it.
func (c *checker) sound(path ...any) *document.Node {
	n := c.root.Find(path...)
	if n.Bad || n != c.root.Find(path[:len(path)-1]...).Child(path[len(path)-1]) {
		return nil
	}
	return n
}

func (s *Scenario) channelNames() []string {
	var names []string
	for i := range s.Channels {
		names = append(names, s.Channels[i].Name)
	}
	return names
}

func (s *Scenario) strategyNames() []string {
	var names []string
	for i := range s.Strategies {
		names = append(names, s.Strategies[i].Name)
	}
	return names
}

// channel returns the channel of a name, or nil.
func (s *Scenario) channel(name string) *Channel {
	for i := range s.Channels {
		if s.Channels[i].Name == name {
			return &s.Channels[i]
		}
	}
	return nil
}

// checkNames checks that what is named exists.
func (c *checker) checkNames() {
	names := c.s.channelNames()
	for i, o := range c.s.Outages {
		for j, name := range o.Channels {
			c.known("channel", name, names, "outages", i, "channels", j)
		}
	}
	for _, name := range ByLength(c.s.Costs.FixedPerMonth) {
		if !slices.Contains(names, name) && len(names) > 0 {
			c.FailKey(c.root.Find("costs", "fixed_per_month", name), document.Choice(name, names), "there is no channel %q", name)
		}
	}
	strategies := c.s.strategyNames()
	for i, name := range c.s.Bench.Run {
		c.known("strategy", name, strategies, "bench", "run", i)
	}
	for i, name := range c.s.Decision.Exclude {
		c.known("strategy or channel", name, slices.Concat(strategies, names), "decision", "exclude", i)
	}
	c.known("strategy", c.s.Decision.Baseline, strategies, "decision", "baseline")
	for _, st := range c.s.Strategies {
		c.knownChannels(st.Steps, names, "strategies", st.Name, "steps")
		for i, route := range st.Routes {
			c.knownChannels(route.Steps, names, "strategies", st.Name, "route", i, "steps")
		}
	}
}

// checkLabels checks that no two channels, and no two strategies, look alike in reports.
func (c *checker) checkLabels() {
	shown := map[string]map[string]string{"channels": {}, "strategies": {}}
	for _, name := range c.s.channelNames() {
		shown["channels"][name] = name
	}
	for _, name := range c.s.strategyNames() {
		shown["strategies"][name] = name
	}
	check := func(of, name, label string) {
		n := c.root.Find(of, name, "label")
		if label == "" || n.Spoiled() {
			return
		}
		if other, found := shown[of][label]; found && other != name {
			c.Fail(n, "give each a label of its own", "reports would call both %s and %s %q", other, name, label)
			return
		}
		shown[of][label] = name
	}
	for i := range c.s.Channels {
		check("channels", c.s.Channels[i].Name, c.s.Channels[i].Label)
	}
	for _, st := range c.s.Strategies {
		check("strategies", st.Name, st.Label)
	}
}

// knownChannels checks that the channels of the steps at a path exist.
func (c *checker) knownChannels(steps []Step, names []string, path ...any) {
	for i, step := range steps {
		c.known("channel", step.Channel, names, append(slices.Clone(path), i, "channel")...)
		if step.Hedge != nil {
			c.known("channel", step.Hedge.Channel, names, append(slices.Clone(path), i, "hedge", "channel")...)
		}
	}
}

// known reports a name that isn't among those there are.
func (c *checker) known(what, name string, names []string, path ...any) {
	n := c.root.Find(path...)
	if n.Spoiled() || slices.Contains(names, name) || len(names) == 0 || n.Value != any(name) {
		return
	}
	hint := document.Choice(name, names)
	if what == "channel" && slices.Contains(c.s.strategyNames(), name) {
		hint = "that is a strategy, and a step names a channel: " + hint
	}
	c.Because("no "+name, n, hint, "there is no %s %q", what, name)
}

// checkLatency checks that a channel has a latency for the videos it can make.
func (c *checker) checkLatency(ch *Channel) {
	n := c.sound("channels", ch.Name, "latency")
	if n == nil || c.sound("channels", ch.Name) == nil || c.sound("workload", "videos") == nil {
		return
	}
	for i := range c.s.Workload.Videos {
		made, err := ch.make(&c.s.Workload.Videos[i])
		if err != nil {
			continue
		}
		if _, err := ch.service(made); err != nil {
			c.Fail(n.Find("per_second"), "add it, or write one duration for all resolutions", "%v", err)
		}
	}
}

// checkPrices checks that a channel has a price for what it says it makes.
func (c *checker) checkPrices(ch *Channel) {
	n := c.sound("channels", ch.Name, "makes")
	if n == nil || c.sound("channels", ch.Name, "price") == nil {
		return
	}
	for i, seconds := range ch.Makes.Seconds {
		if item := n.Find("seconds", i); ch.Price.Shape == channel.Ladder && ch.Price.Rungs[seconds] == nil {
			c.Fail(item, "the ladder prices "+priced(&ch.Price), "%s makes %d s, but its ladder has no rung for that", ch.Name,
				seconds)
		}
	}
	for i, resolution := range ch.Makes.Resolutions {
		if !ch.Price.Prices(resolution) {
			c.Fail(n.Find("resolutions", i), "it has prices for "+priced(&ch.Price), "%s makes %s, but has no price for it",
				ch.Name, resolution)
		}
	}
}

// checkUnit checks that channels which are paid from one account agree on what a unit of it is worth.
func (c *checker) checkUnit(i int) {
	ch := &c.s.Channels[i]
	for j := range i {
		other := &c.s.Channels[j]
		if n := c.sound("channels", ch.Name); n != nil && ch.BalanceURL != "" && ch.BalanceURL == other.BalanceURL &&
			ch.BalanceKeyEnv == other.BalanceKeyEnv && ch.BalanceUnit != other.BalanceUnit {
			c.Fail(n.Find("balance_unit"), "state the same balance_unit for both, or for neither",
				"%s and %s share an account, and disagree on what a unit of it is worth", other.Name, ch.Name)
			return
		}
	}
}

// checkAudio checks that a video says whether it has audio where that makes a difference to its price.
func (c *checker) checkAudio(v *Video, i int) {
	n := c.sound("workload", "videos", i)
	if n == nil || v.Clip.Audio != channel.AnyAudio {
		return
	}
	for j := range c.s.Channels {
		ch := &c.s.Channels[j]
		if c.sound("channels", ch.Name) != nil && ch.Price.ByAudio(v.Clip.Resolution) {
			c.Fail(n.Find("resolution"), "add audio = true or audio = false to the video",
				"%s has one price for %s with audio and another one without, and %q doesn't say which", ch.Name,
				v.Clip.Resolution, v.Name)
			return
		}
	}
}

// checkVideo checks that some channel makes a video.
func (c *checker) checkVideo(v *Video, i int) {
	n := c.sound("workload", "videos", i)
	if n == nil || len(c.s.Channels) == 0 {
		return
	}
	at := "resolution"
	var reasons []string
	for j := range c.s.Channels {
		ch := &c.s.Channels[j]
		err, known := c.makes(ch.Name, v)
		if err == nil || !known {
			return
		}
		if ch.knows(v.Clip.Resolution) {
			at = "seconds"
		}
		reasons = append(reasons, err.Error())
	}
	c.Fail(n.Find(at), strings.Join(reasons, "; "), "no channel makes %q, a clip of %v", v.Name, v.Clip)
}

// makes says why a channel can't make a video; that isn't known where a problem was found in the channel.
func (c *checker) makes(name string, v *Video) (err error, known bool) {
	if c.sound("channels", name) == nil {
		return nil, false
	}
	_, err = c.s.channel(name).make(v)
	return err, true
}

// knows says whether a channel makes clips of a resolution at all.
func (ch *Channel) knows(resolution string) bool {
	return ch.Price.Prices(resolution) &&
		(len(ch.Makes.Resolutions) == 0 || slices.Contains(ch.Makes.Resolutions, resolution))
}

// lacking is what a channel lacks for a video, by which the consequences of one mistake are known.
func (ch *Channel) lacking(v *Video) string {
	if !ch.knows(v.Clip.Resolution) {
		return ch.Name + ": " + v.Clip.Resolution
	}
	return ch.Name + ": " + v.Clip.String()
}

// checkStrategy checks that every video has a route, and every route a channel that can make it.
func (c *checker) checkStrategy(st *Strategy) {
	n := c.sound("strategies", st.Name)
	if n == nil {
		return
	}
	c.checkSteps(st.Steps, n.Find("steps"))
	for i := range st.Routes {
		c.checkSteps(st.Routes[i].Steps, n.Find("route", i, "steps"))
	}
	reached := make([]bool, len(st.Routes)+1)
	for i := range c.s.Workload.Videos {
		v := &c.s.Workload.Videos[i]
		steps, route := st.route(v)
		reached[route] = true
		where := n.Find("steps")
		if route < len(st.Routes) {
			where = n.Find("route", route, "steps")
		}
		switch {
		case c.sound("workload", "videos", i) == nil:
		case len(steps) == 0:
			c.FailKey(n, "add steps = ["+stepExample+"] for what no route matches", "strategy %s has no steps for %q", st.Name,
				v.Name)
		default:
			c.checkRoute(st, v, steps, where)
		}
	}
	if !c.root.Find("workload", "videos").Bad {
		c.checkReached(st, n, reached)
	}
}

// checkReached warns of routes and steps that no video takes.
func (c *checker) checkReached(st *Strategy, n *document.Node, reached []bool) {
	for i, route := range st.Routes {
		if w := route.When; w.Video != "" && !c.s.hasVideo(w.Video) {
			at := n.Find("route", i, "when", "video")
			c.Because("no video "+w.Video, at, document.Choice(w.Video, c.s.videoNames()), "there is no video %q", w.Video)
		} else if !reached[i] {
			c.Warn(n.Find("route", i, "when"), "",
				"this route is never taken: no video of the workload matches it, or an earlier route does")
		}
	}
	if !reached[len(st.Routes)] && len(st.Steps) > 0 {
		c.Warn(n.Find("steps"), "", "these steps are never taken: every video of the workload matches a route")
	}
}

// checkSteps holds steps against each other and against the deadline.
func (c *checker) checkSteps(steps []Step, n *document.Node) {
	c.checkLostSubmits(steps, n)
	deadline := c.s.Workload.Deadline
	if w := c.sound("workload"); w == nil || w.Find("deadline").Bad {
		return
	}
	hint := ""
	if c.sound("workload", "deadline") == nil {
		hint = "no deadline is stated, so this is the default: state a later one"
	}
	for i, step := range steps {
		if step.Timeout >= deadline {
			c.OddBecause("timeout after the deadline", n.Find(i, "timeout"), hint,
				"the timeout of %s never strikes: the deadline of %s ends the order before", Duration(step.Timeout),
				Duration(deadline))
		}
		if step.Hedge != nil && step.Hedge.After >= deadline {
			c.OddBecause("hedge after the deadline", n.Find(i, "hedge", "after"), hint,
				"the hedge never begins: the deadline of %s ends the order before", Duration(deadline))
		}
	}
}

// checkLostSubmits refuses steps that would submit an order again where its first submit was lost:
// it may be running there.
func (c *checker) checkLostSubmits(steps []Step, n *document.Node) {
	for i, step := range steps {
		rule, cause := c.s.Retry.OnAmbiguous, "on_ambiguous of [retry]"
		if step.OnAmbiguous != nil {
			rule, cause = *step.OnAmbiguous, ""
		}
		for k := i + 1; k < len(steps) && rule == policy.NextStep; k++ {
			where := n.Find(k, "channel")
			for j, name := range steps[k].channels() {
				if j > 0 {
					where = n.Find(k, "hedge", "channel")
				}
				if slices.Contains(step.channels(), name) {
					c.Because(cause, where, `on_ambiguous = "stop" for the earlier step, or one step on the channel`,
						"with on_ambiguous = \"next_step\" an order whose submit to %s was lost would be submitted there again", name)
				}
			}
		}
	}
}

func (s *Scenario) hasVideo(name string) bool { return slices.Contains(s.videoNames(), name) }

func (s *Scenario) videoNames() []string {
	var names []string
	for _, v := range s.Workload.Videos {
		names = append(names, v.Name)
	}
	return names
}

// checkRoute checks that some step can make a video, and warns of those that can't.
func (c *checker) checkRoute(st *Strategy, v *Video, steps []Step, where *document.Node) {
	able, unsure := 0, false
	var reasons, lacking []string
	for _, step := range steps {
		err, known := c.makes(step.Channel, v)
		switch {
		case !known:
			unsure = true
		case err == nil:
			able++
		default:
			reasons, lacking = append(reasons, err.Error()), append(lacking, c.s.channel(step.Channel).lacking(v))
		}
	}
	if able == 0 && !unsure {
		cause, hint := strings.Join(slices.Compact(lacking), "; "), strings.Join(slices.Compact(reasons), "; ")
		c.Because(cause, where, hint, "no step of strategy %s can make %q, a clip of %v", st.Name, v.Name, v.Clip)
		return
	}
	for i, step := range steps {
		if err, known := c.makes(step.Channel, v); known && err != nil {
			cause := c.s.channel(step.Channel).lacking(v)
			c.OddBecause(cause, where.Find(i), err.Error(), "strategy %s skips this step for %q, a clip of %v", st.Name, v.Name,
				v.Clip)
		} else if step.Hedge != nil {
			if err, known := c.makes(step.Hedge.Channel, v); known && err != nil {
				c.Fail(where.Find(i, "hedge", "channel"),
					"hedge on another channel, or route this video by steps without the hedge",
					"the hedge can't make %q, a clip of %v: %v", v.Name, v.Clip, err)
			}
		}
	}
}

// make returns the clip that a channel makes of a video, or says why it can't.
func (ch *Channel) make(v *Video) (channel.Clip, error) {
	made, ok := ch.Make(v.Clip, v.Fit)
	if !ok {
		return made, errors.New(ch.refusal(v))
	}
	return made, nil
}

// refusal says why a channel can't make a video.
func (ch *Channel) refusal(v *Video) string {
	switch m := ch.Makes; {
	case len(m.Resolutions) > 0 && !slices.Contains(m.Resolutions, v.Clip.Resolution):
		return ch.Name + " makes " + strings.Join(m.Resolutions, ", ") + " only"
	case len(m.Seconds) > 0 && !slices.Contains(m.Seconds, v.Clip.Seconds):
		why := ch.Name + " makes " + seconds(m.Seconds) + " only"
		if v.Fit == channel.Exact && v.Clip.Seconds < slices.Max(m.Seconds) {
			why += `; fit = "longer" would allow a longer clip`
		}
		return why
	}
	if _, err := ch.Price.Charge(channel.Usage{Clip: v.Clip}); err != nil && !errors.Is(err, channel.ErrNoPrice) {
		return ch.Name + ": " + err.Error()
	}
	return ch.Name + " has no price for " + v.Clip.String() + ", only for " + priced(&ch.Price)
}

func seconds(lengths []int) string {
	var all []string
	for _, s := range lengths {
		all = append(all, strconv.Itoa(s))
	}
	return strings.Join(all, ", ") + " s"
}

// perSecond is the latency per second of a resolution.
func (ch *Channel) perSecond(resolution string) (time.Duration, error) {
	by := ch.Latency.PerSecond
	if d, ok := by[resolution]; ok {
		return d, nil
	}
	if d, ok := by[channel.Any]; ok || len(by) == 0 {
		return d, nil
	}
	return 0, errors.New("the latency of " + ch.Name + " says nothing about " + resolution + ", only about " +
		strings.Join(ByLength(by), ", "))
}

// median is the median latency of a clip as made.
func (ch *Channel) median(made channel.Clip) (time.Duration, error) {
	per, err := ch.perSecond(made.Resolution)
	if err != nil {
		return 0, err
	}
	// A clip is at most 3600 s; more than a few centuries would overflow.
	if per > longest/time.Duration(max(1, made.Seconds)) {
		return 0, errors.New("the latency of " + ch.Name + " is more than ten years")
	}
	return ch.Latency.Base + per*time.Duration(made.Seconds), nil
}
