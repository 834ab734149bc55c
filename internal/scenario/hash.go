package scenario

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"strings"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/policy"
)

// SHA256 identifies exactly what was loaded: the source, the overrides and the files it names.
func (s *Scenario) SHA256() string {
	h := sha256.New()
	write := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	write(s.Source)
	for _, set := range s.Set {
		write([]byte(set))
	}
	for _, at := range s.Workload.Arrivals.Trace {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(at)))
	}
	for i := range s.Channels {
		for _, v := range s.Channels[i].Latency.Values {
			h.Write(binary.BigEndian.AppendUint64(nil, math.Float64bits(v)))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// purchase is what is bought, not what is believed about errors and latency.
type purchase struct {
	Workload   Workload
	Channels   map[string]bought
	Strategies map[string]policySteps
}

type bought struct {
	Protocol, Model string
	Makes           channel.Makes
	Price           boughtPrice
	Send            []string          `json:",omitzero"`
	Fields          map[string]any    `json:",omitzero"`
	Headers         map[string]string `json:",omitzero"`
}

// boughtPrice is what is bought of a price. Dates and sources are documentation, and the word for a unit is one.
type boughtPrice struct {
	Shape           channel.Shape
	Units           map[string]money.Micros
	Extra           money.Micros
	Included        int
	Rungs           map[int]map[string]money.Micros
	CreditPrice     money.Micros // of one unit, where it is the same for all clips
	Discount, Bonus money.Billionths
	Billed          channel.Billed
	AsOf            time.Time               // always zero, and always written: so it was when histories began
	Source          string                  // the same
	UnitPrice       map[string]money.Micros `json:",omitempty"`
	Per             int                     `json:",omitzero"`
	Packs           []channel.Pack          `json:",omitempty"`
	Formula         string                  `json:",omitzero"`
	Rate            money.Micros            `json:",omitzero"`
}

func priceOf(p *channel.Price) boughtPrice {
	b := boughtPrice{Shape: p.Shape, Units: p.Units, Extra: p.Extra, Included: p.Included, Rungs: p.Rungs,
		Discount: p.Discount, Bonus: p.Bonus, Billed: p.Billed, Rate: p.Rate, Packs: p.Packs}
	if each, all := p.UnitPrice[channel.Any]; all && p.Per == 1 {
		b.CreditPrice = each
	} else {
		b.UnitPrice, b.Per = p.UnitPrice, p.Per
	}
	if p.Formula != nil {
		b.Formula = p.Formula.String()
	}
	return b
}

// policySteps are a strategy's effective steps by video, with [retry] filled in.
type policySteps map[string][]boughtStep

type boughtStep struct {
	Channel     string
	Attempts    int
	Backoff     policy.Backoff
	RetryOn     policy.ReasonSet
	OnAmbiguous policy.OnAmbiguous
	Timeout     time.Duration  `json:",omitzero"`
	Breaker     policy.Breaker `json:",omitzero"`
	Budget      policy.Budget  `json:",omitzero"`
	Hedge       Hedge          `json:",omitzero"`
}

// PurchaseSHA256 identifies what is bought: workload, protocols, models, prices, strategies and
// retry. Runs are comparable where it matches. Formatting, comments, the order of channels and
// strategies, and where a value was stated make no difference.
func (s *Scenario) PurchaseSHA256() string {
	workload := s.Workload
	if workload.Deadline == max(DefaultDeadline, workload.Promise) {
		workload.Deadline = 0 // as where it isn't stated
	}
	p := purchase{Workload: workload, Channels: map[string]bought{}, Strategies: map[string]policySteps{}}
	for i := range s.Channels {
		ch := &s.Channels[i]
		// How a length is written, and whether its maker is waited for, changes nothing of the clip.
		p.Channels[ch.Name] = bought{ch.Protocol, ch.Model, ch.Makes, priceOf(&ch.Price), ch.Form.Send,
			ch.Form.Fields, ch.Headers}
	}
	for i := range s.Strategies {
		st := &s.Strategies[i]
		steps := policySteps{}
		for j := range s.Workload.Videos {
			v := &s.Workload.Videos[j]
			taken, _ := st.route(v)
			for _, step := range taken {
				c := s.compileStep(&step, s.indexOf(step.Channel))
				if step.Timeout == 0 {
					c.RetryOn &^= policy.SetOf(channel.Timeout)
				}
				b := boughtStep{step.Channel, c.Attempts, c.Backoff, c.RetryOn, c.OnAmbiguous, c.Timeout, c.Breaker, c.Budget,
					Hedge{}}
				if step.Hedge != nil {
					b.Hedge = *step.Hedge
				}
				steps[v.Name] = append(steps[v.Name], b)
			}
		}
		p.Strategies[st.Name] = steps
	}
	// Maps are written in the order of their keys, so the text is canonical.
	var b strings.Builder
	if err := json.NewEncoder(&b).Encode(p); err != nil {
		panic("scenario: " + err.Error()) // only numbers, texts and maps of them
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

func (s *Scenario) indexOf(name string) int {
	for i := range s.Channels {
		if s.Channels[i].Name == name {
			return i
		}
	}
	return 0
}
