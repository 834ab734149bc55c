package channel

import (
	"cmp"
	"slices"
)

// Reason is why an attempt did not deliver. A file keeps it by its name; purchases are compared by the values, so a new
// one comes last: in which order reasons are met is part of their row.
type Reason uint8

// The reasons.
const (
	NoReason Reason = iota
	RateLimited
	Moderation // bound to the prompt
	Region     // unsupported_country_code
	Submit     // 5xx, refused connection: proven not accepted
	Lost       // the answer to a submit was lost: ambiguous
	Job        // accepted, then failed
	BadClip    // delivered, but thrown away: unusable
	Download   // the finished clip could not be fetched
	Timeout    // it took longer than its step allows
	Overtaken  // the other attempt of a hedged pair delivered first
	Deadline   // the order's deadline passed
	NumReasons
)

// Phase is where an attempt stands when something goes wrong, and so what that costs.
type Phase uint8

// The phases, in the order of an attempt.
const (
	NoPhase   Phase = iota // none of its own: limits, clocks or another attempt
	Asking                 // the submit is refused: free
	Answering              // its answer is lost: maybe accepted, maybe billed
	Making                 // the job fails: maybe billed
	Checking               // the clip is delivered and paid, but no good
	Fetching               // the clip is paid, but doesn't arrive; it is fetched again
)

// Outcome is how an attempt ends to which something happens in the phase.
func (p Phase) Outcome() Outcome {
	return [...]Outcome{NoPhase: Pending, Asking: Refused, Answering: Ambiguous, Making: Failed, Checking: Unusable,
		Fetching: Abandoned}[p]
}

// ReasonRow is all that differs between reasons, but for the laws of moderation, which is one draw an order, and of
// region errors, which have exits.
type ReasonRow struct {
	Name      string // in scenarios, logs and reports
	Phase     Phase
	Order     int    // among those of its phase: each rate is of the attempts that passed the earlier ones
	Billed    bool   // the channel may bill it: which share, a scenario states
	Retryable bool   // the same channel can be tried again
	Retried   bool   // and is, where a scenario doesn't say
	Counted   bool   // by a breaker, where a scenario doesn't say
	Blameless bool   // not the channel's doing
	Clause    string // what happens, as "jobs fail", where a break-even map can vary its rate
}

// Reasons are the rows, by reason.
var Reasons = [NumReasons]ReasonRow{
	NoReason:    {Name: "none"},
	RateLimited: {Name: "rate_limited", Retryable: true, Retried: true, Counted: true},
	Moderation:  {Name: "moderation", Phase: Asking, Order: 1, Retryable: true, Blameless: true},
	Region: {Name: "region", Phase: Asking, Order: 2, Retryable: true, Retried: true, Counted: true,
		Clause: "submits meet region errors"},
	Submit: {Name: "submit", Phase: Asking, Order: 3, Retryable: true, Retried: true, Counted: true,
		Clause: "submits are refused"},
	Lost:      {Name: "ambiguous", Phase: Answering},
	Job:       {Name: "job", Phase: Making, Order: 1, Billed: true, Retryable: true, Retried: true, Clause: "jobs fail"},
	BadClip:   {Name: "unusable", Phase: Checking, Order: 1, Retryable: true, Retried: true, Clause: "clips are unusable"},
	Download:  {Name: "download", Phase: Fetching},
	Timeout:   {Name: "timeout", Retryable: true, Retried: true},
	Overtaken: {Name: "overtaken", Blameless: true},
	Deadline:  {Name: "deadline"},
}

func (r Reason) String() string { return Reasons[r].Name }

// Phase is where an attempt meets the reason.
func (r Reason) Phase() Phase { return Reasons[r].Phase }

// ReasonOf is the reason of a name.
func ReasonOf(name string) (Reason, bool) {
	i := slices.IndexFunc(Reasons[:], func(r ReasonRow) bool { return r.Name == name })
	return Reason(max(0, i)), i >= 0
}

// Errors are the reasons whose rate a scenario states, in the order in which an attempt meets them.
var Errors = met()

func met() []Reason {
	errors := ReasonsWhere(func(r *ReasonRow) bool { return r.Phase != NoPhase })
	slices.SortStableFunc(errors, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(a.Phase(), b.Phase()), cmp.Compare(Reasons[a].Order, Reasons[b].Order))
	})
	return errors
}

// ErrorsOf are those of a phase; they are not to be changed.
func ErrorsOf(p Phase) []Reason { return byPhase[p] }

var byPhase = func() (all [Fetching + 1][]Reason) {
	for p := range all {
		all[p] = slices.Clip(slices.DeleteFunc(slices.Clone(Errors), func(r Reason) bool { return r.Phase() != Phase(p) }))
	}
	return all
}()

// ReasonsWhere are the reasons whose row has a property.
func ReasonsWhere(has func(*ReasonRow) bool) []Reason {
	var all []Reason
	for r := range NumReasons {
		if has(&Reasons[r]) {
			all = append(all, r)
		}
	}
	return all
}
