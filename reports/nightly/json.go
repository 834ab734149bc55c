package nightly

import (
	"encoding/json"
	"io"
	"math"

	"channelbench/internal/history"
)

// JSONSchema is the version of what JSON writes; changes within it are additive.
const JSONSchema = "channelbench/compare/v1"

// verdictJSON is a verdict in base units: dollars, seconds, shares. What isn't known, or was never reached, is null.
type verdictJSON struct {
	Strategy string         `json:"strategy"`
	Figure   string         `json:"figure"`
	Verdict  history.Status `json:"verdict"`
	Base     *float64       `json:"base"`
	Value    *float64       `json:"value"`
	Effect   *float64       `json:"effect"`
	Low      *float64       `json:"low"`
	High     *float64       `json:"high"`
	Gate     float64        `json:"gate"`
	Score    *float64       `json:"score"`
	Orders   int64          `json:"orders"`
	Nights   int            `json:"baseline_nights"`
	Judged   int            `json:"judged_nights"` // that value, effect and its interval are of together
	Since    string         `json:"since,omitempty"`
	Reason   string         `json:"reason,omitempty"`
}

// JSON writes what CSV does, with the headline and the notes.
func JSON(w io.Writer, c *history.Comparison) error {
	c = harmless(c)
	document := struct {
		Schema   string        `json:"schema"`
		Headline string        `json:"headline"`
		Scenario string        `json:"scenario"`
		Site     string        `json:"site"`
		Channels string        `json:"channels"`
		Night    string        `json:"night"`
		Base     string        `json:"base"`
		New      string        `json:"new"`
		Verdicts []verdictJSON `json:"verdicts"`
		Notes    []string      `json:"notes,omitempty"`
		Suggest  string        `json:"suggest_from,omitempty"`
	}{Schema: JSONSchema, Headline: Headline(c), Scenario: c.Group.Scenario, Site: c.Group.Site, Channels: c.Group.Mode,
		Night: c.Night, Base: c.Base, New: c.New, Verdicts: []verdictJSON{}, Notes: c.Notes, Suggest: c.Suggest}
	for i := range c.Verdicts {
		v := &c.Verdicts[i]
		document.Verdicts = append(document.Verdicts, verdictJSON{
			v.Strategy, v.Gate.Metric, v.Status, finite(v.Base), finite(v.Value), finite(v.Effect), finite(v.Low),
			finite(v.High),
			v.Gate.Change, finite(v.Score), v.Orders, v.Nights, v.Judged, v.Since, v.Reason,
		})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}

// finite is a number that JSON can tell.
func finite(x *float64) *float64 {
	if x == nil || math.IsInf(*x, 0) || math.IsNaN(*x) {
		return nil
	}
	return x
}
