package mockchannel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"channelbench/bench/dialect"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
)

// menu is what a channel makes.
type menu struct {
	channel *scenario.Channel
	jobs    []world.Job // those of the workload
}

// newMenu lists what the channel makes of the workload's videos.
func newMenu(c *scenario.Channel, w *world.Channel) *menu {
	return &menu{c, slices.DeleteFunc(slices.Clone(w.Jobs), func(j world.Job) bool { return !j.Makes })}
}

// asked is the clip that a request orders: what it leaves out is as in the workload's first video.
func (m *menu) asked(c channel.Clip) channel.Clip {
	if len(m.jobs) > 0 {
		usual := m.jobs[0].Clip
		c.Seconds, c.Resolution, c.Aspect = cmp.Or(c.Seconds, usual.Seconds), cmp.Or(c.Resolution, usual.Resolution),
			cmp.Or(c.Aspect, usual.Aspect)
	}
	return c
}

// job is what the channel makes of an order: of the workload's clips the first one of that aspect, or of any. A clip
// that the workload doesn't have is made if there is a price for it.
func (m *menu) job(c channel.Clip) (world.Job, bool) {
	for _, sameAspect := range []bool{true, false} {
		for _, j := range m.jobs {
			if alike(j.Clip, c) && (!sameAspect || j.Clip.Aspect == c.Aspect) {
				return j, true
			}
		}
	}
	other := scenario.Scenario{
		Workload: scenario.Workload{Videos: []scenario.Video{{Name: "other", Share: money.Whole, Clip: c}}},
		Channels: []scenario.Channel{*m.channel},
	}
	compiled, err := other.Compile()
	if err != nil {
		return world.Job{}, false
	}
	j := compiled.Model.Channels[0].Jobs[0]
	return j, j.Makes
}

// alike says whether two clips are the same to most prices and to the time it takes: the aspect doesn't matter, and an
// order may say nothing of audio.
func alike(a, b channel.Clip) bool {
	return (b.Audio == channel.AnyAudio || a.Audio == b.Audio) && a.Seconds == b.Seconds &&
		(a.Resolution == b.Resolution || shortSide(a) == shortSide(b) && shortSide(a) > 0)
}

// shortSide is 0 where the resolution is a word of the channel's own.
func shortSide(c channel.Clip) int {
	width, height, err := c.Size()
	if err != nil {
		return 0
	}
	return min(width, height)
}

// refusal says that the channel doesn't make a clip.
func (m *menu) refusal(c channel.Clip) *dialect.Refusal {
	lengths := m.channel.Makes.Seconds
	if len(lengths) == 0 || slices.Contains(lengths, c.Seconds) {
		return &dialect.Refusal{Fault: dialect.BadRequest, Param: "size",
			Message: fmt.Sprintf("%v is not available here.", c)}
	}
	var quoted []string
	for _, n := range lengths {
		quoted = append(quoted, fmt.Sprintf("'%d'", n))
	}
	return &dialect.Refusal{Fault: dialect.BadRequest, Param: "seconds",
		Message: fmt.Sprintf("Invalid value: '%d'. Supported values are: %s.", c.Seconds, strings.Join(quoted, ", "))}
}
