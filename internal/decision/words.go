package decision

import (
	"fmt"
	"math"
	"strings"
	"time"

	"channelbench/internal/money"
	"channelbench/internal/scenario"
)

// words puts the judgement into one sentence, and the reasons behind it into more.
func (j *judgement) words() (sentence string, reasons []string) {
	switch {
	case len(j.remaining()) == 0:
		sentence = "Nothing is left to choose: every strategy is excluded."
	case j.candidate < 0:
		sentence = j.nobody()
		reasons = j.failings(j.remaining())
	case j.winner:
		sentence = j.choose()
		reasons = j.failings(j.remaining())
	default:
		sentence = j.undecided()
		reasons = append(j.whatToMeasure(), j.failings(j.remaining())...)
	}
	if excluded := j.exclusion(); excluded != "" {
		reasons = append(reasons, excluded)
	}
	for _, e := range j.BreakEvens {
		reasons = append(reasons, e.Sentence)
	}
	return sentence, reasons
}

// remaining lists the strategies that are not excluded.
func (j *judgement) remaining() []int {
	var rest []int
	for i := range j.Strategies {
		if !j.Excluded[i] {
			rest = append(rest, i)
		}
	}
	return rest
}

// choose is the sentence of a clear verdict.
func (j *judgement) choose() string {
	o := &j.Stated[j.candidate]
	s := fmt.Sprintf("Choose %s: %s per delivered clip, %s of orders delivered and %s in time",
		j.Strategies[j.candidate], clipMoney(o.CostPerDelivered), percent(o.Delivered), percent(o.InTime))
	if second := j.second(); second >= 0 {
		return s + fmt.Sprintf("; %s than %s, the next best that qualifies.", j.advantage(second), j.Strategies[second])
	}
	if len(j.remaining()) > 1 {
		return s + "; no other strategy meets every requirement."
	}
	return s + "."
}

// second is the best strategy that qualifies besides the candidate, or −1.
func (j *judgement) second() int {
	var others []int
	for _, i := range j.allowed() {
		if i != j.candidate {
			others = append(others, i)
		}
	}
	return j.cheapest(others)
}

// advantage says by how much the candidate beats another strategy.
func (j *judgement) advantage(other int) string {
	gain := j.expected(other) - j.expected(j.candidate)
	if j.Decision.Minimise == "p95" {
		return fmt.Sprintf("its p95 is %s shorter", clock(gain))
	}
	if gain < 0.5 {
		return "it costs no more a month"
	}
	return fmt.Sprintf("it costs %s less a month (%s)", monthMoney(gain), percent(gain/j.expected(other)))
}

// nobody is the sentence where no strategy qualifies.
func (j *judgement) nobody() string {
	return fmt.Sprintf("No strategy meets every requirement (%s).", strings.Join(j.required(), ", "))
}

func (j *judgement) required() []string {
	var texts []string
	for _, r := range j.Decision.Require {
		texts = append(texts, r.Text)
	}
	return texts
}

// undecided is the sentence where the candidate may not be called the winner.
func (j *judgement) undecided() string {
	return fmt.Sprintf("No clear winner: %s is expected to be best, but choosing it may cost %s more than the best choice, which lies within what is not known.",
		j.Strategies[j.candidate], j.unit(j.regret))
}

// unit prints an amount of what is minimised.
func (j *judgement) unit(v float64) string {
	if j.Decision.Minimise == "p95" {
		return clock(v) + " of p95"
	}
	return monthMoney(v) + " a month"
}

// failings says for each strategy that doesn't qualify what fails and by how much.
func (j *judgement) failings(strategies []int) []string {
	var said []string
	for _, i := range strategies {
		for k, r := range j.requirements[i] {
			if !r.Holds {
				said = append(said, fmt.Sprintf("%s fails %s: %s.", j.Strategies[i], r.Text, j.shortfall(i, &j.Decision.Require[k], r.Probability)))
			}
		}
	}
	return said
}

func (j *judgement) shortfall(strategy int, r *scenario.Requirement, probability float64) string {
	v := j.Stated[strategy].Figure(r.Metric)
	if r.Holds(v) {
		return fmt.Sprintf("it holds at the stated values, but only in %s of the stated ranges", percent(probability))
	}
	if math.IsInf(v, 0) {
		return "too few orders are delivered to reach it at all"
	}
	switch r.Metric {
	case scenario.DeliveredShare, scenario.InTimeShare:
		return fmt.Sprintf("%s expected, %.3g points short", percent(v), 100*(r.Bound-v))
	case scenario.P50, scenario.P95, scenario.P99:
		return fmt.Sprintf("%s expected, %s too long", clock(v), clock(v-r.Bound))
	case scenario.CostPerDelivered:
		return fmt.Sprintf("%s expected, %s too much", clipMoney(v), clipMoney(v-r.Bound))
	}
	return fmt.Sprintf("%s expected, %s too much", monthMoney(v), monthMoney(v-r.Bound))
}

// exclusion says what leaving strategies out costs; "" where nothing is excluded.
func (j *judgement) exclusion() string {
	if len(j.Decision.Exclude) == 0 {
		return ""
	}
	who := strings.Join(j.Decision.Exclude, " and ")
	free := j.unexcluded()
	switch {
	case free < 0:
		return fmt.Sprintf("Excluding %s costs nothing: no strategy qualifies with it either.", who)
	case !j.Excluded[free]:
		return fmt.Sprintf("Excluding %s costs nothing: %s would be the candidate anyway.", who, j.Strategies[free])
	case j.candidate < 0:
		return fmt.Sprintf("Excluding %s leaves no strategy that qualifies; %s would.", who, j.Strategies[free])
	}
	cost := *j.exclusionCost()
	return fmt.Sprintf("Excluding %s costs %s a month: %s would qualify.", who, monthMoney(cost), j.Strategies[free])
}

// clipMoney prints the price of a clip: to the cent from ten dollars, else to three significant digits.
func clipMoney(dollars float64) string {
	if math.IsInf(dollars, 0) || math.IsNaN(dollars) {
		return "no finite cost"
	}
	decimals := 2
	for limit := 1.0; decimals < 6 && dollars > 0 && dollars < limit; limit /= 10 {
		decimals++
	}
	return strings.TrimSuffix(fmt.Sprintf("$%.*f", decimals, dollars), "0")
}

// monthMoney prints a month's cost to the dollar, or to the cent below ten dollars.
func monthMoney(dollars float64) string {
	if math.Abs(dollars) < 10 {
		return fmt.Sprintf("$%.2f", dollars)
	}
	return "$" + money.Group(uint64(math.Round(dollars)))
}

// percent prints a share with as many decimals as set it apart from 0 % and 100 %.
func percent(share float64) string {
	for decimals := 1; decimals < 6; decimals++ {
		s := fmt.Sprintf("%.*f", decimals, 100*share)
		if rounded := strings.TrimRight(s, "0"); share == 0 || share == 1 || rounded != "100." && rounded != "0." {
			return strings.TrimSuffix(strings.TrimSuffix(s, ".0"), ".") + " %"
		}
	}
	return fmt.Sprintf("%.6f %%", 100*share)
}

// clock prints seconds as a duration to the second.
func clock(seconds float64) string {
	return time.Duration(math.Round(seconds) * float64(time.Second)).String()
}
