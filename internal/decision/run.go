package decision

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/stats"
	"channelbench/internal/words"
)

// NewRun returns the record of a run of a scenario before anything is known of its strategies.
func NewRun(s *scenario.Scenario, mode, version string) *record.Run {
	return &record.Run{Schema: record.Schema, Mode: mode, Tool: record.Tool{Version: version}, Seed: s.Seed,
		Scenario: Scenario(s), Orders: s.Workload.OrdersPerMonth, Warnings: aged(s)}
}

// aged warns of what may not hold any more, in a line for each kind; the channels tell the rest.
func aged(s *scenario.Scenario) []string {
	warnings := []string{}
	stale := map[string]int{}
	var ended, ending []string
	for i := range s.Channels {
		c := &s.Channels[i]
		for _, what := range s.Stale(c) {
			stale[what]++
		}
		switch on := c.Name + " on " + c.Ended.Format(time.DateOnly); {
		case s.HasEnded(c):
			ended = append(ended, on)
		case s.EndsSoon(c):
			ending = append(ending, on)
		}
	}
	var old []string
	for _, what := range []string{"price", "protocol"} {
		if n := stale[what]; n > 0 {
			old = append(old, words.Plural(n, what))
		}
	}
	for _, w := range []struct {
		of, says string
	}{
		{strings.Join(old, " and "), "seen more than 90 days ago: %s"},
		{strings.Join(ended, ", "), "ended: %s; figures of that are history"},
		{strings.Join(ending, ", "), "ends soon: %s"},
	} {
		if w.of != "" {
			warnings = append(warnings, fmt.Sprintf(w.says, w.of))
		}
	}
	return warnings
}

// Scenario is a scenario as the record describes it.
func Scenario(s *scenario.Scenario) record.Scenario {
	described := record.Scenario{
		Name: s.Name, Title: s.Title, SHA256: s.SHA256(), PurchaseSHA256: s.PurchaseSHA256(),
		PromiseSeconds: seconds(s.Workload.Promise), DeadlineSeconds: seconds(s.Workload.Deadline),
		Channels: []record.Channel{}, Assumptions: []record.Assumption{},
	}
	if s.Decision.Budget > 0 {
		described.BudgetUSD = record.Number(s.Decision.Budget.Dollars())
	}
	for i := range s.Channels {
		c := &s.Channels[i]
		described.Channels = append(described.Channels, describe(c, s.Stale(c)))
		if c.Model != "" && !slices.Contains(described.Models, c.Model) {
			described.Models = append(described.Models, c.Model)
		}
	}
	for _, st := range s.Strategies {
		if st.Label != "" {
			if described.StrategyLabels == nil {
				described.StrategyLabels = map[string]string{}
			}
			described.StrategyLabels[st.Name] = st.Label
		}
	}
	for _, v := range s.Workload.Videos {
		described.Videos = append(described.Videos, record.Video{Name: v.Name, Share: float64(v.Share) / float64(money.Whole),
			Seconds: v.Clip.Seconds, Resolution: v.Clip.Resolution})
	}
	for _, a := range s.Assumptions() {
		described.Assumptions = append(described.Assumptions,
			record.Assumption{Key: a.Key, Confidence: a.Confidence.String(), Text: a.Text})
	}
	return described
}

func describe(c *scenario.Channel, stale []string) record.Channel {
	d := record.Channel{Name: c.Name, Label: c.Label, Kind: c.Kind.String(), Terms: c.Terms, PriceSource: c.Price.Source,
		Stale: stale}
	for _, day := range []struct {
		at   time.Time
		into *string
	}{{c.Price.AsOf, &d.PriceAsOf}, {c.AsOf, &d.AsOf}, {c.Ended, &d.Ended}} {
		if !day.at.IsZero() {
			*day.into = day.at.Format(time.DateOnly)
		}
	}
	return d
}

func seconds(d time.Duration) *float64 {
	if d == 0 {
		return nil
	}
	return record.Number(d.Seconds())
}

// Figure is an estimate as the record keeps it.
func Figure(e stats.Estimate) record.Figure {
	return record.Figure{Value: record.Number(e.Value), Low: record.Number(e.Low), High: record.Number(e.High)}
}
