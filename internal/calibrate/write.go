package calibrate

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"channelbench/internal/calibrate/figure"
	"channelbench/internal/calibrate/fit"
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
	"channelbench/internal/scenario/document"
)

// key is a channel's key as findings call it.
func (c *calibration) key(ch int, rest string) string {
	return "channels." + c.s.Channels[ch].Name + "." + rest
}

func (c *calibration) edit(value string, path ...string) {
	c.edits = append(c.edits, document.Edit{Path: path, Value: value})
}

func (c *calibration) remove(path ...string) {
	c.edits = append(c.edits, document.Edit{Path: path, Remove: true})
}

// note appends the dates of the nights to a comment.
func (c *calibration) note(text string) string {
	first, last := c.nights[0].From, c.nights[len(c.nights)-1].From
	when := first.Format(time.DateOnly)
	if to := last.Format(time.DateOnly); to != when {
		when += " to " + to
	}
	if c.Mock {
		when += ", mock channels"
	}
	return text + ", " + when
}

// remark adds to the comment above a key.
func (c *calibration) remark(text string, path ...string) {
	at := document.NotePath(path)
	c.notes[at] = join(c.notes[at], text)
}

// writeRate writes a rate, its interval, and where they are from.
func (c *calibration) writeRate(ch int, kind channel.Reason, r *fit.Rate) {
	at := []string{"channels", c.s.Channels[ch].Name, "errors", kind.String()}
	stated := &c.s.Channels[ch].Errors.By[kind]
	least := 1 / float64(money.Whole)
	low := math.Max(least, figure.Digits(r.Low, 3, math.Floor))
	most := 1.0
	if kind.Phase() == channel.Fetching {
		most = 0.99
	}
	high := figure.Share(math.Min(most, figure.Digits(r.High, 3, math.Ceil)))
	value := figure.Share(math.Max(low, math.Min(high, figure.Digits(r.Value, 3, math.Round))))
	low = figure.Share(low)
	limits := &scenario.Range{Low: low, High: high, Distribution: "uniform"}
	if stated.Range != nil {
		limits.Distribution = stated.Range.Distribution
	}
	text := fmt.Sprintf("[%q, %q]", figure.Exact(low), figure.Exact(high))
	source := ""
	if !document.Has(c.s.Source, at...) {
		c.edit(fmt.Sprintf(`{ rate = %q, range = %s, confidence = "measured" }`, figure.Exact(value), text), at...)
	} else {
		c.edit(strconv.Quote(figure.Exact(value)), append(at, "rate")...)
		c.edit(text, append(at, "range")...)
		c.edit(`"measured"`, append(at, "confidence")...)
		if source = stated.Source; source != "" {
			source = c.source()
			c.edit(strconv.Quote(source), append(at, "source")...)
		}
	}
	text = fmt.Sprintf("%s, %s–%s", evidence(r.Hits, r.Tries, r.Nights), figure.Percent(r.Low), figure.Percent(r.High))
	if r.Widened() {
		text += ", nights differ"
	}
	c.remark(text, at...)
	c.wants = append(c.wants, func(s *scenario.Scenario) {
		e := &s.Channels[ch].Errors.By[kind]
		e.Rate, e.Range, e.Confidence, e.Source = value, limits, scenario.Measured, source
	})
}

// source replaces the stated source of a measured figure.
func (c *calibration) source() string { return c.note("calibrate, " + nightsOf(c.Nights)) }

func (c *calibration) writeBurst(ch int, burst fit.Estimate) {
	at := []string{"channels", c.s.Channels[ch].Name, "errors", "region"}
	c.edit(strconv.Quote(figure.Seconds(burst.Value)), append(at, "burst")...)
	c.remark(fmt.Sprintf("burst %s–%s", figure.Seconds(burst.Low), figure.Seconds(burst.High)), at...)
	c.wants = append(c.wants, func(s *scenario.Scenario) { s.Channels[ch].Errors.Burst = figure.Span(burst.Value) })
}

// writeLatency writes a line, its spread and what the median may be off by.
func (c *calibration) writeLatency(t *timing, x *fit.Times) {
	at := []string{"channels", c.s.Channels[t.ch].Name, "latency"}
	in := func(key ...string) []string { return append(append([]string(nil), at...), key...) }
	l := *t.stated
	if l.Base > 0 {
		l.Base = max(time.Millisecond, figure.Span(x.Base))
		c.edit(strconv.Quote(figure.Seconds(x.Base)), in("base")...)
		if figure.Span(x.Base) == 0 {
			c.edits[len(c.edits)-1].Value = `"1ms"`
		}
	}
	l.PerSecond = map[string]time.Duration{}
	for g, k := range t.keys {
		l.PerSecond[k] = figure.Span(x.Slope[g])
		path := in("per_second")
		if k != channel.Any {
			path = append(path, k)
		}
		c.edit(strconv.Quote(figure.Seconds(x.Slope[g])), path...)
	}
	if t.keys == nil {
		l.PerSecond = t.stated.PerSecond
	}
	c.shape(&l, x, in)
	c.limits(&l, x, in)
	c.remark(latencyNote(x), at...)
	c.wants = append(c.wants, func(s *scenario.Scenario) { s.Channels[t.ch].Latency = l })
}

func latencyNote(x *fit.Times) string {
	name := "sigma"
	if x.Shape != fit.Lognormal {
		name = "k"
	}
	text := fmt.Sprintf("%d times in %s, median times %s–%s", x.N-x.Cut, nightsOf(x.Nights),
		figure.Percent(x.Factor.Low), figure.Percent(x.Factor.High))
	if x.Shape != constant {
		text += fmt.Sprintf(", %s %.3g–%.3g", name, x.Spread.Low, x.Spread.High)
	}
	if x.Cut > 0 {
		text += fmt.Sprintf(", %d more cut off", x.Cut)
	}
	if x.Widened() {
		text += ", nights differ"
	}
	return text
}

// shape writes the shape's name and parameter, and takes away those of another one.
func (c *calibration) shape(l *scenario.Latency, x *fit.Times, in func(...string) []string) {
	if x.Shape == constant {
		return // as stated
	}
	spread := figure.Digits(x.Spread.Value, 3, math.Round)
	text := strconv.FormatFloat(spread, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	if shape := string(x.Shape); shape != l.Shape {
		c.edit(strconv.Quote(shape), in("shape")...)
		l.Shape = shape
	}
	if x.Shape == fit.Lognormal {
		c.remove(in("k")...)
		c.edit(text, in("sigma")...)
		l.Sigma, l.K = spread, 0
		return
	}
	c.remove(in("sigma")...)
	c.edit(text, in("k")...)
	l.K, l.Sigma = spread, 0
}

// limits writes what the median may be off by, and where that is from.
func (c *calibration) limits(l *scenario.Latency, x *fit.Times, in func(...string) []string) {
	low := figure.Share(math.Max(0.01, figure.Digits(math.Min(x.Factor.Low, 0.999), 3, math.Floor)))
	high := figure.Share(math.Min(100, figure.Digits(math.Max(x.Factor.High, 1.001), 4, math.Ceil)))
	limits := &scenario.Range{Low: low, High: high, Distribution: "uniform"}
	if l.Range != nil {
		limits.Distribution = l.Range.Distribution
	}
	l.Range, l.Confidence = limits, scenario.Measured
	c.edit(fmt.Sprintf("[%q, %q]", figure.Exact(low), figure.Exact(high)), in("range")...)
	c.edit(`"measured"`, in("confidence")...)
	if l.Source != "" {
		l.Source = c.source()
		c.edit(strconv.Quote(l.Source), in("source")...)
	}
}

// writeValues puts the values themselves beside the scenario.
func (c *calibration) writeValues(t *timing, x *fit.Times) {
	at := []string{"channels", c.s.Channels[t.ch].Name, "latency"}
	in := func(key ...string) []string { return append(append([]string(nil), at...), key...) }
	l := *t.stated
	l.File, l.Values = c.valuesFile(t.ch), t.values()
	for _, key := range []string{"base", "per_second", "sigma", "k"} {
		c.remove(in(key)...)
	}
	c.edit(`"empirical"`, in("shape")...)
	c.edit(strconv.Quote(l.File), in("file")...)
	l.Shape, l.Base, l.PerSecond, l.Sigma, l.K = "empirical", 0, nil, 0, 0
	c.limits(&l, x, in)
	c.remark(latencyNote(x), at...)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# seconds from acceptance to ready, the middle between two polls; %s\n", c.source())
	for _, v := range l.Values {
		fmt.Fprintln(&b, strconv.FormatFloat(v, 'f', -1, 64))
	}
	c.Files[l.File] = b.Bytes()
	c.wants = append(c.wants, func(s *scenario.Scenario) { s.Channels[t.ch].Latency = l })
}

func (c *calibration) writeShare(path []string, v float64) {
	c.edit(strconv.Quote(figure.Exact(figure.Share(v))), append([]string(nil), path...)...)
}

// writeSpells writes how long spells last, and if asked how long it is between them.
func (c *calibration) writeSpells(at []string, gap string, between float64, x *fit.Times, note string) {
	in := func(key ...string) []string { return append(append([]string(nil), at...), key...) }
	sigma := math.Max(0.01, figure.Digits(x.Spread.Value, 3, math.Round))
	if document.Has(c.s.Source, in("lasts", "median")...) {
		c.edit(strconv.Quote(figure.Seconds(x.Base)), in("lasts", "median")...)
		c.edit(strconv.FormatFloat(sigma, 'f', -1, 64), in("lasts", "sigma")...)
	} else {
		c.edit(fmt.Sprintf("{ median = %q, sigma = %s }", figure.Seconds(x.Base),
			strconv.FormatFloat(sigma, 'f', -1, 64)), in("lasts")...)
	}
	lasts := scenario.Takes{Median: figure.Span(x.Base), Sigma: sigma}
	if gap == "" {
		c.remark(note, at...)
		c.wants = append(c.wants, func(s *scenario.Scenario) {
			for i := range s.Channels {
				if s.Channels[i].Name == at[1] {
					s.Channels[i].Regimes[0].Lasts = lasts
				}
			}
		})
		return
	}
	c.edit(strconv.Quote(figure.Seconds(between)), in(gap)...)
	c.remark(note, in(gap)...)
	i, _ := strconv.Atoi(at[1])
	c.wants = append(c.wants, func(s *scenario.Scenario) {
		s.Outages[i].Lasts, s.Outages[i].Between = lasts,
			figure.Span(between)
	})
}

func wantRegime(ch int, share, refuses float64) func(*scenario.Scenario) {
	return func(s *scenario.Scenario) {
		s.Channels[ch].Regimes[0].Share, s.Channels[ch].Regimes[0].Submit = share, refuses
	}
}

// write patches the text and proves that it says what was intended and nothing else.
func (c *calibration) write() error {
	for path, text := range c.notes {
		c.notes[path] = c.note(text)
	}
	var err error
	if c.Text, err = document.Patch(c.s.Source, c.edits, c.notes); err != nil {
		return err
	}
	load := c.o.Load
	load.ReadFile = func(name string) ([]byte, error) {
		if own, is := c.Files[name]; is {
			return own, nil
		}
		if c.o.Load.ReadFile == nil {
			return nil, errors.New("there are no files")
		}
		return c.o.Load.ReadFile(name)
	}
	got, _, err := scenario.Load(c.s.Name+".toml", c.Text, load)
	if err != nil {
		return fmt.Errorf("the calibrated scenario is not valid; this is a bug, please report it with the scenario: %w", err)
	}
	want, _, err := scenario.Load(c.s.Name+".toml", c.s.Source, load)
	if err != nil {
		return err
	}
	for _, set := range c.wants {
		set(want)
	}
	want.Source, want.Name = got.Source, got.Name
	if !reflect.DeepEqual(want, got) {
		return errors.New("the calibrated scenario says something else than was meant; " +
			"this is a bug, please report it with the scenario")
	}
	c.Scenario = got
	return nil
}
