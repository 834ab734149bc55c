package view

import (
	"fmt"
	"slices"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
)

// Footnote says where the numbers of a chart come from, so that anyone can make it again. Lines break
// between its parts.
func Footnote(run *record.Run) []string {
	parts := []string{origin(run)}
	switch {
	case len(run.Truncated) > 0:
		var channels []string
		for _, t := range run.Truncated {
			channels = append(channels, t.Channel)
		}
		parts = append([]string{"CUT SHORT on " + strings.Join(channels, ", ")}, parts...)
	case run.Incomplete:
		parts = append([]string{"INCOMPLETE, interrupted"}, parts...)
	}
	if run.Invalid != "" {
		parts = append([]string{"INVALID, not to be used"}, parts...)
	}
	for _, p := range []string{PriceDates(run.Scenario.Channels), Old(run.Scenario.Channels), Beliefs(run.Scenario.Assumptions),
		"channelbench " + run.Tool.Version, ScenarioID(run.Scenario)} {
		if p != "" {
			parts = append(parts, strings.TrimSpace(p))
		}
	}
	return parts
}

// Purchase says what the run was of: the question, the models, how much is ordered and of what.
func Purchase(run *record.Run) []string {
	var parts, mix []string
	if run.Scenario.Title != "" {
		parts = append(parts, words.CutEnd(run.Scenario.Title, 100))
	}
	if models := run.Scenario.Models; len(models) > 3 {
		parts = append(parts, words.Plural(len(models), "model"))
	} else if len(models) > 0 {
		parts = append(parts, strings.Join(models, ", "))
	}
	clips := alikeTogether(run.Scenario.Videos)
	for i, v := range clips {
		if i == 4 && len(clips) > 5 {
			mix = append(mix, words.Plural(len(clips)-i, "other clip"))
			break
		}
		mix = append(mix, fmt.Sprintf("%s %d s %s", words.Percent(v.Share, words.ShareDecimals([]float64{v.Share})-1),
			v.Seconds, v.Resolution))
	}
	if len(mix) > 0 {
		parts = append(parts, words.Count(int64(run.Orders))+" orders a month: "+strings.Join(mix, ", "))
	}
	return parts
}

// alikeTogether are the clips that are ordered, each once, in whatever videos.
func alikeTogether(videos []record.Video) []record.Video {
	var clips []record.Video
next:
	for _, v := range videos {
		for i, c := range clips {
			if c.Seconds == v.Seconds && c.Resolution == v.Resolution {
				clips[i].Share += v.Share
				continue next
			}
		}
		clips = append(clips, v)
	}
	return clips
}

// origin says how the figures came about, how many there are, and the seed.
func origin(run *record.Run) string {
	if run.Mode == "bench" {
		how := "Measured"
		if run.Mock() {
			how = "Measured on mock channels"
		}
		return fmt.Sprintf("%s: %s, seed %d", how, BenchOrders(run.Strategies), run.Seed)
	}
	if Engines(run)["exact"] == len(run.Strategies) && len(run.Strategies) > 0 {
		return fmt.Sprintf("Closed form, %s orders a month", words.Count(int64(run.Orders)))
	}
	s := fmt.Sprintf("Simulation: %s × %s orders per strategy, seed %d", words.Plural(run.Months, "month"),
		words.Count(int64(run.Orders)), run.Seed)
	if p := run.Precision; p != nil && p.Met() {
		s += fmt.Sprintf(" (enough for ±%s)", InputValue(p.Asked))
	}
	if n := Engines(run)["exact"]; n > 0 {
		s += fmt.Sprintf(" (%s by closed form)", words.Plural(n, "strategy"))
	}
	return s
}

// BenchOrders says how many orders each strategy had, and how many strategies were replayed.
func BenchOrders(list []record.Strategy) string {
	fewest, most, replayed := int64(0), int64(0), 0
	for i, s := range list {
		if i == 0 || s.Orders < fewest {
			fewest = s.Orders
		}
		most = max(most, s.Orders)
		if s.Engine == "replay" {
			replayed++
		}
	}
	text := words.Count(most) + " orders per strategy"
	if fewest != most {
		text = words.Count(fewest) + " to " + text
	}
	if replayed > 0 {
		text += fmt.Sprintf(", %d of %d strategies replayed from recorded attempts", replayed, len(list))
	}
	return text
}

func Engines(run *record.Run) map[string]int {
	n := map[string]int{}
	for i := range run.Strategies {
		n[Engine(run, &run.Strategies[i])]++
	}
	return n
}

// Engine is how a strategy's figures came about. Runs of earlier versions call what mock channels showed live.
func Engine(run *record.Run, s *record.Strategy) string {
	if s.Engine == "live" && run.Mock() {
		return "mock"
	}
	return s.Engine
}

// PriceDates is the span of the dates of the prices.
func PriceDates(channels []record.Channel) string {
	first, last := "", ""
	for _, c := range channels {
		if c.PriceAsOf == "" {
			continue
		}
		if first == "" || c.PriceAsOf < first {
			first = c.PriceAsOf
		}
		last = max(last, c.PriceAsOf)
	}
	switch first {
	case "":
		return ""
	case last:
		return "prices of " + words.CutEnd(first, 24)
	}
	return "prices of " + words.CutEnd(first, 24) + " to " + words.CutEnd(last, 24)
}

// Old counts what was seen more than 90 days before the run.
func Old(channels []record.Channel) string {
	var parts []string
	for _, what := range []string{"price", "protocol"} {
		n := 0
		for _, c := range channels {
			if slices.Contains(c.Stale, what) {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, words.Plural(n, what))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, " and ") + " older than 90 days"
}

// Beliefs counts the inputs that nobody measured.
func Beliefs(list []record.Assumption) string {
	assumed, vendor := 0, 0
	for _, a := range list {
		switch a.Confidence {
		case "assumed":
			assumed++
		case "vendor":
			vendor++
		}
	}
	var parts []string
	if assumed > 0 {
		parts = append(parts, words.Plural(assumed, "input")+" assumed")
	}
	switch {
	case vendor > 0 && assumed == 0:
		parts = append(parts, words.Plural(vendor, "input")+" stated by the vendor")
	case vendor > 0:
		parts = append(parts, words.Count(int64(vendor))+" stated by the vendor")
	}
	return strings.Join(parts, ", ")
}

// ScenarioID is the scenario's name and the beginning of its hash.
func ScenarioID(s record.Scenario) string {
	id := words.CutEnd(s.Name, 40)
	if s.SHA256 != "" {
		id += " @ " + s.SHA256[:min(7, len(s.SHA256))]
	}
	return id
}
